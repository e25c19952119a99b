"""What the commands of keys see: the keeper's role, which alone reads every sealed table."""

from __future__ import annotations

from uuid import UUID

from roles import take_role

from temoin.keeping.rows import rows_by_key
from temoin.keeping.state import KeyState, key_states, verify_pharmacy
from temoin.lib.tenant import tenant_scope


def states_of(pharmacy_id: UUID) -> list[KeyState]:
    with take_role("temoin_keeper"):
        return key_states(pharmacy_id)


def broken_of(pharmacy_id: UUID) -> tuple[object, ...]:
    """Return what does not open among all the rows of a pharmacy."""
    with take_role("temoin_keeper"):
        return verify_pharmacy(pharmacy_id, size=0).broken


def named_by_rows(pharmacy_id: UUID) -> dict[UUID, int]:
    """Return how many rows name each data key."""
    with take_role("temoin_keeper"), tenant_scope(pharmacy_id):
        return rows_by_key()
