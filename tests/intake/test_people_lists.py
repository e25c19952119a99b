"""A list of patients taken in: new ones registered, known ones recognised, likely ones shown and never merged."""

from __future__ import annotations

import io
from collections import Counter
from uuid import UUID

import pytest
from people import House, make_patient, make_seat, open_house

from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.profiles import PATIENT_COLUMNS
from temoin.formats.csv.reading import Said
from temoin.formats.csv.template import template_of_patients, written
from temoin.intake.handing import hand_in, put_aside, read_handed, take_file, told_of, try_file
from temoin.intake.held import FileKind
from temoin.intake.people import ListRun, PersonFate, PersonOutcome, import_patients
from temoin.journal.listings import events_showing
from temoin.lib.errors import DeniedError
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import Seat

REGISTERED, KNOWN, NEAR, REFUSED = PersonFate
GOOD = {column.french: column.example for column in PATIENT_COLUMNS}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def a_list(*changes: dict[str, str]) -> bytes:
    return written([list(GOOD), *({**GOOD, **change}.values() for change in changes)])


def take(by: Seat, content: bytes, **words: object) -> list[PersonOutcome]:
    told: list[PersonOutcome] = []
    stream = io.BytesIO(content)
    run = ListRun(is_trial=bool(words.pop("dry_run", False)), put_aside=dict(words.pop("put_aside", {})))
    import_patients(by=by, stream=stream, run=run, tell=told.append, **{"said": Said(), **words})
    return told


def fates(by: Seat, content: bytes, **words: object) -> list[PersonFate]:
    return [outcome.verdict for outcome in take(by, content, **words)]


def count(by: Seat) -> int:
    with tenant_scope(by.pharmacy_id):
        return Patient.objects.count()


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_template_is_taken_and_once(house, lang):
    content = template_of_patients(lang)

    assert fates(house.owner, content, dry_run=True) == [REGISTERED] * 2
    assert count(house.owner) == 0
    assert fates(house.owner, content) == [REGISTERED] * 2
    assert fates(house.owner, content) == [KNOWN] * 2
    assert count(house.owner) == 2


def test_a_likely_record_is_shown_and_a_second_one_made_only_where_a_person_says_so(house):
    take(house.owner, a_list({}))
    slip = a_list({"nom_naissance": "DURANT"})

    (outcome,) = take(house.owner, slip)

    assert (outcome.verdict, count(house.owner)) == (NEAR, 1)
    assert outcome.person.startswith("DURANT Anne Marie · 28/03/1979 · F")
    assert [line.split(" · ")[0] for _, line in outcome.near] == ["DURAND Anne Marie"]
    assert fates(house.owner, slip, put_aside={2: []}) == [NEAR]  # whom nobody saw is not put aside
    assert fates(house.owner, slip, put_aside={2: [known for known, _ in outcome.near]}) == [REGISTERED]
    assert count(house.owner) == 2


def test_a_person_twice_in_a_list_is_one_also_in_a_trial(house):
    twice = a_list({}, {"nom_naissance": "Durand"})

    assert fates(house.owner, twice, dry_run=True) == [REGISTERED, KNOWN]
    assert fates(house.owner, twice) == [REGISTERED, KNOWN]


def test_a_person_with_one_name_only_is_registered_once_and_a_forgotten_one_refused(house):
    forgotten, *single = a_list({"prenoms": ""}), *(a_list({"prenoms": word}) for word in ("Un seul nom", "Onlyname"))

    (refused,) = take(house.owner, forgotten)
    assert [(one.column, one.code) for one in refused.problems] == [("prenoms", "given_names")]
    assert "un seul nom" in refused.problems[0].remedy

    assert [fates(house.owner, one) for one in single] == [[REGISTERED], [KNOWN]]
    with tenant_scope(house.here.id):
        assert Patient.objects.get().traits.name == "DURAND"


def test_a_bad_row_harms_no_other_and_its_reason_is_told(house):
    refused, _good = take(house.owner, a_list({"date_naissance": "28/03/1979"}, {}))

    assert refused.verdict is REFUSED
    assert [(one.column, one.code) for one in refused.problems] == [("date_naissance", "date_iso")]
    assert count(house.owner) == 1


def test_a_list_in_another_program_s_words_is_read_as_it_is_said(house):
    content = a_list({"date_naissance": "28/03/1979"}).replace(b"date_naissance", b"DN")
    with pytest.raises(FileRefusedError, match="missing_columns"):
        take(house.owner, content)

    assert fates(house.owner, content, said=Said(columns={"dn": "patient_dob"})) == [REGISTERED]
    assert fates(house.owner, content, dates=DateOrder.DMY) == [KNOWN]


def test_who_may_not_import_and_a_stranger_take_and_see_nothing(house):
    take(house.owner, a_list({}))

    with pytest.raises(DeniedError):
        take(house.colleague, a_list({}))
    assert fates(house.stranger, a_list({"nom_naissance": "DURANT"})) == [REGISTERED]


def test_a_list_handed_in_is_tried_judged_and_taken(house):
    make_patient(house.owner, birth_family_name="DURAND", birth_given_names="Anne", birth_date="28/03/1979", nir="")
    content = a_list({"nom_naissance": "DURANT", "prenoms": "Anne"}, {"nom_naissance": "PETIT", "prenoms": "Léo"})
    said = {"name": "rdv.csv", "encoding": "", "dates": "", "kind": FileKind.PATIENTS}
    file_id = hand_in(by=house.owner, content=content, **said)
    try_file(by=house.owner, file_id=file_id, start=lambda work: work())
    tried = read_handed(by=house.owner, file_id=file_id)
    assert Counter(tried.counts) == {"near": 1, "registered": 1}
    (told,) = told_of(by=house.owner, held=tried)
    assert told["person"].startswith("DURANT Anne")

    apart = {told["row"]: [UUID(known) for known, _ in told["near"]]}
    put_aside(by=house.owner, file_id=file_id, shown=[2], apart=apart)
    take_file(by=house.owner, file_id=file_id, start=lambda work: work())

    assert read_handed(by=house.owner, file_id=file_id).counts == {"registered": 2}


def test_whoever_looks_at_the_rows_of_a_list_is_said_to_have_seen_the_patients_they_name(house):
    known = make_patient(house.owner, birth_family_name="DURAND", birth_given_names="Anne", birth_date="28/03/1979")
    content = a_list({"nom_naissance": "DURANT", "prenoms": "Anne"}, {"nom_naissance": "PETIT", "prenoms": "Léo"})
    said = {"name": "rdv.csv", "encoding": "", "dates": "", "kind": FileKind.PATIENTS}
    file_id = hand_in(by=house.owner, content=content, **said)
    try_file(by=house.owner, file_id=file_id, start=lambda work: work())
    other = make_seat(house.here, Profession.ADJOINT, rpps="10003879649")

    (row,) = told_of(by=other, held=read_handed(by=other, file_id=file_id), most=100)

    assert [one for one, _ in row["near"]] == [str(known)]
    with tenant_scope(house.here.id):
        assert [event.actor_id for event in events_showing([known])].count(other.member_id) == 1
