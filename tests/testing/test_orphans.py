"""Results of analysers that no test bears: kept, tied by a person to a test or set aside, and ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from orphaned import NEGATIVE, analyser_of, leave_orphan
from people import House, make_lot, make_patient, make_sampled, open_house

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import frozen_at, now
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.seat import Seat
from temoin.testing import orphans
from temoin.testing.orphans import (
    OrphansFullError,
    SampleResult,
    count_orphans,
    end_orphans,
    keep_orphan,
    list_orphans,
    read_orphan,
    set_aside_orphan,
    tie_orphan,
)
from temoin.testing.proposals import proposed_tests, put_aside_proposal
from temoin.testing.states import OrphanWhy


@pytest.fixture
def house(as_role: Callable) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def record_id(house: House) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))


def events(by: Seat, kind: EventKind) -> list[tuple[UUID | None, str]]:
    with tenant_scope(by.pharmacy_id):
        return list(Event.objects.filter(kind=kind.value).values_list("subject_id", "detail"))


def test_a_person_ties_a_result_to_its_test_and_it_is_proposed_there(house: House, record_id: UUID):
    orphan_id = leave_orphan(house.owner)

    tie_orphan(by=house.owner, orphan_id=orphan_id, record_id=record_id)

    (one,) = proposed_tests(by=house.owner).tests
    assert (one.opened.record_id, one.proposal.program) == (record_id, "Automate")
    assert one.proposal.reading.outcomes == {"sars-cov-2": "negative"}
    assert events(house.owner, EventKind.ORPHAN_TIED) == [(record_id, str(orphan_id))]
    assert count_orphans(by=house.owner) == 0


def test_a_second_tie_does_nothing(house: House, record_id: UUID):
    orphan_id = leave_orphan(house.owner)
    tie_orphan(by=house.owner, orphan_id=orphan_id, record_id=record_id)

    for act in (tie_orphan, set_aside_orphan):
        said = {"record_id": record_id} if act is tie_orphan else {"reason": "Contrôle"}
        with pytest.raises(ConflictError):
            act(by=house.owner, orphan_id=orphan_id, **said)


def test_a_proposal_that_waits_is_not_replaced(house: House, record_id: UUID):
    first, second = leave_orphan(house.owner), leave_orphan(house.owner, (("94558-4", "positive"),))
    tie_orphan(by=house.owner, orphan_id=first, record_id=record_id)

    with pytest.raises(ConflictError):
        tie_orphan(by=house.owner, orphan_id=second, record_id=record_id)
    (one,) = proposed_tests(by=house.owner).tests
    put_aside_proposal(by=house.owner, record_id=record_id, seen_version=one.seen_version)
    tie_orphan(by=house.owner, orphan_id=second, record_id=record_id)

    assert [one.proposal.reading.outcomes["sars-cov-2"] for one in proposed_tests(by=house.owner).tests] == ["positive"]


def test_what_a_test_does_not_read_stays_and_what_is_refused_changes_nothing(house: House, record_id: UUID):
    orphan_id = leave_orphan(house.owner, (("4548-4", "negative"),))

    with pytest.raises(InvalidError):
        tie_orphan(by=house.owner, orphan_id=orphan_id, record_id=record_id)

    assert read_orphan(by=house.owner, orphan_id=orphan_id).why is OrphanWhy.NO_NUMBER
    assert proposed_tests(by=house.owner).tests == []


def test_a_late_one_is_judged_as_every_proposal_and_wants_a_comment(house: House, record_id: UUID):
    orphan_id = leave_orphan(house.owner)

    with frozen_at(now() + timedelta(hours=5)):
        with pytest.raises(InvalidError, match="late_entry"):
            tie_orphan(by=house.owner, orphan_id=orphan_id, record_id=record_id)
        tie_orphan(by=house.owner, orphan_id=orphan_id, record_id=record_id, comment="Étiquette non lue")

    assert len(proposed_tests(by=house.owner).tests) == 1


def test_one_is_set_aside_with_a_reason_and_none_without(house: House):
    orphan_id = leave_orphan(house.owner)

    with pytest.raises(InvalidError):
        set_aside_orphan(by=house.owner, orphan_id=orphan_id, reason=" ")
    set_aside_orphan(by=house.owner, orphan_id=orphan_id, reason="Contrôle de qualité")

    assert list_orphans(by=house.owner) == []
    assert [one for one, _detail in events(house.owner, EventKind.ORPHAN_SET_ASIDE)] == [orphan_id]


def test_who_may_not_sign_sees_none_and_a_stranger_finds_none(house: House, record_id: UUID):
    orphan_id = leave_orphan(house.owner)

    for look in (count_orphans, list_orphans):
        with pytest.raises(DeniedError):
            look(by=house.colleague)
    with pytest.raises(DeniedError):
        tie_orphan(by=house.colleague, orphan_id=orphan_id, record_id=record_id)
    assert count_orphans(by=house.stranger) == 0
    with pytest.raises(NotFoundError):
        set_aside_orphan(by=house.stranger, orphan_id=orphan_id, reason="x")


def test_each_look_is_an_event(house: House):
    orphan_id = leave_orphan(house.owner)
    before = len(events(house.owner, EventKind.ORPHANS_READ))

    list_orphans(by=house.owner)
    read_orphan(by=house.owner, orphan_id=orphan_id)

    assert len(events(house.owner, EventKind.ORPHANS_READ)) == before + 2


def test_the_same_result_is_kept_once(house: House):
    program, result = analyser_of(house.owner), SampleResult("50003", NEGATIVE, now(), now())
    for _ in range(2):
        keep_orphan(by=program, result=result, why=OrphanWhy.UNKNOWN)
    set_aside_orphan(by=house.owner, orphan_id=list_orphans(by=house.owner)[0].id, reason="Contrôle")

    keep_orphan(by=program, result=result, why=OrphanWhy.UNKNOWN)  # it tells its time: it is that very one

    assert list_orphans(by=house.owner) == []


def test_an_analyser_gone_mad_fills_no_disk(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(orphans, "MOST_WAITING", 2)
    program = analyser_of(house.owner)
    results = [SampleResult("", NEGATIVE, now() - timedelta(minutes=minute), now()) for minute in range(3)]
    for result in results[:2]:
        keep_orphan(by=program, result=result, why=OrphanWhy.NO_NUMBER)

    with pytest.raises(OrphansFullError):
        keep_orphan(by=program, result=results[2], why=OrphanWhy.NO_NUMBER)
    assert count_orphans(by=house.owner) == 2


def test_after_a_month_it_is_deleted(house: House, as_role: Callable):
    orphan_id = leave_orphan(house.owner)

    with as_role("temoin_keeper"):
        assert end_orphans(house.here.id) == 0
        with frozen_at(now() + timedelta(days=32)):
            assert end_orphans(house.here.id) == 1

    assert events(house.owner, EventKind.ORPHAN_ENDED) == [(orphan_id, "waiting")]
