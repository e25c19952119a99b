"""Corrections and cancellations that programs propose of signed results: a pharmacist signs or refuses each.

Until then the result stands as it is signed. Signing is the counter's own act (`testing.signing`); whatever is signed
first, by whomever, makes an end of what was proposed of the version before (decision 0164).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, NotFoundError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.lib.typed import typed_lines
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.seat import Seat
from temoin.testing.amended import ProposedAmendment, amendment_in, told_amendment
from temoin.testing.build import Opened, cancelled_report, corrected_report, signer
from temoin.testing.corrections import check_state, clean_reason, corrected_reading, correction_of
from temoin.testing.models import Record
from temoin.testing.proposals import shown_digest
from temoin.testing.queries import latest_number, latest_report, open_for_signature
from temoin.testing.report import Report
from temoin.testing.sample import READ, Reading
from temoin.testing.signing import cancel_result, correct_result
from temoin.testing.states import AmendmentFate

Judge = Callable[[Opened, Report], Reading]
_NOTHING = "nothing is proposed of this result"
_EVENTS = {
    AmendmentFate.WITHDRAWN: EventKind.AMENDMENT_WITHDRAWN,
    AmendmentFate.REFUSED: EventKind.AMENDMENT_REFUSED,
}


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What a program would have corrected; what is left out stays as it is signed."""

    reason: str
    said: str = ""  # what the record is to seal of what its sender said (`testing.sent`), where it came in a message
    outcomes: Mapping[str, str] = field(default_factory=dict)
    read_at: datetime | None = None
    comment: str | None = None

    def reading_of(self, former: Report, opened: Opened) -> Reading:
        """Return the reading that the corrected version would have."""
        read = {finding.target: finding.read for finding in former.findings}
        reading = Reading(
            outcomes={**read, **self.outcomes},
            read_at=former.read_at if self.read_at is None else self.read_at,
            comment=former.comment if self.comment is None else self.comment,
            is_typed=READ in former.typed_times if self.read_at is None else True,
        )
        return corrected_reading(former, reading, opened)


@dataclass(frozen=True)
class AmendedTest:
    """A signed test, what is proposed of it, what stands, and the version that a signature would make now."""

    opened: Opened
    amendment: ProposedAmendment
    former: Report
    report: Report

    @property
    def seen_version(self) -> str:
        """Return what a form carries: a digest of what is proposed by whom, and of all that would be signed."""
        return shown_digest(self.report, self.amendment.program, self.amendment.proposed_at)


def propose_correction(*, by: ProgramSeat, record_id: UUID, correction: Correction) -> None:
    """Propose another reading of a signed result; it is judged as the counter's own correction is.

    What was proposed before is replaced. ConflictError for a test without a result that stands.
    """
    check_right(by=by, right=Right.PROPOSE_RESULT)
    reason = clean_reason(correction.reason)

    def judged(opened: Opened, former: Report) -> Reading:
        reading = correction.reading_of(former, opened)
        correction_of(former, reading, reason=reason, opened=opened, signed_by=former.signer)
        return reading

    _propose(by, record_id, reason, judged, more={"source_content": correction.said} if correction.said else {})


def propose_cancellation(*, by: ProgramSeat, record_id: UUID, reason: str, said: str = "") -> None:
    """Propose that a signed result be declared void; what was proposed before is replaced. ConflictError likewise.

    `said` as in `Correction`.
    """
    check_right(by=by, right=Right.PROPOSE_RESULT)
    _propose(by, record_id, clean_reason(reason), None, more={"source_content": said} if said else {})


def withdraw_amendment(*, by: ProgramSeat, record_id: UUID) -> None:
    """Take back what is proposed of a signed result. ConflictError when nothing is, or no longer."""
    check_right(by=by, right=Right.PROPOSE_RESULT)
    _end(by, record_id, AmendmentFate.WITHDRAWN)


def refuse_amendment(*, by: Seat, record_id: UUID, seen_version: str, word: str) -> None:
    """Refuse what the person saw, with a word for the program; ConflictError when it is not, or no longer, that."""
    check_right(by=by, right=Right.CORRECT_RESULT)
    with tenant_scope(by.pharmacy_id):
        _held(record_id)  # another pharmacy's is unknown here, whatever was typed
        word = typed_lines("word", word, of="ProposedAmendment")
        if not word:
            raise refuse("word", "required", _("Say why: the program is told."))
        _seen(by, record_id, seen_version)
        _end(by, record_id, AmendmentFate.REFUSED, word)


def sign_amendment(*, by: Seat, record_id: UUID, seen_version: str) -> Report:
    """Sign what the person saw, as the counter signs a correction or a cancellation; ConflictError likewise."""
    check_right(by=by, right=Right.CORRECT_RESULT)
    with tenant_scope(by.pharmacy_id):
        amendment = _seen(by, record_id, seen_version).amendment
        version, reading, reason = amendment.version, amendment.reading, amendment.reason
        if reading is None:
            return cancel_result(by=by, record_id=record_id, expected_version=version, reason=reason)
        return correct_result(by=by, record_id=record_id, expected_version=version, reading=reading, reason=reason)


def count_amendments(*, by: Seat) -> int:
    """Return how many wait; nothing is opened, so it is no look."""
    check_right(by=by, right=Right.CORRECT_RESULT)
    with tenant_scope(by.pharmacy_id):
        count: int = Record.objects.filter(amends=F("version")).count()
        return count


def proposed_amendments(*, by: Seat) -> list[AmendedTest]:
    """Return what programs propose of signed results, what was proposed first at the top; the look is an event."""
    check_right(by=by, right=Right.CORRECT_RESULT)
    with tenant_scope(by.pharmacy_id):
        found = each_opened(Record.objects.filter(amends=F("version")), lambda one: (one.id, _waiting(one)))
        shown = [record_id for record_id, amendment in found if amendment]
        record_listing(by=by, kind=EventKind.TEST_LIST_READ, subject_kind="record", shown=shown, detail="0")
        tests = each_opened(shown, lambda record_id: _amended(by, record_id))
        return sorted(tests, key=lambda one: one.amendment.proposed_at)


def _propose(by: ProgramSeat, record_id: UUID, reason: str, judged: Judge | None, *, more: Mapping[str, str]) -> None:
    """Propose the reading that is judged, or a cancellation where there is none."""
    with act(by=by, kind=EventKind.AMENDMENT_PROPOSED, subject_kind="record", subject_id=record_id) as commit:
        opened = open_for_signature(record_id)
        check_state("correct" if judged else "cancel", opened)
        record, former = _held(record_id), latest_report(record_id)
        reading = judged(opened, former) if judged else None
        amendment = ProposedAmendment(former.version, reading, reason, by.name, now())
        told = record.unseal() | {"amendment": told_amendment(amendment), **more}
        commit.reseal(record, told, amends=amendment.version)


def _end(by: Holder, record_id: UUID, fate: AmendmentFate, word: str = "") -> None:
    with act(by=by, kind=_EVENTS[fate], subject_kind="record", subject_id=record_id) as commit:
        record = _held(record_id)
        amendment = _waiting(record)
        if amendment is None:
            raise ConflictError(_NOTHING)
        told = record.unseal() | {"amendment": told_amendment(replace(amendment, ended=fate, word=word))}
        commit.reseal(record, told, amends=None)


def _held(record_id: UUID) -> Record:
    """Return the row, which nobody else changes until the end of the transaction: of two who decide, one is first."""
    record: Record | None = Record.objects.select_for_update().filter(id=record_id).first()
    if record is None:
        raise NotFoundError
    return record


def _waiting(record: Record) -> ProposedAmendment | None:
    """Return what waits of a record; the row's own columns are in clear, and only asked where to look."""
    amendment = amendment_in(record.unseal())
    if amendment is None or amendment.ended is not None or amendment.version != latest_number(record.id):
        return None
    return amendment


def _seen(by: Seat, record_id: UUID, seen_version: str) -> AmendedTest:
    if _waiting(_held(record_id)) is None:
        raise ConflictError(_NOTHING)
    found = _amended(by, record_id)
    if found.seen_version != seen_version:
        raise ConflictError("this is not what the person saw")
    return found


def _amended(by: Seat, record_id: UUID) -> AmendedTest:
    opened, former = open_for_signature(record_id), latest_report(record_id)
    amendment = amendment_in(opened.sealed)
    if amendment is None:
        raise ConflictError(_NOTHING)
    if amendment.reading is None:
        report = cancelled_report(former, amendment.reason, opened=opened, by=by)
    else:
        report = corrected_report(
            former, amendment.reading, reason=amendment.reason, opened=opened, signed_by=signer(by)
        )
    return AmendedTest(opened, amendment, former, report)
