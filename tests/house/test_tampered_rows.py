"""Whoever writes in the database becomes nobody else: each attack is done as the superuser, and the product refuses.

One table: the rows that are changed, how, and who meets it. Each ends as a broken seal, told as an event with an alarm.
"""

# ruff: noqa: S608 identifiers of the test

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import pytest
from django.db import connection, transaction
from people import (
    NEWCOMER,
    House,
    make_lot,
    make_patient,
    make_sampled,
    make_signed,
    make_test,
    make_token,
    open_house,
)

from temoin.crypto.codes import hash_handed_code
from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.ring import forget_keys
from temoin.journal.alerts import note_broken_seal
from temoin.journal.events import EventKind
from temoin.journal.models import Alert, Event
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Load, Verdict, couriers
from temoin.outbox.queries import attempts_of
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.patients.queries import read_patient
from temoin.pharmacies.invitations import find_offer
from temoin.pharmacies.models import ProgramToken
from temoin.pharmacies.programs import list_programs, revoke_program, take_program_seat
from temoin.pharmacies.seat import take_seat
from temoin.pharmacies.team import invite_member, suspend_member, withdraw_invitation
from temoin.signin.workplaces import workplaces_of
from temoin.testing.queries import read_test
from temoin.testing.tickets import read_ticket

MY_CODE = "0123456789ABCDEF"
EMAIL = "email"


Tamper = Callable[[str], None]


@dataclass
class Case:
    """A house where everything exists, by name, as the statements use it."""

    house: House
    ids: dict[str, object]

    def __getitem__(self, name: str) -> UUID:
        found = self.ids[name]
        assert isinstance(found, UUID)
        return found


@pytest.fixture
def case(tamper: Tamper) -> Case:
    house = open_house()
    owner, lot = house.owner, make_lot(house.owner)
    patient, other = make_patient(owner), make_patient(owner, birth_family_name="ROUSSEL")
    invited = invite_member(by=owner, newcomer=NEWCOMER)
    ids: dict[str, object] = {
        "here": house.here.id,
        "elsewhere": house.elsewhere.id,
        "owner": owner.member_id,
        "colleague": house.colleague.member_id,
        "student": house.student.member_id,
        "student_person": house.student.person_id,
        "stranger_person": house.stranger.person_id,
        "patient": patient,
        "other": other,
        "lot": lot,
        "other_lot": make_lot(owner, number="B9"),
        "sampled": make_sampled(owner, patient, lot),
        "signed": make_signed(owner, patient, lot),
        "registered": make_test(owner, other),
        "invitation": invited.id,
        "code": invited.code,
        "my_code": hash_handed_code(MY_CODE).hex(),
    }
    tamper(f"DELETE FROM testing_ticket WHERE record_id = '{ids['registered']}'")  # so that another can take its place
    return Case(house, ids)


def look(record: str) -> Callable[[Case], object]:
    return lambda case: read_test(by=case.house.owner, record_id=case[record])


def ticket(case: Case) -> object:
    return read_ticket(by=case.house.owner, record_id=case["registered"])


def sampled_ticket(case: Case) -> object:
    return read_ticket(by=case.house.owner, record_id=case["sampled"])


def patient(case: Case) -> object:
    return read_patient(by=case.house.owner, patient_id=case["patient"])


def seat(person: str = "student_person", pharmacy: str = "here") -> Callable[[Case], object]:
    return lambda case: take_seat(person_id=case[person], pharmacy_id=case[pharmacy])


def offer(case: Case) -> object:
    return find_offer(code=str(case.ids["code"]))


def my_offer(case: Case) -> object:
    return find_offer(code=f"{case.house.here.finess}-{MY_CODE}")


RECORD, VERSION, TICKET = "testing_record", "testing_record_version", "testing_ticket"
PATIENT, MEMBER, INVITATION = "patients_patient", "pharmacies_member", "pharmacies_invitation"

# Table, what is set, of which row, and who meets it.
CHANGES: dict[str, tuple[str, str, str, Callable[[Case], object]]] = {
    "another patient on a sampled test": (RECORD, "patient_id = '{other}'", "id = '{sampled}'", look("sampled")),
    "another patient on a signed test": (RECORD, "patient_id = '{other}'", "id = '{signed}'", look("signed")),
    "another lot on a sampled test": (RECORD, "lot_id = '{other_lot}'", "id = '{sampled}'", look("sampled")),
    "the result of another test": (VERSION, "record_id = '{sampled}'", "record_id = '{signed}'", look("sampled")),
    "a version under another number": (VERSION, "number = 2", "record_id = '{signed}'", look("signed")),
    "another signer": (VERSION, "signed_by = '{colleague}'", "record_id = '{signed}'", look("signed")),
    "another hour of signature": (
        VERSION,
        "signed_at = signed_at - interval '1 hour'",
        "record_id = '{signed}'",
        look("signed"),
    ),
    "the ticket of another test": (TICKET, "record_id = '{registered}'", "record_id = '{sampled}'", ticket),
    "a value of a version that its table never had": (
        TICKET,
        "sealed = (SELECT sealed FROM testing_record WHERE id = '{sampled}')",
        "record_id = '{sampled}'",
        sampled_ticket,
    ),
    "a patient led to another": (PATIENT, "merged_into = '{other}'", "id = '{patient}'", patient),
    "the traits of another patient": (
        PATIENT,
        "sealed = (SELECT sealed FROM patients_patient WHERE id = '{other}')",
        "id = '{patient}'",
        patient,
    ),
    "another person at a place": (
        MEMBER,
        "person_id = '{stranger_person}'",
        "id = '{owner}'",
        seat("stranger_person"),
    ),
    "a pharmacist made of a student": (MEMBER, "profession = 'titulaire'", "id = '{student}'", seat()),
    "a last day put off": (MEMBER, "last_day = '2100-01-01'", "id = '{student}'", seat()),
    "the place of an owner copied": (
        MEMBER,
        "(profession, sealed) = (SELECT profession, sealed FROM pharmacies_member WHERE id = '{owner}')",
        "id = '{student}'",
        seat(),
    ),
    "a place moved to another pharmacy": (
        MEMBER,
        "pharmacy_id = '{elsewhere}'",
        "id = '{student}'",
        seat(pharmacy="elsewhere"),
    ),
    "a pharmacist made of an invitation": (INVITATION, "profession = 'titulaire'", "id = '{invitation}'", offer),
    "an invitation that lasts": (INVITATION, "expires_at = '2100-01-01'", "id = '{invitation}'", offer),
    "an invitation under a code of one's own": (
        INVITATION,
        "code_hash = '\\x{my_code}'",
        "id = '{invitation}'",
        my_offer,
    ),
}


PROGRAM, TOKEN = "pharmacies_program", "pharmacies_program_token"
# Table, what is set, of which row; the token shown is the program's own, or one that somebody made.
PROGRAMS = {
    "a wider scope": (PROGRAM, "scopes = 'tests:read'", "id = '{program}'"),
    "another voucher": (PROGRAM, "vouched_by = '{colleague}'", "id = '{program}'"),
    "the key of another program": (
        PROGRAM,
        "sealed = (SELECT sealed FROM pharmacies_program WHERE id <> '{program}')",
        "id = '{program}'",
    ),
    "a token that lasts": (TOKEN, "expires_at = '2100-01-01'", "program_id = '{program}'"),
    "a token of one's own": (TOKEN, "token_hash = '\\x{mine}'", "program_id = '{program}'"),
    "the token of another program": (
        TOKEN,
        "program_id = '{program}', token_hash = '\\x{mine}'",
        "program_id <> '{program}'",
    ),
    "a token bound to another certificate": (TOKEN, "certificate = '\\x00'", "program_id = '{program}'"),
}


@pytest.mark.parametrize("attack", PROGRAMS)
def test_a_program_that_says_something_else_is_let_in_for_nothing(case: Case, tamper: Tamper, attack: str):
    owner = case.house.owner
    make_token(owner)
    token = make_token(owner)
    raw = owner.pharmacy_id.bytes + bytes(32)
    with tenant_scope(owner.pharmacy_id):
        held = ProgramToken.objects.get(token_hash=sha256(urlsafe_b64decode(token)).digest())
    values = {**case.ids, "program": held.program_id, "mine": sha256(raw).hexdigest()}
    table, change, where = PROGRAMS[attack]
    tamper(f"UPDATE {table} SET {change} WHERE {where}".format(**values))

    shown = urlsafe_b64encode(raw).decode() if "{mine}" in change else token
    with transaction.atomic(), pytest.raises(SealBrokenError) as met:
        take_program_seat(token=shown, certificate=b"\0" if "certificate" in attack else b"")

    check_told(met.value, table)


def test_a_program_revoked_stays_so_whatever_its_row_says(case: Case, tamper: Tamper):
    token = make_token(case.house.owner)
    (program,) = list_programs(by=case.house.owner)
    revoke_program(by=case.house.owner, program_id=program.id)
    tamper(f"UPDATE pharmacies_program SET state = 'active' WHERE id = '{program.id}'")

    with pytest.raises(SealBrokenError):
        take_program_seat(token=token, certificate=b"")


@pytest.mark.parametrize("attack", CHANGES)
def test_a_row_that_says_something_else_is_refused_and_told(case: Case, tamper: Tamper, attack: str):
    table, change, where, meet = CHANGES[attack]
    if table == VERSION and "sampled" in change:
        tamper(f"UPDATE testing_record SET version = 1, state = 'signed' WHERE id = '{case['sampled']}'")
    tamper(f"UPDATE {table} SET {change} WHERE {where}".format(**case.ids))

    with transaction.atomic(), pytest.raises(SealBrokenError) as met:
        meet(case)

    check_told(met.value, table)


def check_told(error: SealBrokenError, table: str) -> None:
    assert error.row is not None
    pharmacy_id, named, row_id = error.row
    assert named == table
    note_broken_seal(error, origin="page")
    check_event(table, pharmacy_id, subject_id=row_id)


def check_event(table: str, pharmacy_id: UUID, **row: UUID) -> None:
    with tenant_scope(pharmacy_id):
        told = Event.objects.filter(kind=EventKind.SEAL_BROKEN.value, detail=table, **row)
        assert (told.count(), Alert.objects.filter(kind=EventKind.SEAL_BROKEN.value, **row).count()) == (1, 1)


def test_a_suspension_undone_by_hand_gives_no_place_back(case: Case, tamper: Tamper):
    suspend_member(by=case.house.owner, member_id=case["student"])
    tamper(f"UPDATE pharmacies_member SET is_active = true WHERE id = '{case['student']}'")

    with pytest.raises(SealBrokenError):
        seat()(case)


def test_a_place_changed_by_hand_keeps_no_colleague_out_of_pro_sante_connect(case: Case, tamper: Tamper):
    tamper(f"UPDATE pharmacies_member SET profession = 'adjoint' WHERE id = '{case['student']}'")

    found = workplaces_of(rpps=case.house.owner.rpps, finess=[case.house.here.finess])

    assert [place.person_id for place in found] == [case.house.owner.person_id]


def test_a_withdrawn_invitation_opened_again_by_hand_opens_nothing(case: Case, tamper: Tamper):
    withdraw_invitation(by=case.house.owner, invitation_id=case["invitation"])
    tamper(f"UPDATE pharmacies_invitation SET state = 'open' WHERE id = '{case['invitation']}'")

    with pytest.raises(SealBrokenError):
        offer(case)


def test_a_data_key_moved_with_its_rows_opens_them_in_no_other_pharmacy(case: Case, tamper: Tamper):
    moved = "SET pharmacy_id = '{elsewhere}'".format(**case.ids)
    tamper(f"UPDATE crypto_data_key {moved}, number = 99 WHERE pharmacy_id = '{case['here']}' AND purpose <> 'index'")
    tamper(f"UPDATE pharmacies_member {moved} WHERE id = '{case['student']}'")
    forget_keys()

    with pytest.raises(SealBrokenError):
        seat(pharmacy="elsewhere")(case)


@pytest.mark.parametrize("change", ["chain_id = '{sampled}'", "destination = 'sftp'", "key = 'x'"])
def test_the_link_in_a_parcel_goes_to_nobody_else(case: Case, tamper: Tamper, as_role, change: str):
    with as_role("temoin_worker"):
        load = claimed(case)
        with tenant_scope(load.pharmacy_id):
            couriers()[EMAIL].prepare(load)
        settle_parcels([(load, Answer(Verdict.POSTPONED, "later"))])
    tamper(f"UPDATE testing_record SET version = 1, state = 'signed' WHERE id = '{case['sampled']}'")
    tamper(f"UPDATE outbox_parcel SET {change.format(**case.ids)}, due_at = '2000-01-01' WHERE id = '{load.id}'")

    with as_role("temoin_worker"):
        found = [one for name in (EMAIL, "sftp") for one in claim_parcels(name, 10) if one.id == load.id]
        with tenant_scope(load.pharmacy_id), pytest.raises(SealBrokenError):
            couriers()[EMAIL].prepare(found[0])


def claimed(case: Case) -> Load:
    """Claim the parcel that brings the link of the signed result."""
    return next(one for one in claim_parcels(EMAIL, 10) if one.chain_id == case["signed"])


@pytest.mark.parametrize(
    "change", ["verdict = 'accepted'", "parcel_id = gen_random_uuid()", "number = 7", "at = now()"]
)
def test_an_attempt_says_nothing_else(case: Case, tamper: Tamper, as_role, change: str):
    with as_role("temoin_worker"):
        load = claimed(case)
        settle_parcels([(load, Answer(Verdict.REFUSED, "no"))])
    tamper(f"UPDATE outbox_attempt SET {change} WHERE parcel_id = '{load.id}'")

    with tenant_scope(load.pharmacy_id), connection.cursor() as cursor:
        cursor.execute("SELECT parcel_id FROM outbox_attempt WHERE pharmacy_id = %s", [load.pharmacy_id])
        (parcel_id,) = cursor.fetchone()
        assert attempts_of(parcel_id) == []
    check_event("outbox_attempt", load.pharmacy_id)
