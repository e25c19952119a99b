"""Results that a program brings whole: registered, sampled and proposed, many of them by one commit.

Each step has its event, as when it is done alone: what stands of a test follows from its events, whatever wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from temoin.catalogue.actions import lot_of
from temoin.catalogue.kinds import Kind
from temoin.catalogue.kits import kit
from temoin.catalogue.lots import open_at_first_use
from temoin.catalogue.models import Lot
from temoin.catalogue.states import LotState
from temoin.journal.act import Acts
from temoin.journal.events import EventKind
from temoin.lib.clock import coarse, now
from temoin.lib.ids import hourly_id
from temoin.patients.actions import add_consent, check_notice
from temoin.patients.queries import Found
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.build import steps_of
from temoin.testing.models import Record, number_index, source_index
from temoin.testing.numbers import draw_numbers
from temoin.testing.opening import Proposal, opening, proposed, sampled, started
from temoin.testing.report import COUNTER
from temoin.testing.sample import (
    Reading,
    Sample,
    Start,
    check_entry,
    check_lot_stands,
    check_order,
    check_reading,
    check_sample,
    check_start,
    clean_reading,
)
from temoin.testing.sent import SentAs
from temoin.testing.states import RecordState
from temoin.testing.tickets import new_ticket

NEEDED = (Right.REGISTER_TEST, Right.TAKE_SAMPLE, Right.PROPOSE_RESULT)


@dataclass(frozen=True, kw_only=True, repr=False)
class WholeTest:
    """A test with its result, as a program tells it at once."""

    kind: Kind
    notice_version: str
    sample: Sample
    start: Start | None
    reading: Reading
    said: SentAs


class ProposedTogether:
    """What so many tests of one commit share: numbers that are drawn, and their lots."""

    def __init__(self, by: ProgramSeat, *, count: int, lots: Iterable[UUID]) -> None:
        self._by = by
        self._numbers = draw_numbers(count)  # the last to be asked: others who register wait for this commit
        self._lots = {lot_id: lot_of(lot_id) for lot_id in set(lots)}
        self._opened: set[UUID] = set()

    def propose(self, acts: Acts, patient: Found, test: WholeTest) -> tuple[UUID, str]:
        """Add the acts of one, whose patient is held or registered by this commit; return its id and its number."""
        for right in NEEDED:
            check_right(by=self._by, right=right)
        check_notice(test.notice_version, self._by)
        patient_id, traits = patient
        number = self._numbers[-1] if self._numbers else ""
        lot = self._lots.get(test.sample.lot_id) if test.sample.lot_id else None
        check_sample(test.sample, test.kind, lot, traits.birth_date)
        record = Record(pharmacy_id=self._by.pharmacy_id, id=hourly_id(), patient_id=patient_id)
        record.lot_id, record.state = test.sample.lot_id, RecordState.SAMPLED.value
        record.registered_at, record.number_index = coarse(now()), number_index(number)
        record.source_index = source_index(test.said.key)
        record.seal(self._held(test, lot, number))
        self._write(acts, record, test, number)
        if lot is not None and lot.state == LotState.RECEIVED and lot.id not in self._opened:
            open_at_first_use(acts, lot.id, by=self._by, place=self._by.name)
            self._opened.add(lot.id)
        self._numbers = self._numbers[:-1]
        return record.id, number

    def _held(self, test: WholeTest, lot: Lot | None, number: str) -> dict[str, object]:
        """Return what the record seals; InvalidError where a step could not be done alone."""
        said = test.said
        told = {"source_content": said.kept(), "order_number": said.order_number, "number": number}
        held = opening(test.kind.code, test.notice_version, COUNTER, said.key, at=now(), **told) | sampled(test.sample)
        check_order(test.sample, lot, now())
        if test.start is not None:
            check_start(test.start, test.sample.sampled_at)
            held |= started(test.start, held)
        used, steps = kit(lot.kit) if lot is not None else None, steps_of(held)
        reading = clean_reading(test.reading, test.kind, used)
        check_reading(reading, test.kind, used, steps)
        check_entry(reading, used, steps)
        check_lot_stands(lot)
        return held | {"proposal": proposed(Proposal(reading, self._by.name, now()))}

    def _write(self, acts: Acts, record: Record, test: WholeTest, number: str) -> None:
        what, whose = EventKind.TEST_REGISTERED, record.id
        with acts.act(kind=what, subject_kind="record", subject_id=whose, detail=number) as commit:
            commit.insert(record)
            commit.insert(new_ticket(self._by.pharmacy_id, record.id, is_stretched=False))
            add_consent(commit, record.id, record.patient_id, test.notice_version, at=now())
        steps = [EventKind.SAMPLE_TAKEN, EventKind.READING_STARTED, EventKind.RESULT_PROPOSED]
        for kind in steps if test.start is not None else (steps[0], steps[2]):
            with acts.act(kind=kind, subject_kind="record", subject_id=whose):
                pass
