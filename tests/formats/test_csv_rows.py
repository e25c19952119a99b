"""One row of a bulk result file: what each cell may hold; anything else is a problem of that cell."""

from __future__ import annotations

import contextlib
import csv
import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from temoin.catalogue.kinds import measured_by
from temoin.catalogue.kits import kits
from temoin.catalogue.outcomes import load_specimens
from temoin.formats.csv import cells
from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.parsing import parse_row
from temoin.formats.csv.problems import CellProblem, FileRefusedError, RowErrors
from temoin.formats.csv.profiles import REQUIRED_COLUMNS
from temoin.formats.csv.reading import read_results
from temoin.formats.csv.rows import EntryAnswer, ResultRow, RowStatus
from temoin.formats.csv.vocabulary import ONE_NAME, folded, states, words
from temoin.lib.text import is_clean
from temoin.testing.report import Sex

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
BIRMINGHAM = ZoneInfo("America/Chicago")

VALUES = {
    "patient_last_name": "Duchêne",
    "patient_first_name": "Ana-María",
    "patient_street": "12 Oak Street",
    "patient_city": "Birmingham",
    "patient_state": "AL",
    "patient_zip_code": "35226",
    "patient_county": "Jefferson",
    "patient_phone_number": "205-999-2800",
    "patient_dob": "1/20/1962",
    "patient_gender": "F",
    "accession_number": "A-1",
    "equipment_model_name": "ID NOW",
    "test_performed_code": "94534-5",
    "test_result": "Detected",
    "order_test_date": "12/20/2021 9:00",
    "test_result_date": "12/20/2021 14:00",
    "specimen_type": "Nasal Swab",
    "ordering_provider_id": "1013012657",
    "ordering_provider_last_name": "Smith MD",
    "ordering_provider_first_name": "John",
    "ordering_provider_street": "400 Main Street",
    "ordering_provider_city": "Birmingham",
    "ordering_provider_state": "AL",
    "ordering_provider_zip_code": "35228",
    "ordering_provider_phone_number": "205-888-2000",
    "testing_lab_clia": "01D1058442",
    "testing_lab_name": "My Testing Lab",
    "testing_lab_street": "300 North Street",
    "testing_lab_city": "Birmingham",
    "testing_lab_state": "AL",
    "testing_lab_zip_code": "35228",
}

IN_FRANCE = {
    "patient_state": "FR",
    "patient_zip_code": "01000",
    "patient_phone_number": "06 12 34 56 78",
    "ordering_provider_state": "fr",
    "ordering_provider_zip_code": "75011",
    "ordering_provider_phone_number": "+33 1 42 34 56 78",
    "testing_lab_state": "FR",
    "testing_lab_zip_code": "75011",
    "testing_lab_clia": "750712184",
}


def good(**changes: str) -> ResultRow:
    row = parse_row(2, {**VALUES, **changes}, CellRules(NOW, DateOrder.MDY))
    assert isinstance(row, ResultRow), row
    return row


def bad(**changes: str) -> list[tuple[str, str]]:
    row = parse_row(2, {**VALUES, **changes}, CellRules(NOW, DateOrder.MDY))
    assert isinstance(row, RowErrors)
    return [(problem.column, problem.code) for problem in row.problems]


def test_a_row_becomes_typed_values():
    row = good()

    assert (row.patient.family_name, row.patient.given_name) == ("Duchêne", "Ana-María")
    assert (row.patient.birth_date, row.patient.sex) == (date(1962, 1, 20), Sex.FEMALE)
    assert row.patient.phone == "+12059992800"
    assert row.patient.address.country == "USA"
    assert row.device.kit is not None
    assert (row.device.kind.code, row.device.target.code) == ("covid19-naat", "sars-cov-2")
    assert (row.outcome, row.specimen) == ("positive", "nasal-swab")
    assert row.ordered.at == datetime(2021, 12, 20, 9, 0, tzinfo=BIRMINGHAM)
    assert (row.status, row.received, row.comment) == (RowStatus.FINAL, None, "")


def test_a_collection_not_given_is_the_order_and_a_release_not_given_is_the_result():
    row = good()

    assert row.collected == row.ordered
    assert row.released == row.tested


@pytest.mark.parametrize("column", [name for name in REQUIRED_COLUMNS if name != "accession_number"])
def test_an_empty_required_cell_is_named(column: str):
    code = "given_names" if column == "patient_first_name" else "missing"
    assert bad(**{column: "  "}) == [(column, code)]


def test_a_person_with_one_name_only_is_told_by_a_word_and_by_no_empty_cell():
    for word in words("single_names"):
        patient = good(patient_first_name=word.upper(), patient_middle_name="").patient
        assert (patient.given_name, patient.middle_name) == ("", "")

    assert folded(ONE_NAME) in words("single_names")
    assert bad(patient_first_name=ONE_NAME, patient_middle_name="Ann") == [("patient_middle_name", "one_name_and_more")]


ABROAD = {"patient_state": "", "patient_county": "", "patient_zip_code": "", "patient_phone_number": "+41 22 700 00 00"}
GENEVA = {"patient_city": "Genève", "patient_zip_code": "1201", "patient_phone_number": "022 700 00 00"}


@pytest.mark.parametrize("written", ["CH", "che", "756", "Suisse", "SWITZERLAND", "Swiss Confederation"])
def test_a_patient_may_live_in_any_country_of_iso_3166(written: str):
    patient = good(**ABROAD | GENEVA, patient_country=written).patient

    assert (patient.address.country, patient.address.postcode, patient.phone) == ("CHE", "1201", "+41227000000")


@pytest.mark.parametrize(
    ("cells", "country"),
    [
        ({}, "USA"),
        ({"patient_country": "United States"}, "USA"),
        ({**ABROAD, "patient_country": "Russie"}, "RUS"),
        ({**ABROAD, "patient_country": "L’Ile Maurice"}, "MUS"),
        ({**ABROAD, "patient_country": "La Réunion", "patient_zip_code": "97400", "patient_state": "RE"}, "REU"),
        ({**ABROAD, "patient_country": "Mexique", "patient_state": "NA"}, "MEX"),
        ({**ABROAD, "patient_country": "Guadeloupe", "patient_zip_code": "97110", "patient_state": "GP"}, "GLP"),
        ({**ABROAD, "patient_country": "Mayotte", "patient_zip_code": "97600", "patient_state": "YT"}, "MYT"),
    ],
)
def test_the_country_is_the_one_named_or_that_of_the_state(cells: dict[str, str], country: str):
    assert good(**cells).patient.address.country == country


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"patient_country": "Atlantis"}, ("patient_country", "country")),
        ({"patient_country": "XX"}, ("patient_country", "country")),
        ({"patient_country": "Corée"}, ("patient_country", "country_shared")),
        ({"patient_country": "Congo"}, ("patient_country", "country_shared")),
        ({"patient_country": "France"}, ("patient_state", "state_of_country")),
        ({"patient_country": "FR", "patient_state": ""}, ("patient_state", "missing")),
        ({"patient_state": "yt", "patient_zip_code": "97600"}, ("patient_state", "state_or_territory")),
        ({"patient_state": "NC", "patient_zip_code": "98800"}, ("patient_state", "state_or_territory")),
        ({**ABROAD, "patient_country": "CH", "patient_zip_code": "12?"}, ("patient_zip_code", "zip_code")),
        ({**ABROAD, "patient_country": "GP", "patient_zip_code": "1201"}, ("patient_zip_code", "zeros_lost")),
        ({**ABROAD, "patient_country": "CH", "patient_phone_number": "1"}, ("patient_phone_number", "phone")),
    ],
)
def test_an_unknown_country_and_an_address_that_is_not_of_it_are_refused(cells: dict[str, str], problem):
    assert problem in bad(**cells)


def test_a_name_that_several_countries_bear_is_refused_with_the_choices():
    row = parse_row(2, {**VALUES, "patient_country": "St Martin"}, CellRules(NOW, DateOrder.MDY))
    assert isinstance(row, RowErrors)
    (problem,) = row.problems

    assert problem.remedy("fr") == (
        "Écrivez l’un d’eux, ou son code\u00a0: Saint-Martin (partie française) (MAF), "
        "Saint-Martin (partie néerlandaise) (SXM)."
    )
    assert problem.message("en") == "Several countries or territories bear this name."


def test_what_rows_have_in_common_is_read_once_and_its_problems_are_told_at_each_row():
    rules = CellRules(NOW, DateOrder.MDY)
    first, other = (parse_row(row, VALUES, rules) for row in (2, 3))
    changed = parse_row(4, {**VALUES, "testing_lab_name": "Another"}, rules)
    damaged = [parse_row(row, {**VALUES, "ordering_provider_zip_code": "x"}, rules) for row in (5, 6)]

    assert (first.laboratory is other.laboratory, first.provider is other.provider) == (True, True)
    assert changed.laboratory.name == "Another"
    assert [[problem.row for problem in row.problems] for row in damaged] == [[5], [6]]


def test_what_is_remembered_of_a_file_is_bounded(monkeypatch):
    monkeypatch.setattr(cells, "_MOST_REPEATED", 3)
    rules = CellRules(NOW, DateOrder.MDY)

    for number in range(20):
        row = parse_row(number, {**VALUES, "ordering_provider_last_name": f"Smith{number}"}, rules)

        assert row.provider.family_name == f"Smith{number}"
        assert len(rules.repeated) <= 3


def test_an_accession_number_may_be_empty_as_in_real_files():
    assert good(accession_number="").accession == ""


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("patient_last_name", "x" * 301, "too_long"),
        ("patient_last_name", "Du\x07pont", "control_character"),
        ("patient_last_name", "Du\npont", "control_character"),
        ("patient_state", "ZZ", "state"),
        ("patient_zip_code", "3522", "zip_code"),
        ("patient_zip_code", "٣٥٢٢٦", "zip_code"),
        ("patient_zip_code", "35226-12", "zip_code"),
        ("patient_phone_number", "123", "phone"),
        ("patient_phone_number", "none at all", "phone"),
        ("patient_phone_number", "12345678901234567", "phone"),
        ("patient_phone_number", "+999 123456789", "phone"),
        ("patient_email", "ana@", "email"),
        ("patient_dob", "20/1/1962", "date"),
        ("patient_dob", "19620230", "date"),
        ("patient_dob", "1962012", "date"),
        ("order_test_date", "202112200460", "date_time"),
        ("order_test_date", "20211220040", "date_time"),
        ("order_test_date", "202112200400-1560", "zone"),
        ("patient_dob", "1962-13-20", "date"),
        ("patient_sex", "garbage", "sex"),
        ("patient_sex", "1", "sex"),
        ("patient_gender", "W", "sex"),
        ("patient_preferred_language", "Elvish", "language"),
        ("patient_last_name", "Zo\u00c3\u00ab", "garbled"),
        ("patient_last_name", "Z\ufffd", "control_character"),
        ("order_test_date", "11/7/2021 1:30", "hour_twice"),
        ("order_test_date", "12/20/2021 13:00 PM", "date_time"),
        ("patient_dob", "١/20/1962", "date"),
        ("patient_dob", "2/30/1962", "date"),
        ("patient_dob", "1/20/62", "birth_year"),
        ("patient_dob", "1/20/1862", "birth_too_old"),
        ("patient_dob", "11/25/2026", "future"),
        ("testing_lab_clia", "01X1058442", "laboratory"),
        ("testing_lab_clia", "750712184", "laboratory"),
        ("testing_lab_phone_number", "x", "phone"),
        ("test_performed_code", "94534-6", "loinc"),
        ("test_performed_code", "covid", "loinc"),
        ("test_performed_code", "883-9", "unknown_test"),
        ("test_performed_code", "94558-4", "unknown_device"),
        ("equipment_model_name", "model3", "unknown_device"),
        ("test_result", "Maybe", "outcome"),
        ("test_result", "373121007", "test_not_done"),
        ("test_result", "Test non réalisé", "test_not_done"),
        ("specimen_type", "1", "specimen"),
        ("order_test_date", "January 31, 2020", "date_time"),
        ("order_test_date", "31/01/2020", "date_time"),
        ("order_test_date", "1/31/2020 25:00", "date_time"),
        ("order_test_date", "1/1/0001", "date_time"),
        ("order_test_date", "12/20/2021 4:00 MARS", "zone"),
        ("order_test_date", "12/20/2021 4:00 localtime", "zone"),
        ("order_test_date", "12/20/2021 4:00 Factory", "zone"),
        ("order_test_date", "12/20/2021 4:00 +14:30", "zone"),
        ("order_test_date", "12/20/2021 4:00 -13:00", "zone"),
        ("order_test_date", "12/20/2021 4:00 CEST", "other_clock"),
        ("order_test_date", "7/1/2021 4:00 CET", "other_clock"),
        ("test_result_date", "12/20/2027", "future"),
        ("test_result_date", "11/24/2026 10:01 UTC", "future"),
        ("test_result_date", "12/20/2021 8:59", "before_collection"),
        ("test_result_date", "12/19/2021", "before_collection"),
        ("order_test_date", "1/19/1962", "before_birth"),
        ("specimen_collection_date", "1/19/1962", "before_birth"),
        ("order_test_date", "3/14/2021 2:30", "skipped_hour"),
        ("illness_onset_date", "12/1/2026", "future"),
        ("illness_onset_date", "soon", "date"),
        ("pregnant", "perhaps", "answer"),
        ("residence_type", "castle", "residence"),
        ("test_result_status", "Q", "status"),
        ("comment", "x" * 2001, "too_long"),
        ("comment", "\x07", "control_character"),
    ],
)
def test_a_damaged_cell_is_the_only_one_named(column: str, value: str, code: str):
    assert bad(**{column: value}) == [(column, code)]


def test_every_problem_of_a_row_is_told():
    found = bad(patient_dob="x", test_result="x", specimen_type="x", icu="x")

    assert found == [
        ("patient_dob", "date"),
        ("test_result", "outcome"),
        ("specimen_type", "specimen"),
        ("icu", "answer"),
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("12/20/2021 4:00 PST", datetime(2021, 12, 20, 12, 0, tzinfo=UTC)),
        ("12/20/2021 4:00 est", datetime(2021, 12, 20, 9, 0, tzinfo=UTC)),
        ("12/20/2021 4:00 UTC", datetime(2021, 12, 20, 4, 0, tzinfo=UTC)),
        ("12/20/2021 4:00 America/Denver", datetime(2021, 12, 20, 11, 0, tzinfo=UTC)),
        ("12/20/2021 4:00 Europe/Paris", datetime(2021, 12, 20, 3, 0, tzinfo=UTC)),
        ("12/20/2021 4:00 cet", datetime(2021, 12, 20, 3, 0, tzinfo=UTC)),
        ("7/1/2021 4:00 CEST", datetime(2021, 7, 1, 2, 0, tzinfo=UTC)),
        ("10/31/2021 2:30 CEST", datetime(2021, 10, 31, 0, 30, tzinfo=UTC)),
        ("10/31/2021 2:30 CET", datetime(2021, 10, 31, 1, 30, tzinfo=UTC)),
        ("7/1/2021 4:00 EST", datetime(2021, 7, 1, 8, 0, tzinfo=UTC)),
        ("12/20/2021 4:00", datetime(2021, 12, 20, 10, 0, tzinfo=UTC)),
        ("12/20/21 9:00", datetime(2021, 12, 20, 15, 0, tzinfo=UTC)),
        ("12/20/2021", datetime(2021, 12, 20, 18, 0, tzinfo=UTC)),
        ("02/03/2021", datetime(2021, 2, 3, 18, 0, tzinfo=UTC)),
        ("12/20/2021 4:00 -0800", datetime(2021, 12, 20, 12, 0, tzinfo=UTC)),
        ("12/20/2021 4:00 +0530", datetime(2021, 12, 19, 22, 30, tzinfo=UTC)),
        ("2021-12-20T04:00-08:00", datetime(2021, 12, 20, 12, 0, tzinfo=UTC)),
        ("2021-12-20T12:00:07Z", datetime(2021, 12, 20, 12, 0, 7, tzinfo=UTC)),
        ("2021-12-20 04:00", datetime(2021, 12, 20, 10, 0, tzinfo=UTC)),
        ("2021-12-20", datetime(2021, 12, 20, 18, 0, tzinfo=UTC)),
        ("12/20/2021 8:00:12 PM", datetime(2021, 12, 21, 2, 0, 12, tzinfo=UTC)),
        ("12/20/2021 12:05 am EST", datetime(2021, 12, 20, 5, 5, tzinfo=UTC)),
        ("12.20.2021 14h05", datetime(2021, 12, 20, 20, 5, tzinfo=UTC)),
        ("202112200400-0800", datetime(2021, 12, 20, 12, 0, tzinfo=UTC)),
        ("202112200400", datetime(2021, 12, 20, 10, 0, tzinfo=UTC)),
        ("20211220", datetime(2021, 12, 20, 18, 0, tzinfo=UTC)),
        (" 2 / 3 / 2021  09 : 05 ", datetime(2021, 2, 3, 15, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_the_zone_it_names_or_that_of_the_laboratory(written: str, expected: datetime):
    row = good(order_test_date=written, test_result_date="12/24/2021")

    assert row.ordered.at == expected


def test_the_zone_is_the_providers_when_the_laboratory_gives_none():
    found = parse_row(2, {**VALUES, "testing_lab_state": "ZZ"}, CellRules(NOW, DateOrder.MDY))

    assert isinstance(found, RowErrors)
    assert [problem.column for problem in found.problems] == ["testing_lab_state"]


def test_a_french_row_is_read_with_french_rules_and_paris_time():
    row = good(**IN_FRANCE)

    assert row.ordered.at == datetime(2021, 12, 20, 8, 0, tzinfo=UTC)
    assert (row.patient.phone, row.provider.phone) == ("+33612345678", "+33142345678")
    assert (row.patient.address.country, row.patient.address.state) == ("FRA", "FR")
    assert row.laboratory.number == "750712184"


def test_a_canadian_postal_code_is_taken():
    assert good(patient_state="QC", patient_zip_code="H2X 1Y4").patient.address.country == "CAN"


def test_a_day_alone_is_compared_to_the_day_and_today_is_not_the_future():
    today = good(order_test_date="11/24/2026", test_result_date="11/24/2026")

    assert today.tested.at == NOW
    assert good(specimen_collection_date="12/20/2021 16:00", test_result_date="12/20/2021")
    assert not today.tested.has_time


def test_the_key_of_a_day_does_not_depend_on_the_hour_of_reading():
    days = {**VALUES, "order_test_date": "11/24/2026", "test_result_date": "11/24/2026"}
    early = parse_row(2, days, CellRules(NOW, DateOrder.MDY))
    late = parse_row(7, days, CellRules(datetime(2026, 11, 25, 23, 0, tzinfo=UTC), DateOrder.MDY))

    assert isinstance(early, ResultRow)
    assert isinstance(late, ResultRow)
    assert early.natural_key() == late.natural_key()


def test_the_key_is_the_senders_number_and_leaves_the_content_out():
    key = good().natural_key()

    assert good(test_result="Negative", order_test_date="12/20/21 09:00").natural_key() == key
    assert good(patient_first_name="Bea", accession_number=" a-1").natural_key() == key
    assert good(patient_first_name="Bea", accession_number="").natural_key() != key
    assert good(accession_number="A-2").natural_key() != key
    for same, other in (("00124", "124"), ("A\u20111", "A-1"), ("000", "0")):
        assert good(accession_number=same).natural_key() == good(accession_number=other).natural_key()
    assert good(accession_number="A-01").natural_key() != key
    assert good(accession_number="", test_result_date="12/20/2021 15:00").natural_key() != key


@pytest.mark.parametrize(("word", "outcome"), words("outcomes").items())
def test_every_accepted_word_and_code_is_an_outcome(word: str, outcome: str):
    assert good(test_result=word.upper()).outcome == outcome


@pytest.mark.parametrize(
    ("column", "value", "sex"),
    [
        ("patient_gender", "MALE", Sex.MALE),
        ("patient_gender", "f", Sex.FEMALE),
        ("patient_gender", "A", Sex.UNKNOWN),
        ("patient_gender", "", Sex.UNKNOWN),
        ("patient_sex", "M", Sex.MALE),
        ("patient_sex", "Féminin", Sex.FEMALE),
        ("patient_sex", "Fe\u0301minin", Sex.FEMALE),
        ("patient_sex", "FEMME", Sex.FEMALE),
        ("patient_sex", "H", Sex.MALE),
        ("patient_sex", "M.", Sex.MALE),
        ("patient_sex", "Garçon", Sex.MALE),
        ("patient_sex", "Mme", Sex.FEMALE),
        ("patient_sex", "FILLE", Sex.FEMALE),
        ("patient_sex", "Inconnu", Sex.UNKNOWN),
    ],
)
def test_sex_is_one_of_three_and_the_new_column_goes_before_the_old(column: str, value: str, sex: Sex):
    assert good(**{column: value}).patient.sex == sex


@pytest.mark.parametrize(("street", "note"), [("** Homeless **", "homeless"), ("** Unknown / Not Given **", "unknown")])
def test_a_street_not_given_is_a_note_and_not_a_street(street: str, note: str):
    row = good(patient_street=street)

    assert (row.patient.address.lines, row.patient.address_note) == ((), note)


def test_questions_asked_on_entry_are_kept_typed():
    answers = good(
        pregnant="N",
        symptomatic_for_disease="YES",
        illness_onset_date="01/01/1901",
        employed_in_healthcare="unk",
        residence_type="HOSTEL",
        icu="u",
    ).answers

    assert (answers.pregnant, answers.symptomatic, answers.hospitalised) == (EntryAnswer.NO, EntryAnswer.YES, None)
    assert answers.symptoms_since == date(1901, 1, 1)
    assert answers.employed_in_healthcare == answers.in_intensive_care == EntryAnswer.UNKNOWN
    assert answers.residence_snomed == "257628001"
    assert good(residence_type="22232009").answers.residence_snomed == "22232009"


def test_other_optional_values_are_kept():
    row = good(
        patient_id="17",
        patient_middle_name="Luz",
        patient_street2="Suite 4",
        patient_email="ana@example.org",
        patient_preferred_language="Spa",
        testing_lab_phone_number="205-888-2000",
        testing_lab_specimen_received_date="12/20/2021 10:00",
        test_result_status="c",
        comment="  two\n words ",
    )

    assert (row.patient.local_id, row.patient.middle_name, row.patient.language) == ("17", "Luz", "es")
    assert row.patient.address.lines == ("12 Oak Street", "Suite 4")
    assert row.laboratory.phone == "+12058882000"
    assert row.received is not None
    assert (row.status, row.comment) == (RowStatus.CORRECTED, "two words")
    assert good(patient_preferred_language="français").patient.language == "fr"


def test_a_device_outside_the_catalogue_is_taken_for_a_flu_code():
    row = good(equipment_model_name="model3", test_performed_code="5229-0")

    assert row.device.kit is None
    assert row.device.loinc.code == "5229-0"


NAMES = st.text(st.characters(whitelist_categories=("Lu", "Ll", "Lo")), min_size=1, max_size=30).filter(is_clean)
MINUTES = st.integers(26_297_280, 29_453_760).map(lambda minute: datetime.fromtimestamp(minute * 60, UTC))
PAIRS = [(kit.name, loinc) for kit in kits() for loinc in kit.reports if not measured_by(loinc)]


@given(
    family=NAMES,
    given_name=NAMES,
    born=st.dates(date(1900, 1, 1), date(2019, 12, 31)),
    tested=MINUTES,
    pair=st.sampled_from(PAIRS),
    outcome=st.sampled_from(sorted(words("outcomes"))),
    specimen=st.sampled_from(sorted(load_specimens())),
)
def test_any_row_of_valid_values_comes_back_as_it_went_in(
    family: str,
    given_name: str,
    born: date,
    tested: datetime,
    pair: tuple[str, str],
    outcome: str,
    specimen: str,
):
    stamp = f"{tested.month}/{tested.day}/{tested.year} {tested.hour}:{tested.minute:02} UTC"
    changes = {
        "patient_last_name": family,
        "patient_first_name": given_name,
        "patient_dob": f"{born.month}/{born.day}/{born.year}",
        "equipment_model_name": pair[0],
        "test_performed_code": pair[1],
        "test_result": outcome,
        "order_test_date": stamp,
        "test_result_date": stamp,
        "specimen_type": load_specimens()[specimen].snomed,
    }

    row = good(**changes)

    assert (row.patient.family_name, row.patient.given_name) == (family, given_name)
    assert row.patient.birth_date == born
    assert (row.device.device_name, row.device.loinc.code) == pair
    assert (row.outcome, row.specimen) == (words("outcomes")[outcome], specimen)
    assert row.tested.at == tested


CHECKED = [
    "patient_state",
    "patient_zip_code",
    "patient_phone_number",
    "patient_dob",
    "test_performed_code",
    "test_result",
    "order_test_date",
    "test_result_date",
    "specimen_type",
    "testing_lab_clia",
    "test_result_status",
    "icu",
]


@given(st.sampled_from(CHECKED), st.text(max_size=40), st.integers(2, 5))
def test_damaging_one_cell_names_that_column_and_row(column: str, damage: str, place: int):
    value = f"{VALUES.get(column, '')}?{damage}"
    content = io.StringIO()
    writer = csv.writer(content)
    names = [*VALUES, *(name for name in CHECKED if name not in VALUES)]
    writer.writerow(names)
    for row in range(2, 6):
        cells = {**VALUES, column: value} if row == place else VALUES
        writer.writerow([cells.get(name, "") for name in names])
    assume("\0" not in damage)
    assume("\r" not in damage)
    assume(not any(0xD800 <= ord(letter) <= 0xDFFF for letter in damage))

    rows = list(read_results(io.BytesIO(content.getvalue().encode()), rules=CellRules(NOW)))

    wrong = [row for row in rows if isinstance(row, RowErrors)]
    assert [row.row for row in wrong] == [place]
    assert {(problem.row, problem.column) for problem in wrong[0].problems} == {(place, column)}


@given(st.dictionaries(st.sampled_from([*VALUES, "comment", "icu", "residence_type"]), st.text(max_size=50)))
def test_no_cell_makes_a_row_crash(cells: dict[str, str]):
    assert isinstance(parse_row(2, {**VALUES, **cells}, CellRules(NOW, DateOrder.MDY)), (ResultRow, RowErrors))


@given(
    st.sampled_from(["patient_dob", "order_test_date", "test_result_date", "illness_onset_date"]),
    st.from_regex(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}( [0-9]{1,2}:[0-9]{2}( [A-Z]{1,4})?)?", fullmatch=True),
)
def test_no_date_makes_a_row_crash(column: str, value: str):
    assert isinstance(parse_row(2, {**VALUES, column: value}, CellRules(NOW, DateOrder.MDY)), (ResultRow, RowErrors))


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_read_or_refused_as_a_file(content: bytes, after_header: bool):
    header = ",".join(REQUIRED_COLUMNS).encode() + b"\n" if after_header else b""
    rows: list[ResultRow | RowErrors] = []

    with contextlib.suppress(FileRefusedError):
        rows.extend(read_results(io.BytesIO(header + content), rules=CellRules(NOW)))

    assert all(isinstance(row, RowErrors) for row in rows)


def test_every_state_has_a_zone_that_exists():
    for state in states().values():
        assert ZoneInfo(state.zone)
        assert state.country in {"USA", "CAN", "FRA"}


def test_a_problem_is_told_once():
    assert CellProblem(2, "patient_dob", "missing") == CellProblem(2, "patient_dob", "missing")
    assert bad(patient_dob="") == [("patient_dob", "missing")]


@pytest.mark.parametrize("phone", ["205-111-2800", "000-000-0000", "205-99-2800", "+33 6 12 34 56"])
def test_a_number_that_nobody_can_have_is_refused(phone):
    assert bad(patient_phone_number=phone) == [("patient_phone_number", "phone")]


@pytest.mark.parametrize(
    ("code", "postcode", "written", "read"),
    [
        ("FR", "97300", "0594 30 12 34", "+594594301234"),
        ("FR", "97400", "0262 20 12 34", "+262262201234"),
        ("FR", "97500", "41 12 34", "+508411234"),
        ("FR", "75011", "0594 30 12 34", "+594594301234"),
    ],
)
def test_a_number_of_france_is_read_where_its_postcode_dials(code, postcode, written, read):
    changes = {"patient_state": code, "patient_zip_code": postcode, "patient_phone_number": written}

    assert good(**changes).patient.phone == read


@pytest.mark.parametrize("word", ["Prelevement nasal", "PRÉLÈVEMENT NASAL", "prélevement  nasal"])
def test_a_specimen_is_known_with_or_without_its_accents(word):
    assert good(specimen_type=word).specimen == "nasal-swab"
