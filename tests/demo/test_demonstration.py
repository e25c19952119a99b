"""The demonstration: every state is there, everybody can sign in, and nobody in it exists."""

from __future__ import annotations

import smtplib
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.db import connection, transaction
from roles import take_role
from stdnum import luhn

from temoin.arrivals.appointed import appointments_to_come
from temoin.arrivals.queries import read_arrival
from temoin.catalogue.actions import lots_in_stock, page_of_lots
from temoin.catalogue.kinds import counter_kinds
from temoin.crypto.letter import normalise_code
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.models import Parcel
from temoin.patients.models import Consent, Patient
from temoin.patients.traits import check_traits
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import pharmacies_of, take_seat
from temoin.scanning.nir import check_nir
from temoin.signin.models import Person
from temoin.testing.models import Record, RecordVersion
from temoin.testing.states import RecordState
from temoin_demo.appointments import AHEAD, take_appointments
from temoin_demo.demonstration import Demonstration, load_demonstration
from temoin_demo.patients import COUNT, invent_patients
from temoin_demo.people import make_password


def _refuse(*_args, **_kwargs):
    raise AssertionError("the demonstration called out")


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[Demonstration]:  # noqa: ARG001
    """Load it once for the module: hashing a dozen passwords is slow on purpose."""
    with django_db_blocker.unblock(), transaction.atomic():
        with pytest.MonkeyPatch.context() as network:
            connection.ensure_connection()
            network.setattr(smtplib.SMTP, "connect", _refuse)
            network.setattr(socket.socket, "connect", _refuse)
            demonstration = load_demonstration(lambda _text: None)
        yield demonstration
        transaction.set_rollback(True)


@pytest.fixture
def demonstration(loaded: Demonstration, db: None) -> Demonstration:  # noqa: ARG001 opens the test's own savepoint
    return loaded


def _pharmacies() -> list[Pharmacy]:
    return list(Pharmacy.objects.order_by("-finess"))


@pytest.mark.usefixtures("demonstration")
def test_both_pharmacies_hold_results_in_every_state_and_send_nothing_while_loading() -> None:
    for pharmacy in _pharmacies():
        with tenant_scope(pharmacy.id):
            states = Counter(Record.objects.values_list("state", flat=True))
            parcels = set(Parcel.objects.values_list("destination", "state"))
            assert Consent.objects.count() == sum(states.values())
        assert set(states) == {state.value for state in RecordState}
        assert {("fhir", "waiting"), ("email", "waiting")} <= parcels


@pytest.mark.usefixtures("demonstration")
def test_the_pharmacies_are_marked_as_demonstration_with_numbers_that_pass_their_key() -> None:
    pharmacies = _pharmacies()

    assert len(pharmacies) == 2
    assert all(pharmacy.is_demo and luhn.is_valid(pharmacy.finess) for pharmacy in pharmacies)


@pytest.mark.usefixtures("demonstration")
def test_every_signed_result_says_that_it_is_a_demonstration() -> None:
    for pharmacy in _pharmacies():
        with tenant_scope(pharmacy.id):
            assert all(version.report.is_demo for version in RecordVersion.objects.all())


def test_each_account_opens_with_its_password_and_holds_a_second_factor(demonstration: Demonstration) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

    for account in demonstration.accounts[:3]:  # hashing is slow on purpose: three stand for all
        person = authenticate(email=account.email, password=account.password)
        assert isinstance(person, Person)
        validate_password(account.password, person)
        code = format_hotp_value(hotp_value(account.totp_secret, next(yield_hotp_counters_from_time())))
        assert TOTP(Authenticator.objects.get(user=person)).validate_code(code)


def test_each_profession_is_seated_in_each_pharmacy_and_one_person_in_both(demonstration: Demonstration) -> None:
    for pharmacy in _pharmacies():
        with tenant_scope(pharmacy.id):
            professions = set(Member.objects.values_list("profession", flat=True))
        assert professions == {profession.value for profession in Profession}

    (locum,) = [account for account in demonstration.accounts if len(account.pharmacies) == 2]
    assert len(pharmacies_of(Person.objects.get(email=locum.email).id)) == 2


@pytest.mark.usefixtures("demonstration")
def test_every_kind_of_the_counter_has_a_lot_and_one_lot_has_expired_while_another_soon_will() -> None:
    for pharmacy in _pharmacies():
        with tenant_scope(pharmacy.id):
            member = Member.objects.filter(profession=Profession.TITULAIRE.value).get()
        seat = take_seat(person_id=member.person_id, pharmacy_id=pharmacy.id)
        assert all(lots_in_stock(by=seat, kind=kind.code) for kind in counter_kinds())
        expiries = sorted(lot.expiry for lot in page_of_lots(by=seat, page=0)[0])
        today = today_in(HOUSE)
        assert expiries[0] < today < expiries[1] < today + timedelta(days=7)


@pytest.mark.usefixtures("demonstration")
def test_forty_patients_are_kept_with_identities_that_pass_the_checks_of_the_counter() -> None:
    found = []
    for pharmacy in _pharmacies():
        with tenant_scope(pharmacy.id):
            found += [patient.traits for patient in Patient.objects.all()]

    assert len(found) == COUNT == 40
    assert sum(bool(traits.nir) for traits in found) > 20
    assert all(check_nir(traits.nir) == traits.nir for traits in found if traits.nir)


def test_the_codes_handed_out_are_those_of_patients_with_an_e_mail(demonstration: Demonstration) -> None:
    assert len(demonstration.letters) > 15
    for letter in demonstration.letters:
        assert letter.email.endswith("@example.org")
        assert len(normalise_code(letter.code)) == 10


def test_the_same_people_are_invented_each_time_and_reach_nobody() -> None:
    people = invent_patients()

    assert people == invent_patients()
    for raw in people:
        traits = check_traits(raw)
        assert traits.phone.startswith(("+3363998", "+3326191"))
        assert not traits.email or traits.email.endswith("@example.org")
    assert len({(raw["birth_family_name"], raw["birth_given_names"]) for raw in people}) == COUNT


def test_passwords_differ_between_installations_and_meet_the_rule() -> None:
    passwords = {make_password() for _ in range(20)}

    assert len(passwords) == 20
    for password in passwords:
        validate_password(password)


def test_each_pharmacy_has_appointments_to_come_whose_forms_open(demonstration: Demonstration) -> None:
    with take_role("temoin_portal"):
        take_appointments(demonstration.posters)

    for pharmacy in _pharmacies():
        with tenant_scope(pharmacy.id):
            member = Member.objects.filter(profession=Profession.TITULAIRE.value).get()
        seat = take_seat(person_id=member.person_id, pharmacy_id=pharmacy.id)
        found = appointments_to_come(by=seat)
        assert len(found) == len(AHEAD)
        assert all(read_arrival(by=seat, arrival_id=one.id).filled for one in found[:2])
