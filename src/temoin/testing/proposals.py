"""A reading that a program proposes for a sampled test: a pharmacist signs it or puts it aside (decision 0148)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record
from temoin.testing.opening import Proposal, proposal_in, proposed
from temoin.testing.queries import TestRow, lines_of, open_for_signature
from temoin.testing.report import Report
from temoin.testing.sample import Reading, check_entry, check_lot_stands, check_reading, clean_reading
from temoin.testing.signing import sign_result
from temoin.testing.states import RECORD, RecordState


@dataclass(frozen=True)
class ProposedTest:
    """A test under way with the proposal that waits for a pharmacist."""

    test: TestRow
    proposal: Proposal


def propose_result(*, by: ProgramSeat, record_id: UUID, reading: Reading) -> None:
    """Hand in the reading of a sampled test; one proposed before is replaced. It is judged as at the signature.

    ConflictError unless the test waits for its result; InvalidError for a reading that could not be signed.
    """
    check_right(by=by, right=Right.PROPOSE_RESULT)
    with act(by=by, kind=EventKind.RESULT_PROPOSED, subject_kind="record", subject_id=record_id) as commit:
        opened = open_for_signature(record_id)
        if not RECORD.allows("propose", RecordState(opened.state)):
            raise ConflictError(f"cannot propose a result for a record that is {opened.state}")
        reading = clean_reading(reading)
        check_reading(reading, opened.kind, opened.kit, opened.steps)
        check_entry(reading, opened.kit, opened.steps)
        check_lot_stands(opened.lot)
        record = Record.objects.get(id=record_id)
        proposal = Proposal(reading, by.name, now())
        commit.move_sealed(record, "propose", record.unseal() | {"proposal": proposed(proposal)})


def withdraw_proposal(*, by: Holder, record_id: UUID) -> None:
    """Take a proposal back, or put it aside: the test waits for its result again. ConflictError when there is none."""
    check_right(by=by, right=Right.PROPOSE_RESULT)
    with act(by=by, kind=EventKind.PROPOSAL_WITHDRAWN, subject_kind="record", subject_id=record_id) as commit:
        record, _proposal = _waiting(record_id)
        commit.move_sealed(record, "withdraw", record.unseal() | {"proposal": None})


def sign_proposal(*, by: Seat, record_id: UUID, seen_version: str) -> Report:
    """Sign what a program proposed, as the person saw it; ConflictError when it was replaced, put aside or signed."""
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        _record, proposal = _waiting(record_id)
        if proposal.seen_version != seen_version:
            raise ConflictError("another reading is proposed now")
        return sign_result(by=by, record_id=record_id, reading=proposal.reading)


def proposed_tests(*, by: Seat) -> list[ProposedTest]:
    """Return every test under way with a proposal, the one read first at the top; the look is an event."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        sampled = Record.objects.filter(state=RecordState.SAMPLED.value)
        found = each_opened(sampled, lambda record: (record, proposal_in(record.unseal())))
        proposals = {record: proposal for record, proposal in found if proposal is not None}
        shown = [record.id for record in proposals]
        record_listing(by=by, kind=EventKind.TEST_LIST_READ, subject_kind="record", shown=shown, detail="0")
        by_id = {record.id: proposal for record, proposal in proposals.items()}
        tests = [ProposedTest(row, by_id[row.id]) for row in lines_of(list(proposals))]
        return sorted(tests, key=lambda one: one.proposal.reading.read_at)


def _waiting(record_id: UUID) -> tuple[Record, Proposal]:
    record: Record | None = Record.objects.filter(id=record_id, state=RecordState.SAMPLED.value).first()
    proposal = proposal_in(record.unseal()) if record is not None else None
    if record is None or proposal is None:
        raise ConflictError("no proposal waits")
    return record, proposal
