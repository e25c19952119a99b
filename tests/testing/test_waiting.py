"""Those who wait: called, not there, put first; by whoever samples, once, taken back, and nobody else's."""

from __future__ import annotations

from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_sampled, make_test, open_house

from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.testing.actions import undo_sample
from temoin.testing.lists import Wait, list_tests
from temoin.testing.waiting import WaitMark, mark_waiting, unmark_waiting


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def waits(house: House) -> UUID:
    return make_test(house.owner, make_patient(house.owner))


def seen(house: House, record_id: UUID) -> Wait:
    return next(row.wait for row in list_tests(by=house.owner).under_way if row.id == record_id)


def told(house: House, record_id: UUID) -> list[str]:
    with tenant_scope(house.here.id):
        kinds = Event.objects.filter(subject_id=record_id, kind__startswith="test.").order_by("id")
        return list(kinds.values_list("kind", flat=True))[1:]


@pytest.mark.parametrize(
    ("mark", "kind"),
    [(WaitMark.CALLED, "test.call"), (WaitMark.ABSENT, "test.no_show"), (WaitMark.FIRST, "test.put_first")],
)
def test_a_mark_is_set_once_and_taken_back_once_each_with_its_event(house: House, waits: UUID, mark, kind: str):
    mark_waiting(by=house.colleague, record_id=waits, mark=mark, seen="")
    with pytest.raises(ConflictError):
        mark_waiting(by=house.owner, record_id=waits, mark=mark, seen="")
    stood = seen(house, waits)
    unmark_waiting(by=house.owner, record_id=waits, mark=mark, seen="")
    with pytest.raises(ConflictError):
        unmark_waiting(by=house.owner, record_id=waits, mark=mark, seen="")

    assert sum(map(bool, (stood.called_at, stood.absent_at, stood.is_first))) == 1
    assert seen(house, waits) == Wait(None, None, is_first=False)
    assert [one for one in told(house, waits) if one != "test.list_read"] == [
        "test.called" if mark is WaitMark.CALLED else kind,
        f"{kind}_undone",
    ]


@pytest.mark.parametrize("act", [mark_waiting, unmark_waiting])
def test_neither_another_pharmacy_nor_who_samples_nothing_marks_anybody(house: House, waits: UUID, act):
    with pytest.raises(NotFoundError):
        act(by=house.stranger, record_id=waits, mark=WaitMark.CALLED, seen="")
    with pytest.raises(DeniedError):
        act(by=house.administrator, record_id=waits, mark=WaitMark.CALLED, seen="")


def test_who_is_sampled_waits_no_more_and_was_there(house: House, waits: UUID):
    sampled = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    with pytest.raises(ConflictError):
        mark_waiting(by=house.owner, record_id=sampled, mark=WaitMark.CALLED, seen="")

    undo_sample(by=house.owner, record_id=sampled, seen="")
    mark_waiting(by=house.owner, record_id=sampled, mark=WaitMark.ABSENT, seen="")

    assert seen(house, sampled).absent_at is not None
    assert seen(house, waits).absent_at is None
