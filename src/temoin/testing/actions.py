"""What is done with a test before its result: register, take the sample, abandon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.actions import lot_of
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import CountsFrom, kit
from temoin.catalogue.lots import open_at_first_use
from temoin.catalogue.states import LotState
from temoin.journal.act import act, acts_together
from temoin.journal.events import EventKind
from temoin.lib.clock import coarse
from temoin.lib.errors import ConflictError, refuse
from temoin.lib.ids import RecordId, hourly_id
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import add_consent, check_notice
from temoin.patients.queries import hold_patient, traits_of
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.answers import AskedPerson, check_answers
from temoin.testing.models import Record, Ticket, number_index, source_index
from temoin.testing.numbers import draw_number
from temoin.testing.opening import UNSAMPLED, Beforehand, opening, sampled, started
from temoin.testing.queries import check_seen, is_as_seen, record_in_scope
from temoin.testing.report import COUNTER
from temoin.testing.sample import STARTED, Sample, Start, check_order, check_sample, check_start
from temoin.testing.sent import SentAs
from temoin.testing.states import RecordState
from temoin.testing.tickets import new_ticket

_NOTHING = Beforehand()
_CHANGED = _("Somebody went on with this test meanwhile. Your answers stand here: record them again to keep them.")


def register_test(
    *,
    by: Holder,
    patient_id: UUID,
    kind: str,
    notice_version: str,
    record_id: UUID | None = None,
    beforehand: Beforehand = _NOTHING,
    said: SentAs | None = None,
) -> RecordId:
    """Open a test at the counter: the consent to it, the code for the patient's ticket, the number for the cassette.

    `record_id` comes with the form, so that a double click collides instead of opening two tests (ConflictError).
    `said` is the result or the order as a program sent it, for which the test is made: a second one of its number
    collides too.
    """
    check_right(by=by, right=Right.REGISTER_TEST)
    check_notice(notice_version, by)
    if kind not in load_kinds():
        raise refuse("kind", "unknown", _("Choose the test in the list."))
    with tenant_scope(by.pharmacy_id):
        hold_patient(patient_id)  # another pharmacy's is unknown here; one merged away meanwhile takes no new test
        record = Record(pharmacy_id=by.pharmacy_id, id=record_id or hourly_id(), patient_id=patient_id)
        at, number = beforehand.moment(), beforehand.number or draw_number()
        record.registered_at = coarse(at)
        record.number_index = number_index(number)
        record.source_index = source_index(said.key) if said else None
        key, content = (said.key, said.kept()) if said else ("", "")
        order = said.order_number if said else ""
        told = {"source_content": content, "order_number": order, "number": number}
        record.seal(opening(kind, notice_version, COUNTER, key, at=at, **told))
        what, whose = EventKind.TEST_REGISTERED, record.id
        with act(by=by, kind=what, subject_kind="record", subject_id=whose, detail=number) as commit:
            commit.insert(record)
            commit.insert(new_ticket(by.pharmacy_id, record.id, beforehand.code))
            add_consent(commit, record.id, patient_id, notice_version, at=at)
    return RecordId(record.id)


def answer_questions(*, by: Holder, record_id: UUID, answers: Mapping[str, str], seen: str) -> None:
    """Record what was answered to the questions of a test, in the place of what was before, until it is signed.

    InvalidError when the test is not in the state in which it was `seen`: others may have been answered.
    """
    check_right(by=by, right=Right.REGISTER_TEST)
    with act(by=by, kind=EventKind.QUESTIONS_ANSWERED, subject_kind="record", subject_id=record_id) as commit:
        record = record_in_scope(record_id)
        verb = "answer_before" if record.state == RecordState.REGISTERED else "answer_after"
        if not Record.lifecycle.allows(verb, record.state):
            raise ConflictError(f"cannot answer for a record that is {record.state}")
        if not is_as_seen(record, seen):
            raise refuse("", "changed", _CHANGED)
        opened = record.unseal()
        told = check_answers(answers, load_kinds()[opened["kind"]], _person(record.patient_id))
        commit.move_sealed(record, verb, opened | {"answers": told})


def _person(patient_id: UUID) -> AskedPerson:
    traits = traits_of(patient_id)
    return AskedPerson(birth_date=traits.birth_date, sex=traits.sex)


def take_sample(*, by: Holder, record_id: UUID, sample: Sample, place: str = "", seen: str) -> bool:
    """Record the sample: specimen, time, and the lot (or a file's device); tell whether the reading clock runs now.

    The first sample of a lot opens it, at the workstation named as the `place`. `seen` is the state in which a list
    showed the test: ConflictError when it is another's, so that what is sent twice is done once.
    """
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with (
        acts_together(by=by) as acts,
        acts.act(kind=EventKind.SAMPLE_TAKEN, subject_kind="record", subject_id=record_id) as commit,
    ):
        record = record_in_scope(record_id)
        check_seen(record, seen)
        opened = record.unseal()
        lot = lot_of(sample.lot_id) if sample.lot_id else None
        check_sample(sample, load_kinds()[opened["kind"]], lot, traits_of(record.patient_id).birth_date)
        if opened["source"] == COUNTER:
            check_order(sample, lot, datetime.fromisoformat(opened["registered_at"]))
        commit.move_sealed(record, "sample", opened | sampled(sample), lot_id=sample.lot_id)
        if lot is not None and lot.state == LotState.RECEIVED:
            open_at_first_use(acts, lot.id, by=by, place=place)
    return lot is None or kit(lot.kit).counts_from is CountsFrom.SAMPLE


def undo_sample(*, by: Holder, record_id: UUID, seen: str) -> None:
    """Take a sample back before the signature: the wrong lot, the wrong row, a test begun too early.

    ConflictError unless it was taken at the counter and waits for its result, as it was `seen`: a colleague may have
    taken it again.
    """
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with act(by=by, kind=EventKind.SAMPLE_UNDONE, subject_kind="record", subject_id=record_id) as commit:
        record, opened = _sampled_record("undo_sample", record_id)
        check_seen(record, seen)
        if opened["source"] != COUNTER:
            raise ConflictError("the sample of a file is its laboratory's")
        commit.move_sealed(record, "undo_sample", {**opened, **UNSAMPLED}, lot_id=None)


def start_reading(*, by: Holder, record_id: UUID, start: Start, seen: str) -> None:
    """Record when the sample was put on the kit; told again before the signature, it mends what was told.

    `seen` as in `take_sample`.
    """
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with act(by=by, kind=EventKind.READING_STARTED, subject_kind="record", subject_id=record_id) as commit:
        record, opened = _sampled_record("start", record_id)
        check_seen(record, seen)
        check_start(start, datetime.fromisoformat(opened["sampled_at"]))
        commit.move_sealed(record, "start", opened | started(start, opened))


def undo_start(*, by: Holder, record_id: UUID, seen: str) -> None:
    """Take back the start of the reading clock: it counts from the sampling again, or waits to be started."""
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with act(by=by, kind=EventKind.READING_UNDONE, subject_kind="record", subject_id=record_id) as commit:
        record, opened = _sampled_record("undo_start", record_id)
        check_seen(record, seen)
        told = {"started_at": "", "typed_times": [name for name in opened["typed_times"] if name != STARTED]}
        commit.move_sealed(record, "undo_start", opened | told)


def _sampled_record(verb: str, record_id: UUID) -> tuple[Record, dict[str, Any]]:
    record = record_in_scope(record_id)
    if not Record.lifecycle.allows(verb, record.state):
        raise ConflictError(f"cannot {verb} a record that is {record.state}")
    return record, record.unseal()


def abandon_test(*, by: Holder, record_id: UUID, seen: str) -> None:
    """Close a test that will have no result (the patient left, the sample was spoilt).

    ConflictError when it is not in the state in which it was `seen`: a colleague goes on with it.
    """
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with act(by=by, kind=EventKind.TEST_ABANDONED, subject_kind="record", subject_id=record_id) as commit:
        check_seen(record_in_scope(record_id), seen)
        commit.move(Record, record_id, "abandon")
        for ticket_id in Ticket.objects.filter(record_id=record_id).values_list("id", flat=True):
            commit.remove(Ticket, ticket_id)
