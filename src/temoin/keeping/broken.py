"""What verification finds not to open is told: an event in each pharmacy that it concerns, and its owners' mail."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from uuid import UUID

from django.db import connection

from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.platform import open_platform_secret
from temoin.crypto.roots.provider import RootKeyError
from temoin.journal.act import HouseActor
from temoin.journal.alerts import tell_broken_seal
from temoin.keeping.acts import OPERATOR, every_pharmacy
from temoin.keeping.platform import OwnSecret, own_secrets
from temoin.lib.tenant import tenant_scope
from temoin.signin.own_secrets import purpose_of

MOST_TOLD = 100  # rows of a pharmacy in one verification: a lost key breaks all of its rows, and is told itself
_IS_MEMBER = "SELECT FROM pharmacies_member WHERE person_id = %s LIMIT 1"

Place = tuple[str, UUID]  # table and row


def tell_broken(pharmacy_id: UUID, places: Iterable[Place]) -> None:
    by = HouseActor(pharmacy_id, OPERATOR)
    for table, row_id in islice(places, MOST_TOLD):
        tell_broken_seal(by, table, row_id)


def tell_everybody(places: list[Place]) -> None:
    """Tell every pharmacy of a key that serves all of them."""
    for pharmacy_id in every_pharmacy() if places else []:
        tell_broken(pharmacy_id, places)


def broken_secrets() -> list[str]:
    """Return the passwords and factors that do not open; each is told where its person works, and named by them."""
    broken = [secret for secret in own_secrets() if not _opens(secret)]
    for secret in broken:
        for pharmacy_id in every_pharmacy():
            if _is_member(pharmacy_id, secret.person_id):
                tell_broken(pharmacy_id, [(secret.table, secret.person_id)])
    return [f"{secret.table} {secret.row_id}" for secret in broken]


def _is_member(pharmacy_id: UUID, person_id: UUID) -> bool:
    with tenant_scope(pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_IS_MEMBER, [person_id])
        return cursor.fetchone() is not None


def _opens(secret: OwnSecret) -> bool:
    try:
        open_platform_secret(purpose_of(secret.use, secret.person_id), secret.sealed)
    except (SealBrokenError, RootKeyError):
        return False
    return True
