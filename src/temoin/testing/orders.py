"""A test that was ordered by message: taken back before its sample, or given the result that comes by message too."""

from __future__ import annotations

from uuid import UUID

from temoin.catalogue.actions import lot_of
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.actions import abandon_test
from temoin.testing.models import Record
from temoin.testing.states import RecordState


def take_back_test(*, by: Holder, record_id: UUID) -> bool:
    """Close a test that waits for its sample; tell whether it was open still. ConflictError once it is sampled."""
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with tenant_scope(by.pharmacy_id):
        # Whoever samples it meanwhile waits for this row, or was first.
        state = Record.objects.select_for_update().values_list("state", flat=True).get(id=record_id)
        if state == RecordState.ABANDONED:
            return False
        if state != RecordState.REGISTERED:
            raise ConflictError(f"cannot take back a test that is {state}")
        abandon_test(by=by, record_id=record_id, seen="")
        return True


def is_sampled_with(*, by: Holder, record_id: UUID, kit: str, specimen: str) -> bool:
    """Tell whether the sample that the counter took is what a message tells: only that is told, so it is no look."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        record = Record.objects.get(id=record_id)
        lot = lot_of(record.lot_id) if record.lot_id else None
        return lot is not None and (lot.kit, record.unseal()["specimen"]) == (kit, specimen)
