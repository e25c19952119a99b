"""Who is concerned by a breach: of a dump, of a period, of a data key; listed by the owner, counted by the operator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError
from people import House, make_lot, make_patient, make_seat, make_signed, make_test, open_house

from temoin.crypto.models import DataKey
from temoin.crypto.ring import forget_keys
from temoin.delivery.actions import seal_letter_for
from temoin.delivery.models import Letter
from temoin.journal.act import HouseActor, record_look
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.keeping.rows import sealed_models
from temoin.lib.clock import frozen_at
from temoin.lib.errors import DeniedError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.models import Parcel
from temoin.outbox.queue import claim_parcels
from temoin.oversight import concerned
from temoin.oversight.concerned import OF_PARCELS, SEALED_OF, Extent, count_persons, list_persons
from temoin.patients.queries import patients_by_nir, patients_by_start, read_patient
from temoin.patients.starts import Beginnings
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.retention.case_states import CaseKind
from temoin.retention.cases import open_case
from temoin.retention.holds import place_hold
from temoin.testing import lists, paged
from temoin.testing.actions import abandon_test
from temoin.testing.lists import list_tests, list_tests_of_patient
from temoin.testing.paged import some_tests
from temoin.testing.queries import read_test, report_for_courier

MONDAY = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
TUESDAY = MONDAY + DAY
DECEMBER = MONDAY + 30 * DAY


@pytest.fixture
def house(as_role: Callable) -> House:  # noqa: ARG001 opens the database
    with frozen_at(MONDAY - DAY):
        return open_house()


def patient_of(house: House, day: datetime) -> UUID:
    with frozen_at(day):
        return make_patient(house.owner, nir="")


def listed(house: House, **bounds) -> set[UUID]:
    persons = list_persons(by=house.owner, extent=Extent(**bounds))
    found = {patient_id for patient_id, _traits in persons.traits}
    assert len(found) == persons.count
    return found


def on_tuesday(house: House) -> set[UUID]:
    return listed(house, since=TUESDAY - timedelta(hours=1), until=TUESDAY + timedelta(hours=1))


def events(house: House, kind: EventKind) -> list[tuple[str, str, str]]:
    with tenant_scope(house.here.id):
        return list(Event.objects.filter(kind=kind.value).values_list("profession", "origin", "detail"))


# Who may --------------------------------------------------------------------------------------------------------------


def test_the_owner_lists_everybody_whom_the_pharmacy_holds(house: House):
    first, second = patient_of(house, MONDAY), patient_of(house, DECEMBER)

    persons = dict(list_persons(by=house.owner, extent=Extent()).traits)

    assert set(persons) == {first, second}
    assert persons[first].birth_family_name == "PAT-TROIS"


def test_each_run_is_one_event_with_its_bounds(house: House):
    listed(house)
    listed(house, since=MONDAY, until=TUESDAY)
    count_persons(by=Operator(house.here.id), extent=Extent(until=TUESDAY))

    assert [detail for *_who, detail in events(house, EventKind.PERSONS_LISTED)] == [
        "//",
        "2026-11-02T09:30:00+00:00/2026-11-03T09:30:00+00:00/",
    ]
    assert events(house, EventKind.PERSONS_COUNTED) == [("operator", "command", "/2026-11-03T09:30:00+00:00/")]


@pytest.mark.parametrize("profession", sorted(set(Profession) - {Profession.TITULAIRE}))
def test_nobody_but_the_owner_lists_or_counts(house: House, profession: Profession):
    seat = make_seat(house.here, profession)

    for ask in (list_persons, count_persons):
        with pytest.raises(DeniedError):
            ask(by=seat, extent=Extent())

    assert events(house, EventKind.PERSONS_LISTED) == events(house, EventKind.PERSONS_COUNTED) == []


def test_the_operator_counts_and_lists_nobody(house: House):
    patient_of(house, MONDAY)
    operator = Operator(house.here.id)

    assert count_persons(by=operator, extent=Extent()) == 1
    with pytest.raises(DeniedError):
        list_persons(by=operator, extent=Extent())


def test_counting_opens_nothing(house: House, monkeypatch: pytest.MonkeyPatch):
    patient_of(house, MONDAY)
    forget_keys()
    monkeypatch.setattr("temoin.crypto.ring._unwrapped", None)  # whatever unwraps a key fails

    assert count_persons(by=Operator(house.here.id), extent=Extent()) == 1


def test_the_stranger_lists_their_own_pharmacy_only(house: House):
    patient_of(house, MONDAY)

    persons = list_persons(by=house.stranger, extent=Extent())

    assert (persons.count, list(persons.traits)) == (0, [])


def test_what_cannot_be_recorded_is_not_listed(house: House, stick: Callable[..., object]):
    stick("INSERT", "journal_event", "true")

    with pytest.raises(DatabaseError, match="stuck"):
        list_persons(by=house.owner, extent=Extent())


# A dump, a period -----------------------------------------------------------------------------------------------------


def test_a_dump_of_a_day_holds_whoever_was_registered_by_then(house: House):
    before, _after = patient_of(house, MONDAY), patient_of(house, DECEMBER)

    assert listed(house, until=TUESDAY) == {before}


def test_a_period_holds_whom_its_events_are_about(house: House):
    looked_at, tested, _nobody = (patient_of(house, MONDAY) for _each in range(3))
    with frozen_at(TUESDAY):
        read_patient(by=house.colleague, patient_id=looked_at)
        read_test(by=house.owner, record_id=make_test(house.owner, tested))
        new = make_patient(house.owner)

    assert on_tuesday(house) == {looked_at, tested, new}
    assert count_persons(by=house.owner, extent=Extent(since=DECEMBER)) == 0


def test_a_look_at_a_letter_or_a_parcel_is_about_its_patient(house: House, as_role: Callable):
    patients = [patient_of(house, MONDAY) for _each in range(3)]
    with frozen_at(MONDAY):
        lot_id = make_lot(house.owner)
        records = [make_signed(house.owner, one, lot_id) for one in patients]
        with as_role("temoin_worker"):
            (load,) = claim_parcels("email", 1)
            with tenant_scope(house.here.id):
                worker = HouseActor(house.here.id, "worker")
                seal_letter_for(load=load, report=report_for_courier(by=worker, record_id=load.chain_id, number=1))
    with tenant_scope(house.here.id), frozen_at(TUESDAY):
        letter = Letter.objects.get()
        parcel = Parcel.objects.exclude(chain_id=letter.record_id).order_by("id").first()
        record_look(by=house.owner, kind=EventKind.LETTER_OPENED, subject_kind="letter", subject_id=letter.id)
        record_look(by=house.owner, kind=EventKind.PARCEL_RELEASED, subject_kind="parcel", subject_id=parcel.id)

    of = dict(zip(records, patients, strict=True))
    assert on_tuesday(house) == {of[letter.record_id], of[parcel.chain_id]}


@pytest.mark.parametrize(("page", "shown"), [(0, [3, 4]), (1, [1, 2, 3, 4])])
def test_a_list_of_tests_has_shown_what_was_under_way_and_the_newest_done(
    house: House, monkeypatch: pytest.MonkeyPatch, page: int, shown: list[int]
):
    monkeypatch.setattr(lists, "PAGE", 2)
    patients = [patient_of(house, MONDAY) for _each in range(7)]
    records = [registered(house, one, MONDAY + timedelta(hours=hour)) for hour, one in enumerate(patients[:6])]
    with frozen_at(MONDAY + timedelta(hours=9)):
        for record_id in records[1:5]:
            abandon_test(by=house.owner, record_id=record_id, seen="")
    with frozen_at(TUESDAY):
        list_tests(by=house.owner, page=page)
    with frozen_at(TUESDAY + DAY):
        abandon_test(by=house.owner, record_id=records[0], seen="")

    assert on_tuesday(house) == {patients[0], patients[5], *(patients[number] for number in shown)}


@pytest.mark.parametrize(("number", "shown"), [(0, [4, 5]), (1, [2, 3]), (2, [0, 1])])
def test_a_page_of_a_program_has_shown_what_lies_between_its_hours(house: House, tamper, number: int, shown: list[int]):
    patients = [patient_of(house, MONDAY) for _each in range(6)]
    for hour, one in enumerate(patients):
        record_id = registered(house, one, MONDAY + timedelta(hours=hour))
        with frozen_at(MONDAY + timedelta(hours=9)):
            abandon_test(by=house.owner, record_id=record_id, seen="")
    page = None
    for place in range(number + 1):
        with frozen_at(TUESDAY if place == number else TUESDAY - DAY):
            after = page.reached if page else None
            page = some_tests(by=house.owner, wanted=paged.TestsWanted(), limit=2, after=after)
    tamper("DELETE FROM journal_listing")

    assert on_tuesday(house) == {patients[one] for one in shown}


def registered(house: House, patient_id: UUID, moment: datetime) -> UUID:
    with frozen_at(moment):
        return make_test(house.owner, patient_id)


def test_a_patients_list_of_tests_names_the_patient(house: House):
    patient_id = patient_of(house, MONDAY)
    with frozen_at(TUESDAY):
        list_tests_of_patient(by=house.owner, patient_id=patient_id)

    assert on_tuesday(house) == {patient_id}


def test_a_search_has_shown_whom_its_list_names(house: House):
    shown = min(patient_of(house, MONDAY) for _each in range(3))  # of one name and birth date
    with frozen_at(TUESDAY):
        first = patients_by_start(by=house.owner, asked=Beginnings(("pat",)), most=1).first

    assert [patient_id for patient_id, _traits in first] == [shown]
    assert on_tuesday(house) == {shown}


def test_a_request_and_a_hold_are_about_their_patient(house: House):
    asks, held, _nobody = (patient_of(house, MONDAY) for _each in range(3))
    with frozen_at(TUESDAY):
        ask_for_copy(house, asks)
        place_hold(by=house.owner, patient_id=held, reason="Réquisition")

    assert on_tuesday(house) == {asks, held}


def ask_for_copy(house: House, patient_id: UUID) -> None:
    open_case(by=house.owner, patient_id=patient_id, kind=CaseKind.ACCESS, asked="Copie", received_on=today_in(HOUSE))


def test_searches_of_the_period_whose_list_is_gone_are_told(house: House, tamper: Callable[[str], None]):
    with frozen_at(MONDAY):
        make_patient(house.owner)
    with frozen_at(TUESDAY):
        patients_by_nir(by=house.owner, nir="279035121518989")
        patients_by_start(by=house.owner, asked=Beginnings(("pat",)), most=9)
        patients_by_start(by=house.owner, asked=Beginnings(("nobody",)), most=9)
    assert list_persons(by=house.owner, extent=Extent(since=TUESDAY)).unnamed_searches == 0

    tamper("DELETE FROM journal_listing")

    assert list_persons(by=house.owner, extent=Extent(since=TUESDAY)).unnamed_searches == 2
    assert list_persons(by=house.owner, extent=Extent(since=TUESDAY + DAY)).unnamed_searches == 0
    assert list_persons(by=house.owner, extent=Extent()).unnamed_searches == 0


# A data key -----------------------------------------------------------------------------------------------------------


def key_of(house: House, purpose: str) -> UUID:
    with tenant_scope(house.here.id):
        return DataKey.objects.get(purpose=purpose).id


def test_a_key_holds_whoever_has_a_row_under_it(house: House):
    november, both, december = patient_of(house, MONDAY), patient_of(house, MONDAY), patient_of(house, DECEMBER)
    with frozen_at(DECEMBER):
        make_signed(house.owner, both, make_lot(house.owner))

    assert listed(house, key_id=key_of(house, "2026-11")) == {november, both}
    assert listed(house, key_id=key_of(house, "2026-12")) == {both, december}
    assert listed(house, key_id=key_of(house, "2026-12"), until=TUESDAY) == {both}


def test_a_key_holds_whose_request_or_hold_is_sealed_with_it(house: House):
    asks, held, _nobody = (patient_of(house, MONDAY) for _each in range(3))
    with frozen_at(DECEMBER):
        ask_for_copy(house, asks)
        place_hold(by=house.owner, patient_id=held, reason="Réquisition")
        place_hold(by=house.owner, patient_id=None, reason="Contrôle")

    assert listed(house, key_id=key_of(house, "2026-12")) == {asks, held}


# Sealed rows that tell of no patient, and of whom they tell.
OF_NO_PATIENT = {
    "arrivals_key": "forms that patients seal: each ends with its twelve hours, unread by us before somebody looks",
    "arrivals_poster": "the way to a pharmacy's form",
    "surveillance_counted_day": "counts, in which nobody is named",
    "intake_file_terms": "the words of a laboratory's files",
    "pharmacies_invitation": "somebody who is to work there",
    "pharmacies_member": "somebody who works there",
    "pharmacies_program": "a program",
    "pharmacies_program_call": "a program: numbers of rows, which lead to nobody without the rows",
    "pharmacies_program_token": "a program",
    "pharmacies_register_check": "somebody who works there, or is to",
    "testing_group": "a school, a home or a firm: numbers of its people's rows, which lead to nobody without the rows",
    "webhooks_webhook": "the address of a program, and its secrets",
    "testing_orphan_result": "a result that nobody has said of whom it is",
}


def test_each_sealed_table_leads_to_its_person_or_tells_of_no_patient():
    assert sorted([*SEALED_OF, *OF_PARCELS, *OF_NO_PATIENT]) == sorted(
        model._meta.db_table for model in sealed_models()
    )


def test_the_key_of_the_indexes_concerns_everybody(house: House):
    everybody = {patient_of(house, MONDAY), patient_of(house, DECEMBER)}

    assert listed(house, key_id=key_of(house, "index")) == everybody


def test_a_key_of_another_pharmacy_is_an_unknown_one(house: House):
    patient_of(house, MONDAY)

    for by, key_id in ((house.stranger, key_of(house, "2026-11")), (house.owner, new_id())):
        with pytest.raises(NotFoundError):
            list_persons(by=by, extent=Extent(key_id=key_id))


def test_many_persons_are_opened_some_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(concerned, "CHUNK", 2)
    everybody = {patient_of(house, MONDAY) for _each in range(5)}

    assert listed(house) == everybody
