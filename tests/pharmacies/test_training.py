"""The training counter: who enters, that nothing leaves it, and that the pharmacy itself never sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from people import TRAITS, House, at_once, make_patient, make_seat, make_signed, open_house, suspend
from training import practising

from temoin.arrivals.posters import make_poster
from temoin.catalogue.actions import lots_in_stock
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError, ScopeError
from temoin.lib.tenant import tenant_scope
from temoin.lib.training import is_training, training_of
from temoin.outbox.courier import couriers
from temoin.outbox.models import Parcel
from temoin.patients.actions import amend_patient
from temoin.patients.models import Patient
from temoin.patients.queries import traits_of
from temoin.pharmacies.actions import move_clock
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import PRACTISED, Profession
from temoin.pharmacies.seat import pharmacies_of, take_seat
from temoin.pharmacies.team import change_profession
from temoin.pharmacies.training import check_still_works, enter_training, may_practise, real_of
from temoin.pharmacies.zones import zone_of
from temoin.testing.practice import FAMILY_NAME, LOT_NUMBER, furnish
from temoin.testing.queries import latest_report
from temoin.testing.reaching import way_to_patient
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result, renew_ticket, send_link_again


def events(pharmacy_id, kind: EventKind) -> list[object]:
    with tenant_scope(pharmacy_id):
        return list(Event.objects.filter(kind=kind.value).values_list("actor_id", flat=True))


def family_names(pharmacy_id) -> list[str]:
    with tenant_scope(pharmacy_id):
        return [patient.traits.birth_family_name for patient in Patient.objects.all()]


# Who ------------------------------------------------------------------------------------------------------------------


def test_a_person_enters_as_themself_with_what_is_practised(house: House):
    seat = practising(house.owner)

    assert (seat.name, seat.rpps, seat.profession) == (house.owner.name, house.owner.rpps, house.owner.profession)
    assert (seat.rights, seat.rights < house.owner.rights) == (house.owner.rights & PRACTISED, True)
    assert (real_of(seat.pharmacy_id), is_training(seat.pharmacy_id)) == (house.here.id, True)
    assert events(house.here.id, EventKind.TRAINING_ENTERED) == [house.owner.member_id]


def test_a_colleague_comes_to_the_same_counter_and_a_stranger_to_their_own(house: House):
    first, second, stranger = (practising(seat) for seat in (house.owner, house.colleague, house.stranger))

    assert first.pharmacy_id == second.pharmacy_id != stranger.pharmacy_id
    assert set(family_names(first.pharmacy_id)) == {FAMILY_NAME}
    with pytest.raises(NotFoundError):
        take_seat(person_id=house.stranger.person_id, pharmacy_id=first.pharmacy_id)


def test_entering_again_opens_and_invents_nothing_anew(house: House):
    again = [practising(house.owner) for _ in range(2)][1]

    with tenant_scope(again.pharmacy_id):
        assert (Member.objects.count(), Patient.objects.count()) == (1, 5)
    with pytest.raises(ConflictError):
        enter_training(by=again)


@pytest.mark.django_db(transaction=True)
def test_two_who_enter_first_at_once_find_one_counter():
    house = open_house()

    both = at_once(*(lambda seat=seat: enter_training(by=seat) for seat in (house.owner, house.colleague)))

    assert both == [training_of(house.here.id)] * 2


def test_who_sees_no_test_has_nothing_to_practise(house: House):
    assert (may_practise(house.student), may_practise(house.administrator)) == (True, False)
    with pytest.raises(DeniedError):
        enter_training(by=house.administrator)


def test_a_place_to_practise_at_ends_with_the_place_itself(house: House):
    seat = practising(house.colleague)
    check_still_works(seat)

    suspend(house.colleague)

    with pytest.raises(NotFoundError):
        check_still_works(seat)


def test_another_profession_is_practised_after_entering_again(house: House):
    former = practising(house.colleague)
    change_profession(by=house.owner, member_id=house.colleague.member_id, profession=Profession.STUDENT, rpps="")
    with pytest.raises(NotFoundError):
        check_still_works(former)

    now = practising(replace(house.colleague, profession=Profession.STUDENT))

    assert (now.profession, now.member_id) == (Profession.STUDENT, former.member_id)


def test_a_training_counter_is_no_place_of_work(house: House):
    practising(house.owner)

    assert [place.id for place in pharmacies_of(house.owner.person_id)] == [house.here.id]
    assert {place.id for place in Pharmacy.real.filter(finess__contains=house.here.finess)} == {house.here.id}


def test_its_clock_is_moved_with_the_pharmacys(house: House):
    place = practising(house.owner).pharmacy_id

    move_clock(by=Operator(house.here.id), time_zone="Pacific/Noumea")

    assert zone_of(place).key == "Pacific/Noumea"


def test_no_pharmacy_passes_for_the_training_counter_of_another(house: House):
    with pytest.raises(NotFoundError):
        real_of(house.here.id)
    with pytest.raises(ScopeError):
        furnish(by=house.owner)


# What leaves ----------------------------------------------------------------------------------------------------------


def test_no_act_of_a_test_makes_a_parcel_for_any_courier(house: House):
    seat = practising(house.owner)
    lot = next(lot.id for lot in lots_in_stock(by=seat, kind="covid19-ag") if lot.number == LOT_NUMBER)
    patient = make_patient(seat, nir="")
    signed, void = (make_signed(seat, patient, lot, outcome="positive") for _ in range(2))
    with tenant_scope(seat.pharmacy_id):
        report = latest_report(signed)
        assert way_to_patient(traits_of(patient)) == "email"
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=report.read_at)
    correct_result(by=seat, record_id=signed, expected_version=1, reading=reading, reason="essai")
    cancel_result(by=seat, record_id=void, expected_version=1, reason="essai")

    with tenant_scope(seat.pharmacy_id):
        assert (len(couriers()) > 1, Parcel.objects.count()) == (True, 0)
        assert (report.is_demo, report.organisation.name.startswith("EXERCICE SANS VALEUR")) == (True, True)


def test_a_letter_is_refused_and_not_promised(house: House):
    seat = practising(house.owner)
    lot = next(lot.id for lot in lots_in_stock(by=seat, kind="covid19-ag"))
    signed = make_signed(seat, make_patient(seat, nir=""), lot)

    with pytest.raises(InvalidError):
        renew_ticket(by=seat, record_id=signed, expected_version=1)
    with pytest.raises(InvalidError):
        send_link_again(by=seat, record_id=signed, expected_version=1, after="", way="email")


def test_no_poster_leads_patients_there(house: House):
    with pytest.raises(DeniedError):
        make_poster(by=practising(house.owner), instead_of=None)


def test_no_real_persons_number_is_written_down(house: House):
    seat = practising(house.owner)

    with pytest.raises(InvalidError) as refused:
        make_patient(seat)
    patient = make_patient(seat, nir="")
    with tenant_scope(seat.pharmacy_id):
        known = traits_of(patient)
    numbered = replace(known, nir=TRAITS["nir"].replace(" ", ""))
    with pytest.raises(InvalidError):
        amend_patient(by=seat, patient_id=patient, traits=numbered, expected_version=known.seen_version)

    assert [problem.code for problem in refused.value.problems] == ["training"]


def test_the_pharmacy_itself_is_as_it_was(house: House):
    practising(house.owner)

    assert family_names(house.here.id) == []
    assert lots_in_stock(by=house.owner) == []
    assert make_seat(house.here, Profession.ADJOINT).pharmacy_id == house.here.id
