"""A reading that a program proposes for a sampled test: a pharmacist signs it or puts it aside (decision 0148)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import count, islice
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.logigrams import AFTER, load_logigrams
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.seat import Seat
from temoin.testing.build import Opened, first_report
from temoin.testing.models import Record
from temoin.testing.opening import Proposal, proposal_in, proposal_mark, proposed
from temoin.testing.queries import open_for_signature
from temoin.testing.report import Report
from temoin.testing.sample import Reading, check_entry, check_lot_stands, check_reading, clean_reading
from temoin.testing.signing import sign_result
from temoin.testing.states import RECORD, RecordState

PAGE = 50  # proposals; each is opened with all that its signature would hold
OPENED = 200  # records, in search of proposals: most sampled tests of a counter have none
REFUSED = "put_aside"  # the detail of the event where a person did it to what a program proposed
_OTHER_NOTED = _("Another result was noted for this sample meanwhile. Compare, then keep yours again to replace it.")
_NOTHING: Mapping[str, str] = {}
_DRAWN_AT_SIGNATURE = ("key", "signed_at")


@dataclass(frozen=True)
class ProposedTest:
    """A test with the proposal that waits, and the result that a signature would make of it now."""

    opened: Opened
    proposal: Proposal
    report: Report

    @property
    def seen_version(self) -> str:
        """Return what a form carries: a digest of all that would be signed, but what is drawn at the signature."""
        return shown_digest(self.report)

    @property
    def has_page_of_its_own(self) -> bool:
        """Tell whether it is signed on the test's own page, where the logigram of its kind is shown."""
        return load_logigrams().table(self.opened.kind.code, AFTER) is not None


@dataclass(frozen=True)
class ProposedPage:
    """A page of what programs proposed."""

    tests: list[ProposedTest]
    has_more: bool


def shown_digest(report: Report, *beside: object) -> str:
    """Return a digest of what a person is shown: all of a result to be signed, and what stands beside it."""
    told = {name: value for name, value in asdict(report).items() if name not in _DRAWN_AT_SIGNATURE}
    return sha256(repr((told, *beside)).encode()).hexdigest()[:32]


def propose_result(*, by: ProgramSeat, record_id: UUID, reading: Reading, said: str = "") -> None:
    """Hand in the reading of a sampled test; one proposed before is replaced. It is judged as at the signature.

    `said` is what its record is to seal of what its sender said (`testing.sent`), where it was sent in a message.
    ConflictError unless the test waits for its result; InvalidError for a reading that could not be signed.
    """
    _propose(by, record_id, reading, by.name, more={"source_content": said} if said else {})


def enter_result(*, by: Seat, record_id: UUID, reading: Reading, expected: str | None) -> None:
    """Note what a person read, to be reviewed and signed with others: a proposal that no program made.

    `expected` is the mark of the proposal that the person saw, None where nobody looked. InvalidError: another waits.
    """
    _propose(by, record_id, reading, "", expected=expected)


def tie_result(*, by: Seat, record_id: UUID, reading: Reading, program: str) -> None:
    """Hand in what a program read, for the test that a person says it is of; judged as every proposal."""
    _propose(by, record_id, reading, program)


def _propose(
    by: Holder,
    record_id: UUID,
    reading: Reading,
    program: str,
    *,
    more: Mapping[str, str] = _NOTHING,
    expected: str | None = None,
) -> None:
    check_right(by=by, right=Right.PROPOSE_RESULT)
    with act(by=by, kind=EventKind.RESULT_PROPOSED, subject_kind="record", subject_id=record_id) as commit:
        opened = open_for_signature(record_id)
        if not RECORD.allows("propose", RecordState(opened.state)):
            raise ConflictError(f"cannot propose a result for a record that is {opened.state}")
        if expected not in {None, proposal_mark(proposal_in(opened.sealed))}:
            raise refuse("", "changed", _OTHER_NOTED)
        reading = clean_reading(reading, opened.kind, opened.kit)
        check_reading(reading, opened.kind, opened.kit, opened.steps)
        check_entry(reading, opened.kit, opened.steps)
        check_lot_stands(opened.lot)
        record = Record.objects.get(id=record_id)
        proposal = Proposal(reading, program, now())
        commit.move_sealed(record, "propose", record.unseal() | {"proposal": proposed(proposal), **more})


def withdraw_proposal(*, by: ProgramSeat, record_id: UUID) -> None:
    """Take a proposal back: the test waits for its result again. ConflictError when there is none."""
    check_right(by=by, right=Right.PROPOSE_RESULT)
    _withdraw(by, record_id)


def put_aside_proposal(*, by: Seat, record_id: UUID, seen_version: str) -> None:
    """Put a proposal aside that the person saw; ConflictError when it was replaced, put aside or signed."""
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        seen = _seen(by, record_id, seen_version)
        _withdraw(by, record_id, REFUSED if seen.proposal.program else "")


def sign_proposal(*, by: Seat, record_id: UUID, seen_version: str) -> Report:
    """Sign what a program proposed, as the person saw it; ConflictError when anything of it is not as they saw it."""
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        seen = _seen(by, record_id, seen_version)
        if seen.has_page_of_its_own:
            raise ConflictError("the logigram of this kind is shown on the page of the test")
        entered_at = seen.proposal.proposed_at
        return sign_result(by=by, record_id=record_id, reading=seen.proposal.reading, entered_at=entered_at, seen="")


def proposed_tests(*, by: Seat, page: int = 0) -> ProposedPage:
    """Return a page of what programs proposed for tests under way, in the order they were registered.

    The look is an event.
    """
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        sampled = Record.objects.filter(state=RecordState.SAMPLED.value).order_by("registered_at", "id")
        told = (record_id for record_id, proposal in _proposals_of(sampled) if proposal.program)
        found = list(islice(told, page * PAGE, (page + 1) * PAGE + 1))
        return ProposedPage(_looked_at(by, found[:PAGE]), has_more=len(found) > PAGE)


def proposed_among(*, by: Seat, record_ids: Collection[UUID]) -> list[ProposedTest]:
    """Return what waits for a signature of these tests, also what persons noted; the look is an event."""
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        sampled = Record.objects.filter(state=RecordState.SAMPLED.value, id__in=record_ids).order_by("id")
        return _looked_at(by, [record_id for record_id, _proposal in _proposals_of(sampled)])


def _proposals_of(records: QuerySet[Record]) -> Iterator[tuple[UUID, Proposal]]:
    """Yield the proposals of these in their order, and open no more of them than is asked for."""
    for first in count(0, OPENED):
        some = list(records[first : first + OPENED])
        for record_id, proposal in each_opened(some, lambda record: (record.id, proposal_in(record.unseal()))):
            if proposal is not None:
                yield record_id, proposal
        if len(some) < OPENED:
            return


def _looked_at(by: Seat, record_ids: list[UUID]) -> list[ProposedTest]:
    """Return these, the one read first at the top."""
    record_listing(by=by, kind=EventKind.TEST_LIST_READ, subject_kind="record", shown=record_ids, detail="0")
    tests = each_opened(record_ids, lambda record_id: _proposed(by, record_id))
    return sorted(tests, key=lambda one: one.proposal.reading.read_at)


def _withdraw(by: Holder, record_id: UUID, detail: str = "") -> None:
    kind = EventKind.PROPOSAL_WITHDRAWN
    with act(by=by, kind=kind, subject_kind="record", subject_id=record_id, detail=detail) as commit:
        record = Record.objects.filter(id=record_id, state=RecordState.SAMPLED.value).first()
        if record is None or record.unseal()["proposal"] is None:
            raise ConflictError("no proposal waits")
        commit.move_sealed(record, "withdraw", record.unseal() | {"proposal": None})


def _seen(by: Seat, record_id: UUID, seen_version: str) -> ProposedTest:
    found = _proposed(by, record_id)
    if found.seen_version != seen_version:
        raise ConflictError("this is not what the person saw")
    return found


def _proposed(by: Seat, record_id: UUID) -> ProposedTest:
    opened = open_for_signature(record_id)
    proposal = proposal_in(opened.sealed) if opened.state == RecordState.SAMPLED else None
    if proposal is None:
        raise ConflictError("no proposal waits")
    return ProposedTest(opened, proposal, first_report(opened, proposal.reading, by))
