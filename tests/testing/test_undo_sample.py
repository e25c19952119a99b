"""A sample noted wrongly is taken back before the signature, and never after it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test, open_house

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.seat import Seat
from temoin.testing.actions import abandon_test, start_reading, take_sample, undo_sample
from temoin.testing.models import Record
from temoin.testing.queries import read_test
from temoin.testing.sample import Sample, Start
from temoin.testing.states import RecordState


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def sampled(house: House) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))


def test_a_sample_taken_back_leaves_a_test_to_be_sampled_anew(house: House):
    record_id = sampled(house)
    moment = read_test(by=house.owner, record_id=record_id).steps.sampled_at
    start_reading(by=house.owner, record_id=record_id, start=Start(moment, is_typed=True), seen="")

    undo_sample(by=house.colleague, record_id=record_id, seen="")

    seen = read_test(by=house.owner, record_id=record_id)
    assert (seen.state, seen.lot, seen.steps, seen.specimen, seen.typed_times) == (
        RecordState.REGISTERED,
        None,
        None,
        "",
        (),
    )
    other = make_lot(house.owner, number="B2")
    take_sample(by=house.owner, record_id=record_id, sample=Sample("nasal-swab", moment, other), seen="")
    assert read_test(by=house.owner, record_id=record_id).lot.number == "B2"


def test_the_journal_tells_who_took_it_back(house: House):
    record_id = sampled(house)

    undo_sample(by=house.colleague, record_id=record_id, seen="")

    with tenant_scope(house.here.id):
        event = Event.objects.get(kind=EventKind.SAMPLE_UNDONE.value)
    assert (event.subject_id, event.actor_id) == (record_id, house.colleague.actor_id)


def not_sampled(house: House) -> UUID:
    return make_test(house.owner, make_patient(house.owner))


def signed(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


def abandoned(house: House) -> UUID:
    record_id = sampled(house)
    abandon_test(by=house.owner, record_id=record_id, seen="")
    return record_id


def of_a_file(house: House) -> UUID:
    record_id = sampled(house)
    of_owner = {"by": house.owner, "subject_kind": "record", "subject_id": record_id}
    with act(kind=EventKind.READING_STARTED, **of_owner) as commit:
        record = Record.objects.get(id=record_id)
        commit.move_sealed(record, "start", {**record.unseal(), "source": "csv"})
    return record_id


@pytest.mark.parametrize("made", [not_sampled, signed, abandoned, of_a_file])
def test_what_does_not_wait_for_its_result_here_is_left_as_it_is(house: House, made: Callable[[House], UUID]):
    record_id = made(house)
    before = read_test(by=house.owner, record_id=record_id)

    with pytest.raises(ConflictError):
        undo_sample(by=house.owner, record_id=record_id, seen="")

    assert read_test(by=house.owner, record_id=record_id) == before


def test_twice_is_once(house: House):
    record_id = sampled(house)
    undo_sample(by=house.owner, record_id=record_id, seen="")

    with pytest.raises(ConflictError):
        undo_sample(by=house.owner, record_id=record_id, seen="")


@pytest.mark.parametrize(("who", "error"), [("stranger", NotFoundError), ("administrator", DeniedError)])
def test_neither_a_stranger_nor_whoever_may_not_sample_takes_it_back(house: House, who: str, error: type[Exception]):
    record_id = sampled(house)
    seat: Seat = getattr(house, who)

    with pytest.raises(error):
        undo_sample(by=seat, record_id=record_id, seen="")

    assert read_test(by=house.owner, record_id=record_id).state is RecordState.SAMPLED
