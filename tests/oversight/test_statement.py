"""The statement of a day: what it counts, what it calls missing, and what it does not tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from people import TRAITS, House, make_lot, make_patient, make_signed, open_house, seen_parcel

from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import DeniedError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.actions import withdraw_parcel
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.models import Parcel
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.outbox.states import ParcelState, Withdrawal
from temoin.oversight.statement import Statement, read_day, read_statement
from temoin.pharmacies.seat import Seat
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result

AUTHORITY = "fhir"


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def signed(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


@pytest.fixture
def settle(as_role) -> Callable[..., None]:
    def answer(verdict: Verdict, **more: object) -> None:
        with as_role("temoin_worker"):
            settle_parcels([(load, Answer(verdict, "told", **more)) for load in claim_parcels(AUTHORITY, 10)])

    return answer


def statement(by: Seat, days: int = 0) -> Statement:
    return read_statement(by=by, day=today_in(HOUSE) + timedelta(days=days))


def correct(by: Seat, record_id: UUID) -> None:
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=by, record_id=record_id, expected_version=1, reading=reading, reason="Lecture inversée")


@pytest.mark.usefixtures("signed")
def test_what_is_on_its_way_is_missing(house):
    found = statement(house.owner)

    assert (found.results, found.missing, found.is_over) == (1, 1, False)


@pytest.mark.usefixtures("signed")
def test_with_its_receipt_the_day_is_complete(house, settle):
    settle(Verdict.ACCEPTED, receipt={"id": "accuse-42"})

    found = statement(house.colleague)

    assert (found.missing, [line.receipt for line in found.lines]) == (0, ["accuse-42"])
    assert [line.destination for line in found.lines] == [AUTHORITY]  # the patient's link is no notice


@pytest.mark.usefixtures("signed")
def test_a_refused_one_is_missing_and_comes_first(house, settle):
    settle(Verdict.ACCEPTED)
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number="B2"))
    settle(Verdict.REFUSED)

    found = statement(house.owner)

    assert [line.state for line in found.lines] == [ParcelState.REFUSED, ParcelState.ACCEPTED]
    assert (found.results, found.missing) == (2, 1)


@pytest.mark.usefixtures("signed")
def test_a_withdrawn_one_is_no_longer_missing_and_says_why(house, settle):
    settle(Verdict.REFUSED)
    with tenant_scope(house.here.id):
        parcel_id = Parcel.objects.get(destination=AUTHORITY).id
    withdraw_parcel(
        by=house.owner,
        parcel_id=parcel_id,
        expected_version=seen_parcel(house.owner, parcel_id),
        reason=Withdrawal.NOT_DUE,
    )

    found = statement(house.owner)

    assert (found.missing, found.withdrawn, found.lines[0].reason) == (0, 1, "not_due")


def test_a_replaced_one_is_missing_until_the_newer_version_is_acknowledged(house, signed, settle):
    settle(Verdict.REFUSED)
    correct(house.owner, signed)
    before = statement(house.owner)
    settle(Verdict.ACCEPTED)

    after = statement(house.owner)

    assert (before.results, before.missing) == (2, 2)
    assert (after.results, after.missing) == (2, 0)


def test_a_result_that_nobody_was_to_be_told_of_is_counted_and_not_missing(house, settings):
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", replace(settings.TEMOIN.channels["fhir"], enabled=False))
    make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))

    found = statement(house.owner)

    assert (found.results, found.missing, found.untold) == (1, 0, 1)


@pytest.mark.usefixtures("signed")
def test_another_day_has_its_own_results(house):
    with shifted_by(timedelta(days=1)):
        yesterday, today = statement(house.owner, -1), statement(house.owner)

    assert (yesterday.results, yesterday.is_over, today.results) == (1, True, 0)


@pytest.mark.usefixtures("signed")
def test_the_statement_opens_no_patient(house):
    told = repr(statement(house.owner))

    assert TRAITS["birth_family_name"] not in told
    assert "covid" not in told.lower()


@pytest.mark.usefixtures("signed")
def test_printing_is_an_event_with_what_was_on_the_paper(house):
    day = statement(house.owner).day

    with tenant_scope(house.here.id):
        event = Event.objects.get(kind="statement.printed")
    assert (event.actor_id, event.detail) == (house.owner.member_id, f"{day.isoformat()} 1 1")


@pytest.mark.usefixtures("signed")
def test_the_stranger_sees_their_own_empty_day_and_the_administrator_none(house):
    assert statement(house.stranger).lines == []
    with pytest.raises(DeniedError):
        statement(house.administrator)
    with pytest.raises(DeniedError):
        read_day(by=house.administrator, day=today_in(HOUSE))


@pytest.mark.usefixtures("signed")
def test_the_day_is_counted_by_destination(house, settle):
    settle(Verdict.REFUSED)
    make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner, number="B2"))
    settle(Verdict.ACCEPTED)

    days = read_day(by=house.owner, day=today_in(HOUSE))

    assert [(one.destination, one.signed, one.accepted, one.refused, one.on_the_way, one.ended) for one in days] == [
        (AUTHORITY, 2, 1, 1, 0, 0),
        ("email", 1, 0, 0, 1, 0),
    ]


def test_a_long_day_is_paged_and_counted_whole_on_each_page(house, settle, monkeypatch):
    monkeypatch.setattr("temoin.oversight.statement.PAGE", 2)
    for number in ("L1", "L2", "L3"):
        make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number=number))
    settle(Verdict.ACCEPTED, receipt={"id": "accuse"})
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number="L4"))

    pages = [read_statement(by=house.owner, day=today_in(HOUSE), page=page) for page in range(3)]

    assert [(page.results, page.missing, page.pages, len(page.lines)) for page in pages] == [
        (4, 1, 2, 2),
        (4, 1, 2, 2),
        (4, 1, 2, 0),
    ]
    assert pages[0].lines[0].is_missing
    assert len({line.parcel_id for page in pages for line in page.lines}) == 4
