"""`temoin-results-1`: its template, its words in two languages, its strict dates, and files in other words."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.problems import FileRefusedError, RowErrors
from temoin.formats.csv.profiles import OWN, OWN_COLUMNS, own_profile, plain_heading, profile_of, profiles
from temoin.formats.csv.reading import FileOfResults, Said, header_of, read_results
from temoin.formats.csv.rows import ResultRow, RowStatus
from temoin.formats.csv.tables import Encoding
from temoin.formats.csv.template import list_of_lines, template, written

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
GOOD = {column.name: column.example for column in OWN_COLUMNS}
FRENCH = {column.name: column.french for column in OWN_COLUMNS}


def a_file(*changes: dict[str, str], names: dict[str, str] = FRENCH, separator: str = ";") -> bytes:
    rows = [{**GOOD, **change} for change in changes]
    return written([list(names.values()), *([row[name] for name in names] for row in rows)], separator=separator)


def read(content: bytes, said: Said | None = None, **rules: Any) -> FileOfResults:
    return read_results(io.BytesIO(content), rules=CellRules(NOW, **rules), said=said or Said())


def one(content: bytes, **rules: Any) -> ResultRow:
    (row,) = read(content, **rules)
    assert isinstance(row, ResultRow), row
    return row


def problems(content: bytes, **rules: Any) -> list[tuple[str, str]]:
    (row,) = read(content, **rules)
    assert isinstance(row, RowErrors), row
    return [(problem.column, problem.code) for problem in row.problems]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("separator", [";", ","])
def test_the_template_is_a_file_that_is_taken_whole(lang, separator):
    file = read(template(lang, separator=separator))
    rows = list(file)

    assert (file.profile, file.unread, file.not_kept) == (OWN, (), ())
    assert [row.status for row in rows if isinstance(row, ResultRow)] == [
        *(RowStatus.FINAL, RowStatus.FINAL),
        *(RowStatus.CORRECTED, RowStatus.CANCELLED),
        RowStatus.FINAL,
    ]


def test_the_template_may_bear_the_number_of_the_pharmacy():
    rows = list(read(template("fr", finess="359999018")))

    assert {row.laboratory.number for row in rows if isinstance(row, ResultRow)} == {"359999018"}


def test_a_row_is_read_under_french_and_english_names_alike():
    french, english = (one(a_file({}, names=names)) for names in (FRENCH, {c.name: c.english for c in OWN_COLUMNS}))

    assert french.natural_key() == english.natural_key()
    assert (french.patient.family_name, french.patient.birth_date) == ("DURAND", date(1979, 3, 28))
    assert (french.patient.phone, french.patient.address.country) == ("+33199000000", "FRA")
    assert french.collected.at == datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    assert french.device.reference


@pytest.mark.parametrize(
    "heading", ["Date de naissance", "DATE_NAISSANCE", "date-naissance", "  Née le ", "birth date"]
)
def test_headings_are_known_however_they_are_written(heading):
    assert one(a_file({}, names={**FRENCH, "patient_dob": heading})).patient.birth_date == date(1979, 3, 28)


def test_no_two_columns_share_a_name():
    words = [{plain_heading(word) for word in (c.english, c.french, *c.others)} for c in OWN_COLUMNS]

    assert sum(len(each) for each in words) == len(set().union(*words)) == len(own_profile().headings)


def test_every_profile_of_the_list_is_told_from_its_header():
    for profile in profiles():
        assert profile_of([profile.word(name) for name in profile.required]) is profile


@pytest.mark.parametrize("cell", ["28/03/1979", "7/9/1980", "28.3.1979"])
def test_a_date_between_strokes_is_refused_whatever_was_said_elsewhere(cell):
    for order in (None, DateOrder.DMY):
        assert problems(a_file({"patient_dob": cell}), order=order) == [("date_naissance", "date_iso")]


@pytest.mark.parametrize("cell", ["1979-03-28", "19790328", "1979-03-28T00:00", "1979-03-28 00:00:00"])
def test_a_birth_date_is_a_day_which_spreadsheets_write_as_its_midnight(cell):
    assert one(a_file({"patient_dob": cell})).patient.birth_date == date(1979, 3, 28)


def test_a_birth_date_with_an_hour_is_none():
    assert problems(a_file({"patient_dob": "1979-03-28T08:00"})) == [("date_naissance", "date")]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"patient_zip_code": "1300"}, ("code_postal", "zeros_lost")),
        ({"patient_phone_number": "199000000"}, ("telephone", "zeros_lost")),
        ({"patient_phone_number": "3,36E+10"}, ("telephone", "scientific")),
        ({"testing_lab_clia": "10000009"}, ("finess", "zeros_lost")),
        ({"testing_lab_clia": "750000017"}, ("finess", "finess")),
        ({"accession_number": "2,02E+14"}, ("numero_resultat", "scientific")),
        ({"accession_number": "0E0"}, ("numero_resultat", "scientific")),
        ({"accession_number": ""}, ("numero_resultat", "missing")),
        ({"patient_sex": ""}, ("sexe", "missing")),
        ({"patient_sex": "1"}, ("sexe", "sex")),
        ({"ordering_provider_id": "10003879631"}, ("nom_prescripteur", "missing")),
        ({"specimen_collection_date": "2026-11-25"}, ("date_prelevement", "future")),
        ({"test_result": "?"}, ("resultat", "outcome")),
    ],
)
def test_what_is_wrong_is_told_at_its_column_in_the_file_s_words(cells, problem):
    assert problem in problems(a_file(cells))


def test_little_is_asked_for():
    bare = {name: "" for name in GOOD if name not in own_profile().required}

    row = one(a_file(bare))

    assert (row.patient.phone, row.patient.address.country, row.provider.family_name) == ("", "", "")


@pytest.mark.parametrize(
    ("region", "postcode", "country", "written", "read"),
    [
        ("FR", "", "CH", "06 12 34 56 78", None),  # a mobile of France, or a number of Basel
        ("FR", "1201", "CH", "022 731 12 34", None),
        ("FR", "1201", "CH", "+41 22 731 12 34", "+41227311234"),
        ("FR", "", "GB", "020 7946 0018", "+442079460018"),
        ("GP", "", "", "0976 12 34 56", None),  # of Guadeloupe, or of France
        ("NC", "", "", "27 12 34", "+687271234"),
        ("NC", "98800", "", "27 12 34", "+687271234"),
        ("PF", "75011", "", "40 50 12 34", "+68940501234"),
        ("FR", "", "", "06 12 34 56 78", "+33612345678"),
    ],
)
def test_a_number_is_of_the_pharmacys_plan_or_of_the_address_and_asked_for_where_it_is_of_both(
    region: str, postcode: str, country: str, written: str, read: str | None
):
    cells = {"patient_phone_number": written, "patient_zip_code": postcode, "patient_country": country}
    content = a_file(cells)

    if read is None:
        assert problems(content, region=region) == [("telephone", "phone_twice")]
    else:
        assert one(content, region=region).patient.phone == read


def test_a_time_without_its_zone_is_that_of_the_laboratory():
    cayenne = CellRules(NOW, zone_of_postcode=lambda code: "America/Cayenne" if code == "97300" else "")
    (row,) = read_results(io.BytesIO(a_file({"testing_lab_zip_code": "97300"})), rules=cayenne)

    assert isinstance(row, ResultRow)
    assert row.collected.at == datetime(2026, 11, 2, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("encoding", [Encoding.WINDOWS_1252, Encoding.ISO_8859_15])
def test_an_encoding_is_taken_as_it_is_said_and_refused_where_it_is_not(encoding):
    content = a_file({"patient_last_name": "CŒUR"}).decode("utf-8-sig").encode(encoding)

    (row,) = read(content, Said(encoding))

    assert isinstance(row, ResultRow)
    assert row.patient.family_name == "CŒUR"
    with pytest.raises(FileRefusedError, match="not_utf8"):
        read(content)


def test_a_mark_of_utf_8_goes_before_what_was_said():
    assert isinstance(next(iter(read(a_file({"patient_last_name": "ÉLIE"}), Said(Encoding.WINDOWS_1252)))), ResultRow)


def test_a_byte_that_the_encoding_does_not_have_is_told_at_its_place():
    content = a_file({}).decode("utf-8-sig").encode("cp1252").replace(b"DURAND", b"DUR\x81ND")

    with pytest.raises(FileRefusedError) as error:
        read(content, Said(Encoding.WINDOWS_1252))

    assert (error.value.code, error.value.byte) == ("not_encoding", content.index(b"\x81") + 1)


# Files in another program's words -------------------------------------------------------------------------------------

OTHERS = {**FRENCH, "patient_dob": "Naissance patient", "accession_number": "Réf. labo"}
SAID = {"naissance_patient": "patient_dob", "ref_labo": "accession_number"}


def test_a_heading_that_nobody_knows_is_asked_about():
    with pytest.raises(FileRefusedError) as error:
        read(a_file({}, names=OTHERS))

    assert error.value.code == "missing_columns"
    assert set(error.value.columns) == {"birth_date", "result_number"}
    assert {"Naissance patient", "Réf. labo"} <= set(error.value.headings)


def test_what_a_heading_means_is_taken_as_it_is_said_and_its_dates_as_their_order_shows():
    (row,) = read(a_file({"patient_dob": "28/03/1979"}, names=OTHERS), Said(columns=SAID))

    assert isinstance(row, ResultRow)
    assert row.patient.birth_date == date(1979, 3, 28)
    with pytest.raises(FileRefusedError, match="dates_unsaid"):
        read(a_file({"patient_dob": "07/09/1980"}, names=OTHERS), Said(columns=SAID))


def test_what_was_said_of_headings_leaves_files_of_the_format_as_strict_as_before():
    (row,) = read(a_file({"patient_dob": "28/03/1979"}), Said(columns=SAID))

    assert isinstance(row, RowErrors)


def test_a_file_of_unknown_headings_is_parted_by_the_sign_it_uses():
    assert header_of(io.BytesIO(b"alpha;beta;gamma\n1;2;3\n")) == (";", ["alpha", "beta", "gamma"])
    assert header_of(io.BytesIO(b"alpha,beta,gamma\n1,2,3\n")) == (",", ["alpha", "beta", "gamma"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"nom_naissance;prenoms;date_naissance;telephone\nA;B;1990-01-01;\n", "patients"),
        ("\t".join(FRENCH.values()).encode() + b"\n", "tabs"),
        (";".join(FRENCH.values()).encode("utf-16"), "utf16"),
        (";".join(FRENCH.values()).encode("utf-16-le"), "utf16"),
        (b"%PDF-1.7", "pdf"),
        (b"<html><table>", "markup"),
        (b"MSH|^~\\&|", "hl7"),
        (b'{"resourceType": "Bundle"}', "json"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (";".join(FRENCH.values()).encode() + b"\r", "old_mac"),
        (b"sep=;\r\n" + ";".join(FRENCH.values()).encode(), "sep_line"),
        (b";".join(b"x%d" % n for n in range(501)) + b"\n1\n", "too_many_columns"),
        (";".join([*FRENCH.values(), "sexe"]).encode() + b"\n1\n", "duplicate_columns"),
    ],
)
def test_a_file_of_another_kind_is_told_its_cause(content: bytes, code: str):
    with pytest.raises(FileRefusedError) as error:
        read(content)

    assert error.value.code == code


def test_an_apostrophe_that_guards_a_cell_is_taken_away():
    row = one(a_file({"patient_phone_number": "+33199000000", "comment": "-"}))

    assert (row.patient.phone, row.comment) == ("+33199000000", "-")


# Any bytes ------------------------------------------------------------------------------------------------------------

_HEADER = ";".join(FRENCH.values()).encode() + b"\r\n"
_PARTS = st.sampled_from(
    [b";", b",", b'"', b"\r", b"\n", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"=", b"\xe9", b"a", b"\t"]
)


@given(start=st.sampled_from([b"", _HEADER]), parts=st.lists(st.one_of(_PARTS, st.binary(max_size=40)), max_size=60))
def test_any_bytes_are_read_or_refused(start: bytes, parts: list[bytes]):
    try:
        rows = list(read(start + b"".join(parts)))
    except FileRefusedError:
        return
    assert all(isinstance(row, ResultRow | RowErrors) for row in rows)


_TEXT = st.text(st.characters(codec="utf-8", categories=["L", "Nd", "P", "S", "Zs"]), max_size=20)


@given(cells=st.fixed_dictionaries(dict.fromkeys(GOOD, _TEXT)))
def test_a_row_of_any_texts_is_a_result_or_problems_and_never_both(cells: dict[str, str]):
    (row,) = [*read(a_file({**cells, "accession_number": "1"}))] or [None]

    assert isinstance(row, ResultRow | RowErrors)


@given(
    number=st.from_regex("(?![0-9]+E[0-9]+$)[A-Z0-9]{1,12}", fullmatch=True),  # but what a spreadsheet shortened
    family=st.sampled_from(["LE GOFF", "D’ARC", "ÇELİK", "O'NEIL", "NGUYỄN"]),
    born=st.dates(date(1900, 1, 1), date(2026, 11, 1)),
    sex=st.sampled_from("FMU"),
    separator=st.sampled_from(";,"),
)
def test_what_is_written_comes_back(number, family, born, sex, separator):
    cells = {"accession_number": number, "patient_last_name": family, "patient_dob": born.isoformat()}

    row = one(a_file({**cells, "patient_sex": sex}, separator=separator))

    assert (row.accession, row.patient.family_name, row.patient.birth_date, row.patient.sex.value) == (
        *(number, family, born, sex),
    )


@pytest.mark.parametrize("typed", ["28/03/1979", "28031979", "28 03 1979", "28.3.1979", "1979-03-28", " 28-03-1979 "])
def test_a_day_typed_in_a_list_of_lines_is_read_as_at_the_counter(typed):
    (line,) = list_of_lines(f"DURAND;Ana;{typed};F;28031979").decode("utf-8-sig").splitlines()[1:]

    assert line == "DURAND;Ana;1979-03-28;F;28031979;"
