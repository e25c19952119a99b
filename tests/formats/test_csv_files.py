"""Bulk result files as a whole: what is taken, what is refused, and in which words."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from import_files import GIVEN_AND_ACCEPTED, GIVEN_AND_CONTRADICTED, GIVEN_FILES

from temoin.formats.csv import reading, tables
from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.file_messages import FILE_MESSAGES
from temoin.formats.csv.messages import ROW_MESSAGES
from temoin.formats.csv.problems import CellProblem, FileRefusedError, RowErrors
from temoin.formats.csv.profiles import NOT_KEPT_COLUMNS, OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from temoin.formats.csv.reading import read_results
from temoin.formats.csv.rows import ResultRow

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

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
    "testing_lab_name": "My Testing Lab, Downtown",
    "testing_lab_street": "300 North Street",
    "testing_lab_city": "Birmingham",
    "testing_lab_state": "AL",
    "testing_lab_zip_code": "35228",
}


def written(rows: Sequence[Sequence[str]], *, end: str = "\r\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def a_file(*changes: dict[str, str], columns: Sequence[str] = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)) -> bytes:
    rows = [{**VALUES, **change} for change in changes]
    return written([list(columns), *([row.get(name, "") for name in columns] for row in rows)])


def read(content: bytes) -> list[ResultRow | RowErrors]:
    return list(read_results(io.BytesIO(content), rules=CellRules(NOW)))


def refused(content: bytes) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as error:
        read_results(io.BytesIO(content), rules=CellRules(NOW))
    return error.value


def test_the_files_given_with_the_format_are_read_as_their_makers_say():
    for name, count in GIVEN_AND_ACCEPTED.items() if GIVEN_FILES.is_dir() else ():
        rows = read((GIVEN_FILES / name).read_bytes())

        assert [type(row) for row in rows] == [ResultRow] * count, name
        apart = count - GIVEN_AND_CONTRADICTED.get(name, 0)
        assert len({row.natural_key() for row in rows if isinstance(row, ResultRow)}) == apart


def test_the_file_of_invalid_values_is_one_row_with_a_problem_for_each_of_them():
    for name in ["invalid-values.csv"] if GIVEN_FILES.is_dir() else []:
        (row,) = read((GIVEN_FILES / name).read_bytes())

        assert isinstance(row, RowErrors)
        assert {problem.row for problem in row.problems} == {2}
        assert {"patient_dob", "test_result", "test_performed_code", "specimen_type", "icu"} <= {
            problem.column for problem in row.problems
        }


def test_a_file_of_another_format_is_refused_naming_the_columns_it_lacks():
    for name in ["t_weird-dates.csv"] if GIVEN_FILES.is_dir() else []:
        error = refused((GIVEN_FILES / name).read_bytes())

        assert error.code == "missing_columns"
        assert {"equipment_model_name", "test_result_date", "specimen_type"} <= set(error.columns)


def test_the_file_of_duplicates_is_read_under_its_own_names():
    for name in ["03_duplicates.csv"] if GIVEN_FILES.is_dir() else []:
        first, second = read((GIVEN_FILES / name).read_bytes())

        assert isinstance(first, ResultRow)
        assert isinstance(second, ResultRow)
        assert first.natural_key() == second.natural_key()
        assert (first.device.reference, first.specimen) == ("256082", "venous-blood")
        assert first.collected.at == datetime(2022, 2, 28, 18, 36, tzinfo=UTC)
        assert (first.patient.birth_date.isoformat(), first.tested.has_time) == ("2016-05-31", False)


OTHER_NAMES = {
    "accession_number": "Result_ID",
    "equipment_model_name": "Device_ID",
    "test_performed_code": "Ordered_test_code",
    "test_result": "Test_result_code",
    "test_result_date": "Test_date",
    "specimen_type": "Specimen_type_code",
}


def other_file(**changes: str) -> bytes:
    row = {**VALUES, **changes}
    return written([[OTHER_NAMES.get(name, name) for name in row], list(row.values())])


def test_other_names_of_columns_are_understood():
    (row,) = read(other_file())

    assert isinstance(row, ResultRow)
    assert (row.accession, row.device.loinc.code) == ("A-1", "94534-5")


def test_a_problem_names_the_column_as_the_file_does():
    (row,) = read(other_file(test_result="?"))

    assert isinstance(row, RowErrors)
    assert [problem.column for problem in row.problems] == ["Test_result_code"]


def test_a_column_under_our_own_name_goes_before_another_name():
    row = {**VALUES, "test_date": "none of ours"}

    (read_row,) = read(written([list(row), list(row.values())]))

    assert isinstance(read_row, ResultRow)


def test_a_column_given_twice_under_another_name_is_refused():
    row = [*VALUES, "Patient_street_2", "patient_street_2"]

    assert refused(written([row, [*VALUES.values(), "", ""]])).code == "duplicate_columns"


def test_a_valid_file_is_read():
    (row,) = read(a_file({}))

    assert isinstance(row, ResultRow)
    assert row.row == 2
    assert row.laboratory.name == "My Testing Lab, Downtown"


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_ends_of_line_and_byte_order_mark_do_not_matter(end: str, mark: bytes):
    content = written([list(VALUES), list(VALUES.values())], end=end)

    assert isinstance(read(mark + content)[0], ResultRow)


def test_columns_come_in_any_order_and_case_and_strangers_are_passed_over():
    names = ["Shoe_Size", *reversed(VALUES), "Shoe_Size"]
    values = ["44", *reversed(VALUES.values()), "45"]

    (row,) = read(written([[f" {name.upper()} " for name in names], values]))

    assert isinstance(row, ResultRow)


def test_race_ethnicity_and_gender_identity_are_never_read():
    names = [*VALUES, "patient_race", "patient_ethnicity", "patient_gender_identity"]

    (row,) = read(written([names, [*VALUES.values(), "x", "x", "x"]]))

    assert isinstance(row, ResultRow)


@pytest.mark.parametrize("missing", REQUIRED_COLUMNS)
def test_a_missing_column_is_named(missing: str):
    error = refused(a_file({}, columns=[name for name in VALUES if name != missing]))

    assert (error.code, error.columns) == ("missing_columns", (missing,))
    assert missing in error.message("en")
    assert missing in error.message("fr")


def test_a_column_named_twice_is_refused():
    error = refused(written([[*VALUES, "Test_Result"], [*VALUES.values(), "Negative"]]))

    assert (error.code, error.columns) == ("duplicate_columns", ("test_result",))


def test_semicolons_are_told_from_missing_columns():
    assert refused(";".join(VALUES).encode() + b"\n").code == "semicolons"


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(content: bytes):
    assert refused(content).code == "empty"


@pytest.mark.parametrize("rest", [b"", b"\r\n\r\n", b",,,,\r\n"])
def test_a_file_without_a_result_is_refused(rest: bytes):
    assert refused(written([list(VALUES)]) + rest).code == "no_rows"


def test_latin_1_is_refused_at_its_byte_and_row_and_never_guessed():
    good = a_file({})
    content = good + good.splitlines(keepends=True)[1].replace("ê".encode(), b"\xea")

    error = refused(content)

    assert (error.code, error.row, error.byte) == ("not_utf8", 3, content.index(b"\xea") + 1)
    assert str(error.byte) in error.message("fr")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("patient_last_name".encode("utf-16"), "utf16"),
        (a_file({}).replace(b"\r\n", b"\r"), "old_mac"),
        (b"sep=,\r\n" + a_file({}), "sep_line"),
        (b"\r\n" + a_file({}), "blank_header"),
        (b",,,\r\n" + a_file({}), "blank_header"),
        ("\t".join(VALUES).encode() + b"\n", "tabs"),
        ("|".join(VALUES).encode() + b"\n", "separator"),
        (b"first_name,last_name,date_of_birth,sex,city,county\nA,B,1/1/2000,F,Paris,x\n", "patients"),
    ],
)
def test_a_file_of_another_shape_is_told_its_cause_and_not_thirty_columns(content: bytes, code: str):
    assert refused(content).code == code


def test_a_column_doubled_in_the_place_of_another_is_told_as_doubled():
    names = ["test_result" if name == "specimen_type" else name for name in VALUES]

    assert refused(written([names, list(VALUES.values())])).code == "duplicate_columns"


def test_a_nul_is_refused_at_its_byte_and_row():
    content = a_file({"comment": "a\0b"})

    error = refused(content)

    assert (error.code, error.row, error.byte) == ("nul", 2, content.index(0) + 1)


@pytest.mark.parametrize("damage", [b'"open', b'"closed" early,'])
def test_a_stray_quote_is_refused_with_its_row(damage: bytes):
    error = refused(a_file({}, {}) + damage)

    assert (error.code, error.row) == ("malformed", 4)


def test_a_quote_left_open_does_not_swallow_the_rest_of_a_large_file():
    content = a_file({}) + b'"' + a_file(*({"testing_lab_name": "Lab"} for _ in range(1000)))

    assert refused(content).code == "line_too_long"


def test_a_line_without_end_is_refused_before_it_is_read_whole():
    assert refused(a_file({}) + b"x" * (tables.LONGEST_LINE + 1)).code == "line_too_long"


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    content = a_file({}, {})
    monkeypatch.setattr(tables, "LARGEST_FILE", len(content) - 1)

    assert refused(content).code == "too_large"


def test_as_many_rows_as_a_file_may_have_are_taken_and_one_more_is_not(monkeypatch: pytest.MonkeyPatch):
    assert reading.MOST_ROWS >= 100_000
    monkeypatch.setattr(reading, "MOST_ROWS", 100)
    content = a_file({})
    row = content.splitlines(keepends=True)[1]

    assert reading.read_results(io.BytesIO(content + row * 99), rules=CellRules(NOW)).count == 100
    assert refused(content + row * 100).code == "too_many_rows"


def test_memory_stays_flat_whatever_the_number_of_rows():
    content = a_file(*({"accession_number": str(number)} for number in range(1_500)))
    read(content[: content.index(b"\r\n", 3_000) + 2])
    tracemalloc.start()
    rows = read_results(io.BytesIO(content), rules=CellRules(NOW))
    before, _ = tracemalloc.get_traced_memory()

    assert sum(1 for _ in rows) == 1_500

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 1_000_000


def test_reading_starts_where_the_stream_stands_and_leaves_it_open():
    stream = io.BytesIO(b"preamble\n" + a_file({}))
    stream.readline()

    assert len(list(read_results(stream, rules=CellRules(NOW)))) == 1
    assert not stream.closed


def test_blank_rows_are_passed_over_but_counted():
    header, row = a_file({}).splitlines(keepends=True)

    rows = read(header + row + b"\r\n" + b"," * 53 + b"\r\n" + row)

    assert [one.row for one in rows] == [2, 5]


def test_a_value_over_two_lines_is_one_row():
    rows = read(a_file({"comment": "first\nsecond"}, {"test_result": "x"}))

    assert isinstance(rows[0], ResultRow)
    assert rows[0].comment == "first second"
    assert rows[1] == RowErrors(3, (CellProblem(3, "test_result", "outcome"),))


def test_a_row_with_another_number_of_columns_is_one_problem():
    header, row = a_file({}, columns=list(VALUES)).splitlines()

    rows = read(b"\n".join([header, row + b",extra", row.rpartition(b",")[0], row + b",,"]))

    assert rows[0] == RowErrors(2, (CellProblem(2, "", "column_count"),))
    assert rows[1] == RowErrors(3, (CellProblem(3, "", "column_count"),))
    assert isinstance(rows[2], ResultRow)


def test_every_problem_has_words_and_a_remedy_in_both_languages():
    for code in ROW_MESSAGES:
        problem = CellProblem(2, "test_result", code)
        assert len({problem.message("fr"), problem.message("en")}) == 2
        assert len({problem.remedy("fr"), problem.remedy("en")}) == 2
    for code in FILE_MESSAGES:
        error = FileRefusedError(code, row=3, byte=7, columns=("icu",))
        assert len({error.message("fr"), error.message("en")}) == 2
        assert len({error.remedy("fr"), error.remedy("en")}) == 2


def test_nothing_of_a_cell_is_repeated_by_a_problem_or_shown_by_a_row():
    (row,) = read(a_file({"patient_dob": "secret-birth"}))
    (good,) = read(a_file({}))

    assert isinstance(row, RowErrors)
    shown = repr(row) + "".join(one.message("fr") + one.remedy("fr") for one in row.problems)
    assert "secret-birth" not in shown
    assert "Duch" not in repr(good)


KEPT = {
    *(f"patient_{part}" for part in ("last_name", "first_name", "middle_name", "street", "street2", "city", "state")),
    *(f"patient_{part}" for part in ("zip_code", "county", "phone_number", "email", "country", "dob", "sex", "gender")),
    *("accession_number", "equipment_model_name", "test_performed_code", "test_result", "test_result_status"),
    *("order_test_date", "specimen_collection_date", "test_result_date", "specimen_type", "comment"),
    *(f"testing_lab_{part}" for part in ("clia", "name", "street", "street2", "city", "state", "zip_code")),
    "testing_lab_phone_number",
    *(f"ordering_provider_{part}" for part in ("id", "last_name", "first_name", "middle_name", "phone_number")),
    *(f"ordering_provider_{part}" for part in ("street", "street2", "city", "state", "zip_code")),
}


def test_every_column_that_is_read_is_kept_or_said_not_to_be():
    assert KEPT | set(NOT_KEPT_COLUMNS) == set(REQUIRED_COLUMNS + OPTIONAL_COLUMNS)
    assert not KEPT & set(NOT_KEPT_COLUMNS)


def test_columns_not_kept_are_told_only_where_they_hold_something_and_as_the_file_writes_them():
    text = io.StringIO()
    csv.writer(text).writerows(
        [[*VALUES, "Pregnant", "hospitalized", "Patient_Race"], [*VALUES.values(), "Y", "", "x"]],
    )

    file = read_results(io.BytesIO(text.getvalue().encode()), rules=CellRules(NOW))

    assert "Pregnant" in file.not_kept
    assert "hospitalized" not in file.not_kept
    assert file.unread == ("Patient_Race",)
