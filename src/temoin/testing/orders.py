"""A test that was ordered by message, taken back before its sample."""

from __future__ import annotations

from uuid import UUID

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
        abandon_test(by=by, record_id=record_id)
        return True
