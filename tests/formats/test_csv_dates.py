"""Dates of a bulk result file: one reading, or a reason why not, in every order, form and zone."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_files import VALUES
from kinds_of_files import workbook

from temoin.formats.csv.cells import CellRules, Cells
from temoin.formats.csv.dates import DateOrder, OrderProof, OrderSource, read_written
from temoin.formats.csv.patients import read_patients
from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.profiles import DATE_COLUMNS, OPTIONAL_COLUMNS, PATIENT_COLUMNS, REQUIRED_COLUMNS
from temoin.formats.csv.reading import Said, read_results
from temoin.formats.csv.template import written

DMY, MDY, ISO = DateOrder
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DAYS = st.dates(date(1900, 1, 1), date(2026, 11, 1))
ZONES = st.sampled_from(
    ["Europe/Paris", "America/Cayenne", "America/Miquelon", "Pacific/Noumea", "Australia/Lord_Howe"]
)
WALLS = st.datetimes(datetime(2000, 1, 1), datetime(2026, 11, 1))  # noqa: DTZ001 what a wall clock shows has no zone
STROKES = st.sampled_from("/.-")


def in_order(day: date, order: DateOrder, stroke: str = "/") -> str:
    first, second = (day.day, day.month) if order is DMY else (day.month, day.day)
    return f"{first:02}{stroke}{second:02}{stroke}{day.year}"


def judged(*cells: str, said: DateOrder | None = None) -> DateOrder | None:
    proof = OrderProof()
    for row, cell in enumerate(cells, start=2):
        proof.look(row, [("patient_dob", cell)])
    known = proof.judge(said).get("patient_dob")
    return known.order if known else None


def test_every_column_of_days_is_judged():
    assert set(DATE_COLUMNS) == {
        name for name in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS) if "date" in name or name.endswith(("dob", "released"))
    }


@given(DAYS, st.sampled_from([DMY, MDY]), STROKES)
def test_a_day_comes_back_in_the_order_it_was_written_in(day: date, order: DateOrder, stroke: str):
    written = read_written(in_order(day, order, stroke))

    assert written is not None
    assert written.day(order) == day


@given(DAYS, st.sampled_from([None, *DateOrder]), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"]))
def test_an_iso_day_has_one_reading_whatever_is_said_of_the_order(day: date, order: DateOrder | None, form: str):
    text = day.strftime(form)
    written = read_written(text)

    assert written is not None
    assert written.day(order) == day
    assert judged(text, said=order) is None


@given(st.lists(DAYS, min_size=1, max_size=30), st.sampled_from([DMY, MDY]))
def test_a_file_is_never_read_in_an_order_that_it_is_not_written_in(days: list[date], order: DateOrder):
    cells = [in_order(day, order) for day in days]
    if all(day.day <= 12 for day in days) and any(day.day != day.month for day in days):
        with pytest.raises(FileRefusedError, match="dates_unsaid"):
            judged(*cells)
        return

    found = judged(*cells)

    for day, cell in zip(days, cells, strict=True):
        written = read_written(cell)
        assert written is not None
        assert written.day(found) == day


@given(st.lists(DAYS, min_size=1, max_size=30), st.sampled_from([DMY, MDY]))
def test_the_wrong_order_said_is_refused_as_soon_as_one_cell_shows_it(days: list[date], order: DateOrder):
    cells = [in_order(day, order) for day in days]
    wrong = MDY if order is DMY else DMY

    if all(day.day <= 12 for day in days):
        assert judged(*cells, said=wrong) in {wrong, None}
        return
    with pytest.raises(FileRefusedError) as refused:
        judged(*cells, said=wrong)
    assert refused.value.code == f"dates_not_{wrong}"
    assert days[refused.value.row - 2].day > 12


BOTH_WAYS = {"patient_dob": ("25/12/1980", "01/02/1990"), "test_result_date": ("12/25/2020", "01/02/2021")}


def columns_judged(
    columns: dict[str, tuple[str, ...]], said: DateOrder | None = None, remembered: DateOrder | None = None
) -> dict[str, tuple[DateOrder, OrderSource, int]]:
    proof = OrderProof({"patient_dob": "Date of birth"})
    for row, cells in enumerate(zip(*columns.values(), strict=True), start=2):
        proof.look(row, zip(columns, cells, strict=True))
    found = proof.judge(said, remembered)
    return {name: (one.order, one.source, one.row) for name, one in found.items()}


@pytest.mark.parametrize("said", [None, DMY, MDY])
def test_each_column_is_read_in_the_order_that_it_shows(said: DateOrder | None):
    assert columns_judged(BOTH_WAYS, said) == {
        "patient_dob": (DMY, OrderSource.SHOWN, 2),
        "test_result_date": (MDY, OrderSource.SHOWN, 2),
    }


def test_a_column_proves_nothing_about_another():
    with pytest.raises(FileRefusedError) as refused:
        columns_judged({"test_result_date": ("25/12/2020", "24/12/2020"), "patient_dob": ("25/12/1980", "")} | OPEN)

    assert (refused.value.code, refused.value.row, refused.value.columns) == (
        *("dates_unsaid", 3),
        ("order_test_date",),
    )


OPEN = {"order_test_date": ("05/05/2020", "01/02/2020")}


@pytest.mark.parametrize(("words", "source"), [({"said": MDY}, "said"), ({"remembered": MDY}, "remembered")])
def test_what_was_said_holds_for_the_columns_that_show_nothing(words: dict[str, DateOrder], source: str):
    assert columns_judged(BOTH_WAYS | OPEN, **words)["order_test_date"] == (MDY, source, 0)


@pytest.mark.parametrize("words", [{"said": MDY}, {"remembered": MDY}])
def test_what_was_said_and_the_file_only_contradicts_is_refused_with_the_column(words: dict[str, DateOrder]):
    with pytest.raises(FileRefusedError) as refused:
        columns_judged({"patient_dob": ("25/12/1980", "")} | OPEN, **words)

    assert (refused.value.code, refused.value.row, refused.value.columns) == ("dates_not_mdy", 2, ("Date of birth",))


def test_what_is_said_goes_before_what_is_remembered():
    assert columns_judged(OPEN, said=MDY, remembered=DMY) == {"order_test_date": (MDY, OrderSource.SAID, 0)}


def test_what_is_remembered_refuses_no_file_that_shows_the_order_of_every_column():
    assert columns_judged({"patient_dob": ("25/12/1980", "1990-01-02")}, remembered=ISO) == {
        "patient_dob": (DMY, OrderSource.SHOWN, 2)
    }


def test_two_orders_in_one_column_are_refused_with_both_rows():
    with pytest.raises(FileRefusedError) as refused:
        judged("25/12/1980", "01/02/1990", "12/25/1980")

    assert (refused.value.code, refused.value.row, refused.value.other) == ("dates_mixed", 2, 4)


def test_strokes_in_a_file_said_to_be_iso_are_refused():
    with pytest.raises(FileRefusedError) as refused:
        judged("1980-12-25", "05/05/1990", said=ISO)

    assert (refused.value.code, refused.value.row) == ("dates_not_iso", 3)


def without_empty_end(row: Sequence[str]) -> list[str]:
    return [cell for place, cell in enumerate(row) if any(row[place:])]


# A spreadsheet writes no empty cell at the end of a row.
FORMS: dict[str, Callable[[list[list[str]]], bytes]] = {
    "csv": lambda rows: written(rows, separator=","),
    "xlsx": lambda rows: workbook(*map(without_empty_end, rows)),
}
SHOWN_DAYS = {"order_test_date": "2021-12-20", "specimen_collection_date": "2021-12-20", "test_result_date": "20211220"}
ORDERS: dict[str, tuple[tuple[str, ...], dict[str, DateOrder], object]] = {
    "shown": (("07/09/1980", "28/12/1980"), {}, [date(1980, 9, 7), date(1980, 12, 28)]),
    "shown otherwise": (("07/09/1980", "12/28/1980"), {}, [date(1980, 7, 9), date(1980, 12, 28)]),
    "said": (("07/09/1980",), {"said": DMY}, [date(1980, 9, 7)]),
    "remembered": (("07/09/1980",), {"remembered": MDY}, [date(1980, 7, 9)]),
    "unsaid": (("07/09/1980",), {}, "dates_unsaid"),
    "mixed": (("28/12/1980", "12/28/1980"), {}, "dates_mixed"),
    "said against": (("07/09/1980", "12/28/1980"), {"said": DMY}, "dates_not_dmy"),
    "remembered against": (("28/12/1980",), {"remembered": ISO, "said": ISO}, "dates_not_iso"),
}


# The last column of each is empty.
RESULTS = {**{name: cell for name, cell in VALUES.items() if name != "comment"}, **SHOWN_DAYS, "comment": ""}
PATIENTS = {column.french: column.example for column in PATIENT_COLUMNS if column.name != "patient_dob"}
PATIENTS = {"DN": "", **{name: cell for name, cell in PATIENTS.items() if cell}, "e-mail": ""}
LISTS = {"patient_dob": (read_results, RESULTS), "DN": (read_patients, PATIENTS)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("born", LISTS)
@pytest.mark.parametrize("name", ORDERS)
def test_the_order_is_proved_also_where_the_last_cells_are_empty(name: str, born: str, form: str):
    (days, words, expected), (read, cells) = ORDERS[name], LISTS[born]
    content = FORMS[form]([list(cells), *([*{**cells, born: day}.values()] for day in days)])
    rules = CellRules(NOW, words.get("said"), remembered=words.get("remembered"))
    try:
        file = read(io.BytesIO(content), rules=rules, said=Said(columns={"dn": "patient_dob"}))
        found: object = [row.patient.birth_date for row in file]
    except FileRefusedError as error:
        found = error.code

    assert found == expected


@given(WALLS, ZONES, st.sampled_from([DMY, MDY]), st.booleans())
def test_a_wall_clock_is_one_instant_or_told(wall: datetime, zone: str, order: DateOrder, twelve: bool):
    wall = wall.replace(microsecond=0)
    text = f"{in_order(wall.date(), order)} {wall.strftime('%I:%M:%S %p' if twelve else '%H:%M:%S')}"
    cells = Cells(2, {"order_test_date": text}, CellRules(NOW, order))

    moment = cells.moment("order_test_date", ZoneInfo(zone))

    instants = {wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    if moment is None:
        assert len(instants) == 2
        assert cells.problems[0].code in {"hour_twice", "skipped_hour"}
    else:
        assert {moment.at.astimezone(UTC)} == instants


@pytest.mark.parametrize(("text", "code"), [("2026-10-25T02:30", "hour_twice"), ("2026-03-29T02:30", "skipped_hour")])
def test_the_hours_of_the_clock_change_are_told(text: str, code: str):
    cells = Cells(2, {"order_test_date": text}, CellRules(NOW))

    assert cells.moment("order_test_date", ZoneInfo("Europe/Paris")) is None
    assert cells.problems[0].code == code


@pytest.mark.parametrize(("offset", "hour"), [("+02:00", 0), ("+0100", 1), ("+01", 1), ("Z", 2)])
def test_an_offset_tells_the_two_hours_apart(offset: str, hour: int):
    cells = Cells(2, {"order_test_date": f"2026-10-25T02:30{offset}"}, CellRules(NOW))

    moment = cells.moment("order_test_date", ZoneInfo("Europe/Paris"))

    assert moment is not None
    assert moment.at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
