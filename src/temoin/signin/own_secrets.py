"""What only its owner may use: password hash, one-time code, factors, sealed under the platform key and bound to them.

So a dump has no hash to guess at, and what is copied from one account to another opens nothing there (law 12). Turning
the platform key rewrites the wraps of all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password

from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.platform import open_platform_secret, seal_platform_secret
from temoin.pharmacies.seat import active_places

UNUSABLE = "!"  # with which Django begins what opens nothing


def seal_own(use: str, person_id: UUID, secret: str) -> str:
    return seal_platform_secret(purpose_of(use, person_id), secret)


def open_own(use: str, person_id: UUID, sealed: str, *, table: str) -> str:
    """Open what `seal_own` made for the same person and use; SealBrokenError, told where they work, for all else."""
    try:
        return open_platform_secret(purpose_of(use, person_id), sealed)
    except SealBrokenError as error:
        error.told_in = broken_rows(person_id, table)
        raise


def seal_hash(use: str, person_id: UUID, secret: str) -> str:
    """Hash what a person types, slowly on purpose, and seal the hash."""
    return seal_own(use, person_id, make_password(secret))


def matches_hash(
    use: str, person_id: UUID, typed: str, *, sealed: str, renew: Callable[[str], None] | None = None
) -> bool:
    """Tell whether this was typed before; the same work whether there is a hash or not."""
    nothing = not sealed or sealed.startswith(UNUSABLE)
    hashed = UNUSABLE if nothing else open_own(use, person_id, sealed, table="signin_person")
    return check_password(typed, hashed, renew)


def purpose_of(use: str, person_id: UUID) -> str:
    return f"{use}|{person_id}"


def factor_use(kind: str) -> str:
    """Return the use of a factor of the library's kind."""
    return f"factor {kind}"


def broken_rows(person_id: UUID, table: str) -> tuple[tuple[UUID, str, UUID], ...]:
    """Return, for whoever records a broken seal, the row of an account in each pharmacy where its person works."""
    return tuple((pharmacy_id, table, person_id) for pharmacy_id in active_places(person_id))
