"""A row that somebody altered takes no list away: it is named, told once with an alarm, and the others are shown.

One table: what is altered, and the list that meets it. A second one: every loop that opens seals, in the source.
"""

# ruff: noqa: S608 identifiers of the test

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from import_files import allow_laboratories, file_of
from people import (
    NEWCOMER,
    TRAITS,
    House,
    make_lot,
    make_patient,
    make_program,
    make_seat,
    make_signed,
    make_test,
    open_house,
    sign_in,
)
from source_code import Source, places, sources

from temoin.catalogue.lots import recall_lot
from temoin.delivery.recall import list_concerned
from temoin.intake.results import import_results
from temoin.intake.sameness import Sameness
from temoin.journal.events import EventKind
from temoin.journal.models import Alert, Event
from temoin.journal.queries import EventFilter
from temoin.keeping.turning import begin_turn, move_rows, reindex
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.lib.unreadable import unreadable_gathered, unreadable_met
from temoin.outbox.courier import Answer, Consignment, Verdict, couriers
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.outbox.worker import Lane
from temoin.oversight.concerned import Extent, list_persons
from temoin.oversight.journal import names_of_members
from temoin.oversight.review import Oddity, review_reading
from temoin.oversight.statement import read_statement
from temoin.oversight.work_list import read_answers, read_sending
from temoin.patients.queries import near_matches, patients_by_name, patients_by_nir, patients_by_start
from temoin.patients.starts import Beginnings
from temoin.patients.traits import check_traits
from temoin.pharmacies.actions import close_pharmacy
from temoin.pharmacies.models import Member
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.programs import list_programs
from temoin.pharmacies.queries import read_invitations, read_team
from temoin.pharmacies.seat import today
from temoin.pharmacies.team import invite_member
from temoin.pharmacies.zones import zone_of
from temoin.signin.workplaces import workplaces_of
from temoin.testing.lists import list_tests, list_tests_of_patient
from temoin.testing.queries import read_test
from temoin.testing.recent import recent_tests

FHIR = "fhir"
BREAK = "sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)"
Tamper = Callable[[str], None]
AsRole = Callable[[str], AbstractContextManager[None]]


@dataclass
class Case:
    """A house where everything exists twice."""

    house: House
    ids: dict[str, UUID]

    def __getitem__(self, name: str) -> UUID:
        return self.ids[name]


@pytest.fixture
def case(as_role: AsRole) -> Case:
    house = open_house()
    owner, lot = house.owner, make_lot(house.owner)
    patient, other = make_patient(owner), make_patient(owner, birth_given_names="Zoé")
    second = make_seat(house.here, Profession.ADJOINT, family_name="HENRY", rpps="10003879649")
    make_program(second if second.rights >= owner.rights else owner)
    ids = {
        "lot": lot,
        "patient": patient,
        "other": other,
        "signed": make_signed(owner, patient, lot),
        "also_signed": make_signed(owner, patient, lot),
        "opened": make_test(owner, other),
        "invitation": invite_member(by=owner, newcomer=NEWCOMER).id,
        "student": house.student.member_id,
        "owner": owner.member_id,
        "second": second.member_id,
    }
    with as_role("temoin_worker"):
        loads = {load.chain_id: load for load in claim_parcels(FHIR, 10)}
        for name in ("signed", "also_signed"):
            settle_parcels(
                [(loads[ids[name]], Answer(Verdict.ACCEPTED, "http_201", detail="taken", receipt={"id": name}))]
            )
            ids[f"parcel_{name}"] = loads[ids[name]].id
    read_test(by=owner, record_id=ids["also_signed"])  # a look, for the daily review
    return Case(house, ids)


def counter_tests(case: Case) -> list[object]:
    found = list_tests(by=case.house.owner)
    return [row.id for row in (*found.under_way, *found.done)]


def patient_tests(case: Case) -> list[object]:
    return [row.id for row in list_tests_of_patient(by=case.house.owner, patient_id=case["patient"]).done]


def recent(case: Case) -> list[object]:
    return [test.id for test in recent_tests(by=case.house.owner, patient_id=case["patient"])]


def by_name(case: Case) -> list[object]:
    traits = check_traits(TRAITS)
    found = patients_by_name(by=case.house.owner, family_name=traits.birth_family_name, birth_date=traits.birth_date)
    return [patient_id for patient_id, _ in found]


def by_nir(case: Case) -> list[object]:
    return [number for number, _ in patients_by_nir(by=case.house.owner, nir=check_traits(TRAITS).nir)]


def by_start(case: Case) -> list[object]:
    return [number for number, _ in patients_by_start(by=case.house.owner, asked=Beginnings(("pat",)), most=9).first]


def near(case: Case) -> list[object]:
    return [number for number, _ in near_matches(by=case.house.owner, traits=check_traits(TRAITS))]


def team(case: Case) -> list[object]:
    return [one.id for one in read_team(by=case.house.owner)]


def checks_of_team(case: Case) -> list[object]:
    return [one.id for one in read_team(by=case.house.owner) if one.register is not None]


def invitations(case: Case) -> list[object]:
    return [one.id for one in read_invitations(by=case.house.owner)]


def programs(case: Case) -> list[object]:
    return [one.is_vouched for one in list_programs(by=case.house.owner)]


def names(case: Case) -> list[object]:
    return list(names_of_members(by=case.house.owner))


def receipts(case: Case) -> list[object]:
    here = case.house.here.id
    return [line.receipt for line in read_statement(by=case.house.owner, day=today(here)).lines if line.receipt]


def receipts_of_record(case: Case) -> list[object]:
    parcels = read_test(by=case.house.owner, record_id=case["signed"]).parcels
    return [parcel.receipt["id"] for parcel in parcels if parcel.receipt]


def tries(case: Case) -> list[object]:
    return list(read_sending(by=case.house.owner, parcel_id=case["parcel_signed"]).attempts)


def answers(case: Case) -> list[object]:
    return list(read_answers(by=case.house.owner, parcel_id=case["parcel_signed"]))


def review(case: Case) -> list[object]:
    moment = now()
    here = zone_of(case.house.here.id)
    found = review_reading(by=case.house.owner, wanted=EventFilter(moment.astimezone(here).date(), here))
    return [remark for remark in found if remark.oddity is Oddity.OWN_NAME]


def concerned(case: Case) -> list[object]:
    return [number for number, _ in list_persons(by=case.house.owner, extent=Extent()).traits]


def recalled(case: Case) -> list[object]:
    _lot, found = list_concerned(by=case.house.owner, lot_id=case["lot"])
    return [one.name for one in found if one.name]


def at_work_elsewhere(case: Case) -> list[object]:
    return list(workplaces_of(rpps=case.house.owner.rpps, finess=[case.house.here.finess]))


def closing(case: Case) -> list[object]:
    close_pharmacy(by=Operator(case.house.here.id))
    with tenant_scope(case.house.here.id):
        return list(Member.objects.filter(is_active=True).values_list("id", flat=True))


# Where, which row, the list, how many it shows without it; the owner may be asked twice but of the last.
LISTS: dict[str, tuple[str, str, Callable[[Case], list[object]], int]] = {
    "the counter": ("testing_record", "signed", counter_tests, 2),
    "the counter, whose patient": ("patients_patient", "patient", counter_tests, 3),
    "a patient's tests": ("testing_record", "signed", patient_tests, 1),
    "recent tests": ("testing_record", "signed", recent, 1),
    "recent tests, a version": ("testing_record_version", "signed", recent, 2),
    "a search by name": ("patients_patient", "patient", by_name, 1),
    "a search by NIR": ("patients_patient", "patient", by_nir, 0),
    "a search by a beginning": ("patients_patient", "patient", by_start, 1),
    "near matches": ("patients_patient", "patient", near, 1),
    "the team": ("pharmacies_member", "student", team, 4),
    "the team, a number": ("pharmacies_register_check", "owner", checks_of_team, 1),
    "the invitations": ("pharmacies_invitation", "invitation", invitations, 0),
    "the programs": ("pharmacies_member", "owner", programs, 1),
    "names in the journal": ("pharmacies_member", "student", names, 4),
    "the statement of a day": ("outbox_attempt", "parcel_signed", receipts, 1),
    "the sendings of a test": ("outbox_attempt", "parcel_signed", receipts_of_record, 0),
    "the tries of a sending": ("outbox_attempt", "parcel_signed", tries, 0),
    "the answers to a sending": ("outbox_sides", "parcel_signed", answers, 0),
    "the daily review": ("patients_patient", "patient", review, 0),
    "persons concerned by a breach": ("patients_patient", "patient", concerned, 1),
    "persons of a recall, whose patient": ("patients_patient", "patient", recalled, 2),
    "persons of a recall, a version": ("testing_record_version", "signed", recalled, 2),
    "persons of a recall, a record": ("testing_record", "signed", recalled, 1),
    "places of a professional": ("pharmacies_member", "student", at_work_elsewhere, 1),
}
COLUMN = {
    "testing_record_version": "record_id",
    "outbox_attempt": "parcel_id",
    "outbox_sides": "parcel_id",
    "pharmacies_register_check": "subject_id",
}


def broken(case: Case, tamper: Tamper, table: str, name: str) -> UUID:
    """Alter one row, and return its number."""
    tamper(f"UPDATE {table} SET {BREAK} WHERE {COLUMN.get(table, 'id')} = '{case[name]}'")
    return case[name]


def check_told_once(case: Case, table: str) -> None:
    with tenant_scope(case.house.here.id):
        told = Event.objects.filter(kind=EventKind.SEAL_BROKEN.value, detail=table)
        assert (told.count(), Alert.objects.filter(kind=EventKind.SEAL_BROKEN.value).count()) == (1, 1)


@pytest.mark.parametrize("name", LISTS)
def test_a_broken_row_takes_no_list_away(case: Case, tamper: Tamper, name: str):
    table, which, ask, others = LISTS[name]
    broken(case, tamper, table, which)

    with unreadable_gathered():
        assert (len(ask(case)), len(ask(case))) == (others, others)
        assert [row.table for row in unreadable_met()] == [table]

    check_told_once(case, table)


def test_a_broken_place_keeps_no_pharmacy_open(case: Case, tamper: Tamper):
    broken(case, tamper, "pharmacies_member", "student")

    assert closing(case) == [case["student"]]

    check_told_once(case, "pharmacies_member")


def test_a_broken_version_holds_up_no_other_of_its_batch(case: Case, tamper: Tamper, as_role: AsRole):
    owner = case.house.owner
    make_signed(owner, case["other"], make_lot(owner, number="B7"))
    tamper("UPDATE outbox_parcel SET state = 'waiting', settled_at = NULL, due_at = '2000-01-01', lease_until = NULL")
    broken(case, tamper, "testing_record_version", "signed")

    with as_role("temoin_worker"):
        ready = Lane(couriers()[FHIR], None)._prepare(claim_parcels(FHIR, 10))  # type: ignore[arg-type] never stopped

    assert sorted(isinstance(one, Consignment) for _, one in ready) == [False, True, True]
    check_told_once(case, "testing_record_version")


def test_a_file_is_taken_in_beside_a_patient_that_cannot_be_read(case: Case, tamper: Tamper):
    allow_laboratories(case.house.owner)
    first = import_results(by=case.house.owner, stream=file_of({}), dry_run=False, tell=lambda _row: None)
    tamper(
        f"UPDATE testing_record_version SET {BREAK} WHERE record_id IN "
        "(SELECT id FROM testing_record WHERE source_index IS NOT NULL)"
    )

    told = []
    again = import_results(
        by=case.house.owner, stream=file_of({}, {"accession_number": "A-2"}), dry_run=False, tell=told.append
    )

    assert (first[Sameness.STORED], again[Sameness.STORED], again[Sameness.REFUSED]) == (1, 1, 1)
    assert [problem.code for row in told for problem in row.problems] == ["unreadable"]
    check_told_once(case, "testing_record_version")


def test_keys_are_turned_round_a_row_that_does_not_open(case: Case, tamper: Tamper, as_role: AsRole):
    broken(case, tamper, "patients_patient", "patient")

    with as_role("temoin_keeper"):
        begin_turn(case.house.here.id)
        move_rows(case.house.here.id, lambda _line: None)
        reindex(case.house.here.id, lambda _line: None)

    check_told_once(case, "patients_patient")


def test_the_page_names_the_row_and_whom_to_call_and_shows_the_others(case: Case, tamper: Tamper):
    record_id = broken(case, tamper, "testing_record", "signed")
    browser = sign_in(Client(headers={"accept-language": "fr"}), case.house.owner)

    page = browser.get("/").content.decode()

    assert str(record_id) in page
    assert "Appelez l’exploitant de Témoin" in page
    assert str(case["also_signed"]) in page


def test_a_letter_of_recall_is_written_to_a_patient_whose_record_does_not_open(case: Case, tamper: Tamper):
    recall_lot(by=case.house.owner, lot_id=case["lot"], reference="FSCA 2026-11")
    broken(case, tamper, "patients_patient", "patient")
    browser = sign_in(Client(), case.house.owner)

    letters = browser.get(reverse("recall_letters", args=[case["lot"]])).content.decode()

    assert letters.count(TRAITS["birth_family_name"]) >= 2


def test_the_page_of_the_row_itself_says_so_in_plain_words(case: Case, tamper: Tamper):
    record_id = broken(case, tamper, "testing_record", "signed")
    browser = sign_in(Client(headers={"accept-language": "fr"}, raise_request_exception=False), case.house.owner)

    answer = browser.get(f"/tests/{record_id}/")

    assert answer.status_code == 500
    assert "Ceci ne peut pas être lu" in answer.content.decode()
    assert str(record_id) in answer.content.decode()
    check_told_once(case, "testing_record")


def test_what_one_page_could_not_open_is_not_shown_on_the_next(case: Case, tamper: Tamper):
    broken(case, tamper, "testing_record", "signed")
    browser = sign_in(Client(), case.house.owner)

    assert [b"banner error" in browser.get(page).content for page in ("/", "/lots/")] == [True, False]


# In the source: no loop opens a seal but through `each_opened`, or it is one act, which is done whole or not at all.
OPENING = {"unseal", "traits", "report"}
WHOLE = {
    "testing/queries.py": "the versions of one test: an older one must not pass for the latest",
    "testing/sent.py": "the one test of a result that is sent again: broken, it must not pass for a new one",
    "intake/runs.py": "what is stored of a row decides about it: the rows are then taken one by one",
}


def _loops(source: Source) -> Iterator[ast.AST]:
    """Yield the loops and comprehensions in which what is gone through is opened."""
    for node in source.nodes(ast.For, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp):
        targets = [node.target] if isinstance(node, ast.For) else [one.target for one in node.generators]  # type: ignore[attr-defined]
        names = {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        for one in ast.walk(node):
            if isinstance(one, ast.Attribute) and one.attr in OPENING and _name(one.value) in names:
                yield node
                break


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def test_no_loop_opens_seals_without_setting_the_broken_one_apart():
    found = [(source, node) for source in sources() for node in _loops(source) if source.path not in WHOLE]

    assert places(iter(found)) == []
