"""Authority against events: who is who, who may what, whose a record is, how a parcel ended; differences are named."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from people import TRAITS, House, make_lot, make_patient, make_program, make_sampled, make_signed, open_house
from sealed_journal import Journal, as_sealer

from temoin.catalogue.kinds import load_kinds
from temoin.intake.whole import CalledResult, take_results
from temoin.lib.clock import now
from temoin.patients.notice import CURRENT_NOTICE
from temoin.patients.traits import check_traits
from temoin.pharmacies.actions import close_pharmacy
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import today
from temoin.pharmacies.team import change_profession, depart_member, resume_member, suspend_member
from temoin.testing.actions import start_reading, take_sample, undo_sample, undo_start
from temoin.testing.authority import compare_authority
from temoin.testing.sample import Reading, Sample, Start
from temoin.testing.sent import SentAs
from temoin.testing.waiting import WaitMark, mark_waiting
from temoin.testing.whole import WholeTest

sys.path.append(str(Path(__file__).parents[2] / "drill"))
import tamperings
from tamperings import Scene


@pytest.fixture
def house(empty: Journal) -> House:  # noqa: ARG001 the database first
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    make_patient(house.owner, family_name="BERNARD")
    return house


def found() -> list[str]:
    with as_sealer():
        return [one.note.partition(" ")[0] for one in compare_authority()]


@pytest.mark.usefixtures("house")
def test_what_the_acts_made_is_clean_before_and_after_its_seal(empty: Journal):
    assert found() == []
    empty.seal()
    assert found() == []


def test_every_change_of_a_place_is_vouched_for(house: House):
    here, member = house.owner, house.colleague.member_id
    suspend_member(by=here, member_id=member)
    resume_member(by=here, member_id=member)
    depart_member(by=here, member_id=member, last_day=today(house.here.id) + timedelta(days=9))
    change_profession(by=here, member_id=member, profession=Profession.STUDENT, rpps="")

    assert found() == []


def test_every_act_before_a_result_is_vouched_for(house: House):
    here, lot_id = house.owner, make_lot(house.owner, number="B2")
    undone, again = (make_sampled(here, make_patient(here), lot_id) for _ in range(2))
    for record_id in (undone, again):
        undo_sample(by=here, record_id=record_id, seen="")
    mark_waiting(by=here, record_id=undone, mark=WaitMark.CALLED, seen="")
    take_sample(by=here, record_id=again, sample=Sample("nasal-swab", now(), lot_id), seen="")
    start_reading(by=here, record_id=again, start=Start(now()), seen="")
    undo_start(by=here, record_id=again, seen="")

    assert found() == []


def test_what_a_program_hands_in_together_is_vouched_for(house: House):
    here, lot_id = house.owner, make_lot(house.owner, number="C3")
    program = ProgramSeat(here.pharmacy_id, make_program(here), "LGO", tuple(Scope))
    handed = [called_result(f"N-{number}", lot_id) for number in range(5)]

    assert all(not isinstance(fate, Exception) for fate in take_results(by=program, results=handed))
    assert found() == []


def called_result(number: str, lot_id: UUID) -> CalledResult:
    """Return a result of somebody of that number, whose kit was started."""
    kind, at = load_kinds()["covid19-ag"], now()
    person = check_traits({**TRAITS, "birth_family_name": f"FOULE{chr(65 + int(number[-1])) * 3}", "nir": ""})
    test = WholeTest(
        kind=kind,
        notice_version=CURRENT_NOTICE,
        sample=Sample("nasopharyngeal-swab", at - timedelta(minutes=20), lot_id),
        start=Start(at - timedelta(minutes=16)),
        reading=Reading({"sars-cov-2": "negative"}, at),
        said=SentAs(key=number, fixed="fixed", read="read"),
    )
    return CalledResult(number=number, person=person, put_aside=(), test=test)


def test_a_closed_pharmacy_suspends_everybody_by_one_event(house: House):
    close_pharmacy(by=Operator(house.here.id))

    assert found() == []


@pytest.mark.parametrize(
    ("deed", "named"),
    [
        (tamperings.make_a_member_another_person, "pharmacies_member signin_person"),
        (tamperings.make_a_member_an_owner, "pharmacies_member"),
        (tamperings.slip_a_member_in, "pharmacies_member"),
        (tamperings.delete_all_consents, "test"),
        (tamperings.give_a_test_to_another_patient, "testing_record"),
        (tamperings.merge_two_patients_unseen, "patients_patient testing_record"),
        (tamperings.end_a_parcel_otherwise, "parcel"),
    ],
)
@pytest.mark.usefixtures("house")
def test_who_writes_in_the_database_is_named(empty: Journal, deed: Callable[[Scene], None], named: str):
    empty.seal()

    deed(Scene(empty.superuser, empty.signer, Random(1)))  # noqa: S311 not a secret

    first, *others = named.split()
    assert found()[0] == first
    assert set(found()) <= {first, *others}  # as chance would have it: of a patient without tests, only the first


@pytest.mark.usefixtures("house")
def test_an_accepted_parcel_turned_to_refused_is_named(empty: Journal):
    empty.superuser.execute("SET session_replication_role = replica")
    empty.superuser.execute(
        "INSERT INTO outbox_attempt (pharmacy_id, id, parcel_id, number, at, verdict, sealed) "
        "SELECT pharmacy_id, gen_random_uuid(), id, 1, now(), 'accepted', '' FROM outbox_parcel"
    )
    empty.superuser.execute("UPDATE outbox_parcel SET state = 'accepted', settled_at = now()")
    assert found() == []

    empty.superuser.execute(
        "UPDATE outbox_parcel SET state = 'refused' WHERE id = (SELECT id FROM outbox_parcel LIMIT 1)"
    )

    assert found() == ["parcel"]
