"""The people of the tests: the owner, the colleague, the student, the stranger from another pharmacy.

Plain functions, for any test that has a database: `open_house()` makes two pharmacies and their people,
`sign_in(client, person)` gives a client the session that password and second factor would have given it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY
from allauth.account.internal.userkit import user_id_to_str
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey
from patience import PATIENCE
from stdnum import luhn

from temoin.catalogue.actions import receive_lot
from temoin.catalogue.controls import ControlLevel, load_controls
from temoin.catalogue.kits import load_kits
from temoin.catalogue.lots import record_control
from temoin.crypto.platform import seal_platform_secrets
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import TemoinError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.models import Attempt, Parcel, Sides
from temoin.outbox.queries import parcel_view
from temoin.patients.actions import CURRENT_NOTICE, amend_patient, register_patient
from temoin.patients.models import Patient, nir_indexes
from temoin.patients.queries import traits_of
from temoin.patients.second_record import Asked
from temoin.patients.traits import Traits, check_traits
from temoin.pharmacies.actions import open_pharmacy, seat_members
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.newcomer import Newcomer
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.programs import add_program, issue_token
from temoin.pharmacies.seat import Seat, seat_of
from temoin.signin.models import PASSWORD as PASSWORD_USE
from temoin.signin.models import Person
from temoin.signin.own_secrets import purpose_of
from temoin.testing.actions import register_test, take_sample
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import sign_result

PASSWORD = "Un-Mot-de-passe-0fficine!"
TOTP_STEP, TYPING = 30, 3.0  # seconds: for which a code holds, and that a browser may take to send it
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
COVID = "covid19-ag"
COVID_KIT = "abbott-panbio-covid19"  # read between the 15th and the 20th minute
TRIPLEX = "covid19-flu-rsv-ag"
# A patient who has everything: the fictitious one of the ANS examples.
TRAITS: Mapping[str, str] = {
    "birth_family_name": "PAT-TROIS",
    "birth_given_names": "DOMINIQUE MARIE-LOUISE",
    "sex": "F",
    "birth_date": "28/03/1979",
    "birth_place": "51215",
    "used_given_name": "Dominique",
    "nir": "2 79 03 51 215 189 89",
    "phone": "06 12 34 56 78",
    "email": "dominique@patient.example",
    "street": "28 avenue de Breteuil",
    "postcode": "75007",
    "city": "PARIS",
}

NEWCOMER = Newcomer(
    family_name="GARNIER",
    given_name="Léa",
    email="lea.garnier@officine.example",
    profession=Profession.ADJOINT,
    rpps="10003879649",
)

_finess = count(75_000_001)
_emails = count(1)


@dataclass(frozen=True)
class House:
    """Two pharmacies: `here` with four people, `elsewhere` with the stranger."""

    here: Pharmacy
    elsewhere: Pharmacy
    owner: Seat  # pharmacien titulaire
    colleague: Seat  # préparatrice: everything but signing
    student: Seat  # may neither print nor receive lots
    administrator: Seat  # works here, and may touch no patient
    stranger: Seat  # pharmacien titulaire of the other pharmacy


def open_house(*, is_demo: bool = True) -> House:
    """Open two pharmacies and seat their people."""
    names = "Pharmacie du Marché", "Pharmacie de la Gare"
    here, elsewhere = (make_pharmacy(name, is_demo=is_demo) for name in names)
    owner, colleague, student, administrator = _make_seats(
        here,
        (Profession.TITULAIRE, _names("MARTIN", "Claire", "10003879623")),
        (Profession.PREPARATEUR, _names("PETIT", "Lucas")),
        (Profession.STUDENT, _names("ROUX", "Inès")),
        (Profession.ADMINISTRATOR, _names("BLANC", "Paul")),
    )
    (stranger,) = _make_seats(elsewhere, (Profession.TITULAIRE, _names("LEROY", "Hugo", "10003879631")))
    return House(here, elsewhere, owner, colleague, student, administrator, stranger)


def _names(family_name: str, given_name: str, rpps: str = "") -> dict[str, str]:
    return {"family_name": family_name, "given_name": given_name, "rpps": rpps}


def _make_seats(pharmacy: Pharmacy, *places: tuple[Profession, dict[str, str]]) -> list[Seat]:
    """Seat new people, all at once: nearly every test begins with it."""
    persons = Person.objects.bulk_create(_new_persons(len(places)))
    return _seats(pharmacy, dict(zip([person.id for person in persons], places, strict=True)))


def _seats(pharmacy: Pharmacy, people: dict[UUID, tuple[Profession, dict[str, str]]]) -> list[Seat]:
    with tenant_scope(pharmacy.id):
        return [seat_of(member) for member in seat_members(pharmacy_id=pharmacy.id, people=people)]


def make_pharmacy(name: str, *, is_demo: bool = True) -> Pharmacy:
    """Open a pharmacy, of a demonstration unless told."""
    address = {"street": "3 place du Marché", "postcode": "75001", "city": "Paris", "phone": "+33140000000"}
    number = str(next(_finess))
    return open_pharmacy(finess=number + luhn.calc_check_digit(number), name=name, address=address, is_demo=is_demo)


def make_person() -> Person:
    """Make an account with PASSWORD and no second factor yet."""
    (person,) = _new_persons(1)
    person.save()
    return person


def _new_persons(number: int) -> list[Person]:
    persons = [Person(email=f"personne{next(_emails)}@officine.example") for _ in range(number)]
    sealed = seal_platform_secrets({purpose_of(PASSWORD_USE, person.id): _hashed() for person in persons})
    for person, password in zip(persons, sealed, strict=True):
        person.password = password
    return persons


@cache
def _hashed() -> str:
    """Hash PASSWORD once: Argon2id is slow on purpose, and every test makes five people."""
    return make_password(PASSWORD)


def make_seat(
    pharmacy: Pharmacy,
    profession: Profession,
    *,
    family_name: str = "DURAND",
    given_name: str = "Alice",
    rpps: str = "",
    person: Person | None = None,
) -> Seat:
    """Seat a person (a new one unless given) in a pharmacy."""
    person = person or make_person()
    (seat,) = _seats(pharmacy, {person.id: (profession, _names(family_name, given_name, rpps))})
    return seat


def suspend(seat: Seat) -> None:
    """Take a person's place away, for now."""
    by = Operator(seat.pharmacy_id)
    with act(by=by, kind=EventKind.MEMBER_SUSPENDED, subject_kind="member", subject_id=seat.member_id) as commit:
        commit.reseal(Member.objects.get(id=seat.member_id), is_active=False)


def person_of(seat: Seat) -> Person:
    """Return the account behind a seat."""
    return Person.objects.get(id=seat.person_id)


def set_up_totp(person: Person) -> None:
    """Give an account its second factor, with TOTP_SECRET."""
    TOTP.activate(person, TOTP_SECRET)


def totp_code(secret: str = TOTP_SECRET) -> str:
    """Return the code that an authenticator shows now; one about to change is let go, since the page needs a moment."""
    left = TOTP_STEP - time.time() % TOTP_STEP
    if left < TYPING:
        time.sleep(left)
    present = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, present[len(present) // 2]))


def sign_in(client: Client, seat: Seat, *, second_factor: bool = True) -> Client:
    """Give the client the session of this person at work in this pharmacy."""
    person = person_of(seat)
    client.force_login(person)
    session = client.session
    records: list[dict[str, object]] = [{"method": "password", "at": time.time()}]
    if second_factor:
        records.append({"method": "mfa", "type": "totp", "at": time.time()})
        session["pharmacy_id"] = str(seat.pharmacy_id)
    session[AUTHENTICATION_METHODS_SESSION_KEY] = records
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(person)
    session.save()
    return client


def opened_attempt(attempt: Attempt) -> dict[str, Any]:
    """Return all that a try left, both sides included as long as they are kept; in its pharmacy's scope."""
    sides = Sides.objects.filter(id=attempt.id).first()
    return {"detail": "", "sent": "", "came": "", **attempt.unseal(), **(sides.unseal() if sides else {})}


def make_lot(
    by: Seat, *, kit: str = COVID_KIT, number: str = "A12345", expiry: date | None = None, udi: str = ""
) -> UUID:
    """Receive a lot, good for 200 days unless told, and run the controls that its kit asks for."""
    last = expiry or today_in(HOUSE) + timedelta(days=200)
    lot_id = receive_lot(by=by, kit=kit, number=number, expiry=last, udi=udi)
    if load_controls().rule_of(load_kits().kits[kit]):
        run_controls(by, lot_id)
    return lot_id


def run_controls(by: Seat, lot_id: UUID) -> None:
    """Run both controls of a lot that had none yet, as they should be."""
    for seen, level in enumerate(ControlLevel):
        record_control(by=by, lot_id=lot_id, level=level, is_right=True, expected_controls=seen)


def make_patient(by: Seat, **changes: str) -> UUID:
    """Register a patient; a second one of the same traits has no NIR, which stands on one record only."""
    with tenant_scope(by.pharmacy_id):
        known = Patient.objects.filter(nir_index__in=nir_indexes(check_traits(TRAITS).nir)).exists()
    nir = {"nir": ""} if known else {}
    return register_patient(by=by, traits=check_traits({**TRAITS, **nir, **changes}), put_aside=Asked.NOBODY)


def make_test(by: Seat, patient_id: UUID, *, kind: str = COVID) -> UUID:
    """Register a test."""
    return register_test(by=by, patient_id=patient_id, kind=kind, notice_version=CURRENT_NOTICE)


def make_sampled(by: Seat, patient_id: UUID, lot_id: UUID, *, minutes_ago: int = 16) -> UUID:
    """Register a COVID test sampled some minutes ago: at sixteen, it can be read."""
    record_id = make_test(by, patient_id)
    sample = Sample(specimen="nasopharyngeal-swab", sampled_at=now() - timedelta(minutes=minutes_ago), lot_id=lot_id)
    take_sample(by=by, record_id=record_id, sample=sample, seen="")
    return record_id


def make_signed(by: Seat, patient_id: UUID, lot_id: UUID, *, outcome: str = "negative") -> UUID:
    """Register, sample and sign a COVID test."""
    record_id = make_sampled(by, patient_id, lot_id)
    sign_result(by=by, record_id=record_id, reading=Reading(outcomes={"sars-cov-2": outcome}, read_at=now()), seen="")
    return record_id


def make_program(by: Seat, key: ECKey | None = None) -> UUID:
    """Give a program access, without any scope."""
    key = key or ECKey.generate_key("P-256")
    return add_program(by=by, name="LGO", public_key=key.as_pem(private=False).decode(), scopes=())


def make_token(by: Seat) -> str:
    """Give a program access, and get it a token."""
    key = ECKey.generate_key("P-256")
    program_id = make_program(by, key)
    issuer, moment = f"{by.pharmacy_id}.{program_id}", int(now().timestamp())
    claims = {"iss": issuer, "sub": issuer, "aud": "test", "jti": str(program_id), "exp": moment + 60}
    signed = jwt.encode({"alg": "ES256"}, claims, key)
    return issue_token(assertion=signed, audiences=["test"], scope="", certificate=b"").text


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do several things at the same moment, each on its own connection; return what each gave, or its error."""
    start, found = Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait(timeout=PATIENCE)
            found.append(act())
        except TemoinError as error:
            found.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)
    return found


def change_patient(*, by: Seat, patient_id: UUID, traits: Traits) -> None:
    """Amend a patient as whoever has just seen the record does."""
    with tenant_scope(by.pharmacy_id):
        seen = traits_of(patient_id).seen_version
    amend_patient(by=by, patient_id=patient_id, traits=traits, expected_version=seen)


def seen_parcel(by: Seat, parcel_id: UUID) -> str:
    """Return the version of a parcel that a person sees now; "open" for one that they cannot see."""
    with tenant_scope(by.pharmacy_id):
        parcel = Parcel.objects.filter(id=parcel_id).first()
    return parcel_view(parcel, {}).seen_version if parcel else "open"
