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
from temoin.keeping.platform import TABLE, sealed_secrets
from temoin.lib.tenant import tenant_scope

MOST_TOLD = 100  # rows of a pharmacy in one verification: a lost key breaks all of its rows, and is told itself
_IS_MEMBER = "SELECT FROM pharmacies_member WHERE person_id = %s LIMIT 1"

Place = tuple[str, UUID]  # table and row


def tell_broken(pharmacy_id: UUID, places: Iterable[Place]) -> None:
    """Tell a pharmacy of what does not open there."""
    by = HouseActor(pharmacy_id, OPERATOR)
    for table, row_id in islice(places, MOST_TOLD):
        tell_broken_seal(by, table, row_id)


def tell_everybody(places: list[Place]) -> None:
    """Tell every pharmacy of a key that serves all of them."""
    for pharmacy_id in every_pharmacy() if places else []:
        tell_broken(pharmacy_id, places)


def broken_factors() -> list[str]:
    """Return the second factors that do not open; each is told where its person works, and named by that person."""
    broken = [(row_id, person_id) for row_id, person_id, secret in sealed_secrets() if not _opens(secret)]
    for _, person_id in broken:
        for pharmacy_id in every_pharmacy():
            if _is_member(pharmacy_id, person_id):
                tell_broken(pharmacy_id, [(TABLE, person_id)])
    return [f"{TABLE} {row_id}" for row_id, _ in broken]


def _is_member(pharmacy_id: UUID, person_id: UUID) -> bool:
    with tenant_scope(pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_IS_MEMBER, [person_id])
        return cursor.fetchone() is not None


def _opens(secret: str) -> bool:
    try:
        open_platform_secret("second factor", secret)
    except (SealBrokenError, RootKeyError):
        return False
    return True
