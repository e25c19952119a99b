"""Workbooks: what openpyxl writes is read back as text, and what is a bomb, a formula or another kind is refused."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from datetime import time as hours
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.problems import FileRefusedError, RowErrors
from temoin.formats.csv.profiles import OWN_COLUMNS
from temoin.formats.csv.reading import read_results
from temoin.formats.csv.rows import ResultRow
from temoin.formats.xlsx import parts, reader
from temoin.formats.xlsx.parts import opened_archive
from temoin.formats.xlsx.reader import WorkbookError, read_workbook

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {column.french: column.example for column in OWN_COLUMNS}


def workbook(*rows: Sequence[Any], formats: dict[str, str] | None = None, mac: bool = False) -> bytes:
    book = Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    for row in rows:
        book.active.append(list(row))
    for place, code in (formats or {}).items():
        book.active[place].number_format = code
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def sheet(content: bytes) -> list[tuple[int, list[str], dict[int, str]]]:
    return list(read_workbook(io.BytesIO(content), most_columns=500))


def test_a_stretch_of_time_is_no_day():
    content = workbook(["a", "b"], [1.5, 0.5], formats={"A2": "[h]:mm", "B2": "[hh]:mm:ss"})

    assert sheet(content)[1] == (2, ["", "12:00"], {0: "no_such_day"})


def refused(content: bytes) -> str:
    with pytest.raises(WorkbookError) as error:
        sheet(content)
    return error.value.code


def packed(parts: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def changed(content: bytes, parts: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return packed({**{name: archive.read(name) for name in archive.namelist()}, **parts})


SHEET = "xl/worksheets/sheet1.xml"
SPACE = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = b"</sheetData></worksheet>"


def test_texts_numbers_days_and_moments_are_read_as_they_are_meant():
    content = workbook(
        ["é", 12, 1.5, True, None, " x"],
        [date(2026, 1, 31), datetime(2026, 1, 31, 14, 5), datetime(2026, 1, 31, 0, 0), hours(9, 30)],  # noqa: DTZ001
    )

    assert sheet(content) == [
        (1, ["é", "12", "1.5", "true", "", " x"], {}),
        (2, ["2026-01-31", "2026-01-31T14:05", "2026-01-31T00:00", "09:30"], {}),
    ]


@pytest.mark.parametrize("mac", [False, True])
def test_a_day_is_the_same_in_both_calendars(mac):
    content = workbook([date(1979, 3, 28), date(2000, 2, 29)], mac=mac)

    assert sheet(content) == [(1, ["1979-03-28", "2000-02-29"], {})]


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ("dd/mm/yyyy", 45000, "2023-03-15"),
        ('dd" mars "yyyy', 45000, "2023-03-15"),
        ("[$-40C]d mmmm yyyy", 45000, "2023-03-15"),
        ("dd/mm/yyyy hh:mm", 45000.25, "2023-03-15T06:00"),
        ("hh:mm:ss", 0.5, "12:00"),
        ("00000", 1300, "01300"),
        ("0000000000", 612345678, "0612345678"),
        ("0.00", 1.5, "1.5"),
        ("#,##0", 1200, "1200"),
        ("General", 94558, "94558"),
        ("@", 7, "7"),
    ],
)
def test_a_number_is_what_its_format_shows(code, number, text):
    assert sheet(workbook([number], formats={"A1": code})) == [(1, [text], {})]


@pytest.mark.parametrize(("serial", "day"), [(1, "1900-01-01"), (59, "1900-02-28"), (61, "1900-03-01")])
def test_the_day_that_never_was_is_counted_as_excel_does(serial, day):
    assert sheet(workbook([serial], formats={"A1": "yyyy-mm-dd"})) == [(1, [day], {})]


@pytest.mark.parametrize(
    ("value", "code", "flaw"),
    [
        (60, "yyyy-mm-dd", "no_such_day"),
        (3_000_000, "yyyy-mm-dd", "no_such_day"),
        (-1, "yyyy-mm-dd", "no_such_day"),
        (10**15, "General", "precision"),
        ("=1+1", "General", "formula"),
        ('=HYPERLINK("http://x")', "General", "formula"),
        ("#N/A", "General", "cell_error"),
    ],
)
def test_what_says_nothing_sure_is_told_by_its_place(value, code, flaw):
    assert sheet(workbook(["a", value], formats={"B1": code})) == [(1, ["a", ""], {1: flaw})]


def rows_of(*changes: dict[str, Any]) -> list[ResultRow | RowErrors]:
    content = workbook(list(GOOD), *([*{**GOOD, **change}.values()] for change in changes))
    return list(read_results(io.BytesIO(content), rules=CellRules(NOW)))


def test_a_workbook_of_results_is_read_like_a_file():
    day, moment = date(1979, 3, 28), datetime(2026, 11, 2, 9, 30)  # noqa: DTZ001

    (row,) = rows_of({"date_naissance": day, "date_prelevement": moment, "numero_resultat": 1042})

    assert isinstance(row, ResultRow)
    assert (row.patient.birth_date, row.accession) == (day, "1042")
    assert row.collected.at == datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"date_naissance": "=A1"}, ("date_naissance", "formula")),
        ({"code_postal": 1300}, ("code_postal", "zeros_lost")),
        ({"telephone": 199000000}, ("telephone", "zeros_lost")),
        ({"numero_resultat": 2_026_000_000_000_123}, ("numero_resultat", "precision")),
    ],
)
def test_a_formula_and_a_lost_zero_are_told_at_their_row_and_column(cells, problem):
    first, second = rows_of({}, cells)

    assert isinstance(first, ResultRow)
    assert isinstance(second, RowErrors)
    assert [(one.row, one.column, one.code) for one in second.problems] == [(3, *problem)]


def test_empty_rows_count_and_columns_beyond_the_header_do_not_matter():
    content = workbook(list(GOOD), [], list(GOOD.values()), [None] * 40)

    (row,) = read_results(io.BytesIO(content), rules=CellRules(NOW))

    assert row.row == 3


def test_the_one_sheet_that_holds_something_is_read_and_of_two_none_is():
    book = Workbook()
    book.create_sheet("B")["A1"] = "b"
    stream = io.BytesIO()
    book.save(stream)
    assert sheet(stream.getvalue()) == [(1, ["b"], {})]

    book.worksheets[0]["A1"] = "a"
    book.save(stream := io.BytesIO())
    assert refused(stream.getvalue()) == "several_sheets"


def test_other_archives_are_told_by_what_they_are():
    ods = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b""}

    assert refused(packed(ods)) == "ods"
    assert refused(packed({"xl/workbook.bin": b""})) == "xlsb"
    assert refused(packed({"results.csv": b""})) == "other_zip"
    assert refused(b"PK\x03\x04 cut off") == "xlsx_broken"


# Bombs ----------------------------------------------------------------------------------------------------------------

_BOMB = b"<!DOCTYPE x [" + b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12)) + b"]>"
_ROWS = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(1, 50))
_RELATION = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_BOOK = b'<workbook xmlns:r="%s"><sheets>%%s</sheets></workbook>' % _RELATION
_MANY = range(300_000)
# Each is made by its own test: every process of a parallel run reads this file.
BOMBS = {
    "a sheet named again and again": ("xl/workbook.xml", lambda: _BOOK % (b'<sheet r:id="rId1"/>' * 300), "xlsx_bomb"),
    "a tag of many attributes": (SHEET, lambda: b"<w " + b" ".join(b'a%d=""' % n for n in _MANY) + b"/>", "xlsx_bomb"),
    "a comment without end": (SHEET, lambda: SPACE + b"<!--" + b"ab" * 1_500_000 + b"-->" + END, "xlsx_bomb"),
    "elements within elements": (SHEET, lambda: SPACE + b"<a>" * 1_000_000, "xlsx_bomb"),
    "names without number": (SHEET, lambda: SPACE + b"".join(b"<a%d/>" % n for n in _MANY) + END, "xlsx_bomb"),
    "spaces without number": (
        SHEET,
        lambda: SPACE + b"".join(b'<a xmlns:a%d="u%d"/>' % (n, n) for n in _MANY) + END,
        "xlsx_bomb",
    ),
    "a shared text without end": (
        "xl/sharedStrings.xml",
        lambda: b"<sst><si><t>" + b"ab" * 16_000_000 + b"</t></si></sst>",
        "xlsx_bomb",
    ),
    "a flood of spaces": (SHEET, lambda: SPACE + b" " * 40_000_000 + END, "xlsx_bomb"),
    "entities in the sheet": (
        SHEET,
        lambda: _BOMB + SPACE + b"<row><c t='str'><v>&e11;</v></c></row>" + END,
        "xlsx_entities",
    ),
    "entities in the texts": (
        "xl/sharedStrings.xml",
        lambda: _BOMB + b"<sst><si><t>&e11;</t></si></sst>",
        "xlsx_entities",
    ),
    "an entity from elsewhere": (
        SHEET,
        lambda: b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + SPACE + END,
        "xlsx_entities",
    ),
    "a cell far to the right": (SHEET, lambda: SPACE + _ROWS + END, "too_many_columns"),
    "a row far below": (SHEET, lambda: SPACE + b'<row r="99999999"><c><v>1</v></c></row>' + END, "xlsx_broken"),
    "rows that go back": (SHEET, lambda: SPACE + b'<row r="2"/><row r="1"/>' + END, "xlsx_broken"),
    "a text without end": (
        SHEET,
        lambda: SPACE + b"<row><c t='str'><v>" + b"ab" * 100_000 + b"</v></c></row>",
        "xlsx_bomb",
    ),
    "styles without number": (
        "xl/styles.xml",
        lambda: b"<s><cellXfs>" + b"<xf/>" * 70_000 + b"</cellXfs></s>",
        "xlsx_broken",
    ),
    "a text that is not there": (SHEET, lambda: SPACE + b'<row><c t="s"><v>99</v></c></row>' + END, "xlsx_broken"),
    "no end": (SHEET, lambda: SPACE + b"<row>", "xlsx_broken"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_little_memory(name):
    part, content, code = BOMBS[name]
    bomb = changed(workbook(["a"]), {part: content()})
    tracemalloc.start()

    assert refused(bomb) == code

    assert tracemalloc.get_traced_memory()[1] < 64_000_000
    tracemalloc.stop()


def test_a_sheet_is_unpacked_once_however_often_the_workbook_names_it(monkeypatch: pytest.MonkeyPatch):
    rows = SPACE + b" " * 1_000_000 + b"<row><c t='str'><v>a</v></c></row>" + END
    book = changed(workbook(["a"]), {"xl/workbook.xml": _BOOK % (b'<sheet r:id="rId1"/>' * 20), SHEET: rows})
    monkeypatch.setattr(parts, "MOST_UNPACKED", 1_100_000)

    assert sheet(book) == [(1, ["a"], {})]


def test_what_is_unpacked_is_counted_each_time(monkeypatch: pytest.MonkeyPatch):
    book = changed(workbook(["a"]), {SHEET: SPACE + b" " * 1_000_000 + END})
    monkeypatch.setattr(parts, "MOST_UNPACKED", 1_500_000)

    with opened_archive(io.BytesIO(book)) as archive:
        assert sum(map(len, archive.portions(SHEET))) > 1_000_000
        with pytest.raises(WorkbookError, match="xlsx_bomb"):
            list(archive.portions(SHEET))


def test_what_no_text_may_hold_stays_as_the_workbook_writes_it():
    rows = b"<row><c t='str'><v>a_xD800_b_x0000_c_x005F_d_x000D_\ne_x00e9_</v></c></row>"

    ((_, cells, _),) = sheet(changed(workbook(["a"]), {SHEET: SPACE + rows + END}))

    assert cells == ["a_xD800_b_x0000_c_d\r\neé"]


def test_more_cells_than_any_file_has_are_not_read_to_their_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader, "MOST_CELLS", 10)

    assert refused(workbook(["a"] * 6, ["b"] * 6)) == "xlsx_bomb"


def test_an_archive_of_many_parts_or_of_a_strange_packing_is_refused():
    assert refused(packed({f"{n}": b"" for n in range(2_001)})) == "xlsx_bomb"
    assert refused(packed({"xl/workbook.xml": b"<workbook/>"}, zipfile.ZIP_LZMA)) == "xlsx_broken"


def test_the_rows_of_a_large_workbook_take_flat_memory():
    rows = b"".join(b'<row><c t="inlineStr"><is><t>%d</t></is></c></row>' % n for n in range(6_000))
    content = changed(workbook(["a"]), {SHEET: SPACE + rows + END})
    tracemalloc.start()

    assert sum(1 for _ in read_workbook(io.BytesIO(content), most_columns=500)) == 6_000

    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


# Anything -------------------------------------------------------------------------------------------------------------

_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.text(st.characters(codec="utf-8", categories=["L", "Nd", "Zs"]), min_size=1, max_size=12),
)


def shown(value: Any) -> str:
    return (
        {True: "true", False: "false", None: ""}.get(value, str(value))
        if not isinstance(value, int) or isinstance(value, bool)
        else str(value)
    )


@given(rows=st.lists(st.lists(_CELLS, min_size=1, max_size=6), min_size=1, max_size=5))
def test_what_another_program_writes_comes_back(rows: list[list[Any]]):
    found = {row: cells for row, cells, _ in sheet(workbook(*rows))}

    for number, row in enumerate(rows, start=1):
        cells = [shown(value) for value in row]
        assert [*found.get(number, []), *[""] * 6][: len(cells)] == cells


_GOOD_BOOK = workbook(list(GOOD), list(GOOD.values()))


@given(cuts=st.lists(st.tuples(st.integers(0, len(_GOOD_BOOK) - 1), st.integers(0, 255)), max_size=12))
def test_a_damaged_workbook_is_read_or_refused(cuts: list[tuple[int, int]]):
    content = bytearray(_GOOD_BOOK)
    for place, byte in cuts:
        content[place] = byte
    with suppress(FileRefusedError):
        list(read_results(io.BytesIO(bytes(content)), rules=CellRules(NOW)))


_PIECES = st.sampled_from(
    [
        b"<row>",
        b"</row>",
        b"<c>",
        b"</c>",
        b"<v>",
        b"</v>",
        b"<f>",
        b"</f>",
        b"<is><t>",
        b"</t></is>",
        b"1",
        b"&lt;",
        b"<!--",
        b'<row r="3">',
        b'<c r="B3">',
        b'<c t="s">',
        b'<c t="e">',
        b'<c s="1">',
        b'<c t="b">',
        b"<rPh>",
        b"</rPh>",
        b"A",
        b"]]>",
    ]
)


@given(pieces=st.lists(_PIECES, max_size=40))
def test_any_sheet_is_read_or_refused(pieces: list[bytes]):
    with suppress(WorkbookError):
        sheet(changed(_GOOD_BOOK, {SHEET: SPACE + b"".join(pieces) + END}))
