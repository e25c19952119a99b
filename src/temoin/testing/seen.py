"""Which version of a test a program saw: a text that every change replaces, made without opening anything."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.models import Record
from temoin.testing.queries import latest_numbers, record_in_scope
from temoin.testing.states import RecordState


def version_of_test(*, by: Holder, record_id: UUID) -> str:
    """Return the version of a test as it stands; nothing is shown, so it is no look."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return _version(record_in_scope(record_id))


def held_version(record_id: UUID) -> str:
    """Return the version of a test in scope, whose row nobody else changes until the end of the transaction."""
    record = Record.objects.select_for_update().filter(id=record_id).first()
    if record is None:
        raise NotFoundError
    return _version(record)


def has_proposal(record_id: UUID) -> bool:
    """Tell whether a proposal waits for a test in scope, for an act that records its own event."""
    record = record_in_scope(record_id)
    return record.state == RecordState.SAMPLED and record.unseal()["proposal"] is not None


def _version(record: Record) -> str:
    """Return a digest of what is sealed as it lies there, of state and last signed version: of no person's data."""
    number = latest_numbers([record.id]).get(record.id, 0)
    return sha256(f"{record.told_digest()}|{record.state}|{number}".encode()).hexdigest()[:32]
