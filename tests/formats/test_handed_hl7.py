"""Foreign HL7 v2 results: what is tolerated, what is told, and what is refused by segment and field."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from handed_messages import HL7_MESSAGE, LABORATORY, NOW, changed, one_row, problems_of, read, rows_of
from hypothesis import example, given
from hypothesis import strategies as st

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.problems import CellProblem, FileRefusedError, RowErrors
from temoin.formats.csv.reading import Said
from temoin.formats.csv.rows import ResultRow, RowStatus
from temoin.formats.csv.tables import Encoding
from temoin.formats.handed import hl7_file
from temoin.formats.handed.measured import judge_measured
from temoin.formats.handed.opening import open_results
from temoin.formats.handed.told import ToldResult
from temoin.testing.report import Sex


def test_a_message_becomes_the_row_that_a_file_would_give():
    row = one_row(HL7_MESSAGE)

    assert (row.row, row.accession, row.status, row.outcome) == (5, "F1", RowStatus.FINAL, "positive")
    assert (row.patient.family_name, row.patient.given_name, row.patient.sex) == ("Doe", "Jane Ann", Sex.FEMALE)
    assert (row.patient.birth_date.isoformat(), row.patient.phone) == ("1980-02-29", "+12059992800")
    assert (row.patient.address.city, row.patient.address.country) == ("Birmingham", "USA")
    assert (row.device.device_name, row.device.loinc.code, row.specimen) == ("ID NOW", "94534-5", "nasal-swab")
    assert (row.laboratory.number, row.provider.number, row.comment) == ("01D1058442", "1013012657", "a & b")
    assert row.collected.at.isoformat() == "2026-11-24T08:30:00+01:00"
    assert row.tested.at.isoformat() == "2026-11-24T08:45:00+01:00"


def test_a_suffix_and_an_extension_that_nothing_keeps_are_said():
    file = read(changed(("Doe^Jane^Ann^^^^L", "Doe^Jane^Ann^Jr^^^L"), ("^205^9992800", "^205^9992800^12")))

    assert [name for name in file.not_kept if name.startswith("PID")] == ["PID-5.4", "PID-13.8"]


def test_what_is_not_read_and_not_kept_is_said():
    file = read(HL7_MESSAGE)

    assert (file.profile, file.count) == ("hl7-v2-oru", 1)
    assert (file.unread, file.not_kept) == (("PID-3", "OBR-4", "NTE-2", "ZXX"), ("OBX-3 95418-0",))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("frame", ["{}", "\x0b{}\x1c\r", "\ufeff{}", "\r\n \n{}"])
def test_any_end_of_line_and_the_frame_of_mllp_are_taken(end, frame):
    (row,) = rows_of(frame.format(HL7_MESSAGE.replace("\n", end)))

    assert isinstance(row, ResultRow)


def test_other_separators_are_those_that_the_header_tells():
    other = HL7_MESSAGE.translate(str.maketrans("|^~\\&", "!$%*@"))

    assert one_row(other).patient.family_name == "Doe"


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1"])
def test_a_version_is_read_with_the_specimen_where_it_has_it(version):
    old = changed(
        ("|2.5.1", f"|{version}"), ("SPM|1", "ZPM|1"), ("|||||||||1013012657", "||||||||THRT&Throat|1013012657")
    )

    assert one_row(old).specimen == "throat-swab"


@pytest.mark.parametrize(
    ("name", "codec"), [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/15", "iso8859-15"), ("", "utf-8")]
)
def test_each_message_is_read_in_the_character_set_that_it_tells(name, codec):
    told = changed(("|2.5.1", f"|2.5.1||||||{name}"), ("Doe^Jane", "Doë^Jane"))

    latin = changed(("|2.5.1", "|2.5.1||||||8859/1"), ("Doe^Jane", "Noël^Jane"), ("|F1|", "|F2|")).encode("latin-1")
    first, second = rows_of(told.encode(codec) + latin)
    assert (first.patient.family_name, second.patient.family_name) == ("Doë", "Noël")


def test_a_message_that_tells_no_character_set_is_read_in_the_one_that_was_said():
    (row,) = read(changed(("Doe^", "Doë^")).encode("cp1252"), Said(Encoding.WINDOWS_1252))

    assert row.patient.family_name == "Doë"


def test_one_broken_message_of_a_batch_harms_no_other():
    bad = changed(("PID|1", "PID^1"), ("|F1|", "|F2|"))
    batch = f"FHS|^~\\&\nBHS|^~\\&\n{HL7_MESSAGE}{bad}{changed(('|F1|', '|F3|'))}BTS|3\nFTS|1\n"

    first, second, third = rows_of(batch)

    assert (first.accession, third.accession) == ("F1", "F3")
    assert second == RowErrors(12, (CellProblem(12, "PID", "hl7_form"),))


@pytest.mark.parametrize("trailers", ["BTS|3\nFTS|1\n", "BTS|2\nFTS|2\n", "BTS|two\nFTS|1\n", "BTS|2.0\nFTS|1\n"])
def test_a_batch_that_was_cut_is_refused_whole(trailers):
    with pytest.raises(FileRefusedError, match="hl7_cut"):
        read(f"FHS|^~\\&\nBHS|^~\\&\n{HL7_MESSAGE}{HL7_MESSAGE}{trailers}")


def test_several_results_patients_and_orders_of_one_message_keep_apart():
    order = HL7_MESSAGE[HL7_MESSAGE.index("ORC") :]
    person = HL7_MESSAGE[HL7_MESSAGE.index("PID") : HL7_MESSAGE.index("ORC")].replace("Doe^Jane", "Roe^Rita")

    rows = rows_of(HL7_MESSAGE + order.replace("|F1|", "|F2|") + person + order.replace("|F1|", "|F3|"))

    told = [(row.accession, row.patient.family_name) for row in rows]
    assert told == [("F1", "Doe"), ("F2", "Doe"), ("F3", "Roe")]


def test_a_second_triplet_and_plain_words_tell_a_result():
    local = changed(("||260373001^Detected^SCT|", "||P^pos.^L^260373001^Detected^SCT|"))
    words = changed(("|CWE|94534-5", "|ST|94534-5"), ("||260373001^Detected^SCT|", "||NEG|"), ("|||A|||F", "||||||F"))

    assert (one_row(local).outcome, one_row(words).outcome) == ("positive", "negative")


@pytest.mark.parametrize(
    ("names", "family", "given"),
    [
        ("Usage^Jane^^^^^D~Naissance^Jane^^^^^L", "Naissance", "Jane"),
        ("Durand^Anne^Anne Marie^^^^L", "Durand", "Anne Marie"),
        ("van Dijk&van&Dijk^Jan^P.^^^^L", "van Dijk", "Jan P."),
        ("Légale^Zoé^^^^^L~Née^Zoé^^^^^B", "Née", "Zoé"),
        ('Suharto^""^^^^^L', "Suharto", ""),
        ('Suharto^""^""^^^^B', "Suharto", ""),
    ],
)
def test_the_name_at_birth_goes_before_others(names, family, given):
    row = one_row(changed(("Doe^Jane^Ann^^^^L", names)))

    assert (row.patient.family_name, row.patient.given_name) == (family, given)


@pytest.mark.parametrize(
    ("status", "meant"),
    [("C", RowStatus.CORRECTED), ("X", RowStatus.CANCELLED), ("D", RowStatus.CANCELLED), ("W", RowStatus.CANCELLED)],
)
def test_a_status_is_that_of_the_result(status, meant):
    assert one_row(changed(("|A|||F|", f"|A|||{status}|"))).status is meant


REFUSED = [
    (("ORU^R01^ORU_R01", "ORM^O01"), ("MSH-9", "hl7_type")),
    (("|2.5.1", "|2.6"), ("MSH-12", "hl7_version")),
    (("|77|P|", "|77|T|"), ("MSH-11", "not_production")),
    (("|77|P|", "|77|D|"), ("MSH-11", "not_production")),
    (("|77|P|", "|77|PROD|"), ("MSH-11", "processing")),
    (("|77|P|", "|77|X|"), ("MSH-11", "processing")),
    (("|77|P|", "|77|P^A|"), ("MSH-11", "processing")),
    (("|77|P|", "|77||"), ("MSH-11", "untold")),
    (("ORC|RE", "ORC|CA"), ("ORC-1", "status_differs")),
    (("ORC|RE", "ORC|OD"), ("ORC-1", "status_differs")),
    (("ORC|RE", "ORC|XO"), ("ORC-1", "order_control")),
    (("ORC|RE", "ORC|ZZ"), ("ORC-1", "order_control")),
    (("ORC|RE", "ORC|RE||||CA"), ("ORC-5", "status_differs")),
    (("ORC|RE", "ORC|RE||||dc"), ("ORC-5", "status_differs")),
    (("ORC|RE", "PID|2||||Roe^Ann||19800229|F\nORC|RE"), ("PID", "several_values")),
    (("260373001^Detected", "260373001^Not detected"), ("OBX-5", "values_differ")),
    (("260373001^Detected^SCT", "POS^Negative^HL70078"), ("OBX-5", "values_differ")),
    (("260373001^Detected^SCT|||A|", "260373001^Detected^SCT|||A^Negative^HL70078|"), ("OBX-8", "values_differ")),
    (("|||||F\n", "|||||S\n"), ("OBR-25", "not_final")),
    (("|||||F\n", "|||||Z\n"), ("OBR-25", "state")),
    (("|94534-5^SARS-CoV-2 RdRp^LN||260", "|94534-5^x^LN^94558-4^y^LN||260"), ("OBX-3", "tests_differ")),
    (("|94534-5^SARS-CoV-2 RdRp^LN||260", "|94534-5^x^LN^883-9^y^LN||260"), ("OBX-3", "tests_differ")),
    (("ID NOW^^L", "ID NOW^^L^BinaxNOW COVID-19 Ag Card^^L"), ("OBX-17", "values_differ")),
    (("ID NOW^^L", "ID NOW^^L~BinaxNOW COVID-19 Ag Card^^L"), ("OBX-17", "values_differ")),
    (("445297001^Nasal swab^SCT", "445297001^Nasal swab^SCT^SAL^Saliva^HL70487"), ("SPM-4", "values_differ")),
    (("||202611240830\n", "||202611240830||||HEM\n"), ("SPM-21", "specimen_unfit")),
    (("MSH|^~\\&|", "MSH|^^\\&|"), ("MSH-2", "hl7_form")),
    (("|2.5.1", "|2.5.1||||||KLINGON"), ("MSH-18", "hl7_charset")),
    (("PID|1", "ZID|1"), ("PID-5.1", "untold")),
    (("OBR|1", "ZBR|1"), ("OBR", "untold")),
    (("OBX|1", "ZBX|1"), ("OBX", "no_result")),
    (("|19800229|", "|198002|"), ("PID-7", "told_date")),
    (("|19800229|", "|19800230|"), ("PID-7", "told_date")),
    (("|19800229|", '|""|'), ("PID-7", "untold")),
    (("|19800229|F|", "|19800229|W|"), ("PID-8", "sex")),
    (("Doe^Jane", "Do\u202ee\ufffd^Jane"), ("PID-5.1", "told_invisible")),
    (("Doe^Jane", "Zo\u00c3\u00ab^Jane"), ("PID-5.1", "told_garbled")),
    (("Doe^Jane", "Doe\\X00\\^Jane"), ("PID-5.1", "told_invisible")),
    (("^^^^L||", "^^^^S||"), ("PID-5.1", "untold")),
    (("Doe^Jane^Ann^^^^L", "Doe^^^^^^L"), ("PID-5.2", "told_given_names")),
    (("^USA|", "^Atlantis|"), ("PID-11.6", "country")),
    (("|P1|F1|", "|||"), ("OBR-3", "untold")),
    (("OBX|1|CWE|94534-5^SARS-CoV-2 RdRp^LN", "OBX|1|CWE|COV^SARS-CoV-2^L"), ("OBX-3", "test_system")),
    (("OBX|1|CWE|94534-5", "OBX|1|CWE|883-9"), ("OBX-3", "unknown_test")),
    (("260373001^Detected^SCT", "840539006^Detected^SCT"), ("OBX-5", "outcome")),
    (("260373001^Detected^SCT", "260373001^^SCT~260415000^^SCT"), ("OBX-5", "several_values")),
    (("260373001^Detected^SCT", "260373001^^SCT^260415000^^SCT"), ("OBX-5", "values_differ")),
    (("260373001^Detected^SCT|||A|", "260415000^Not detected^SCT|||POS|"), ("OBX-8", "values_differ")),
    (("260373001^Detected^SCT", "373121007^Not done^SCT"), ("OBX-5", "test_not_done")),
    (("OBX|1|CWE|", "OBX|1|NM|"), ("OBX-5", "not_a_word")),
    (("OBX|1|CWE|", "OBX|1|ED|"), ("OBX-2", "not_a_word")),
    (("|A|||F|", "|A|||P|"), ("OBX-11", "not_final")),
    (("|A|||F|", "|A|||Q|"), ("OBX-11", "told_status")),
    (("|||||F\n", "|||||X\n"), ("OBR-25", "status_differs")),
    (("ID NOW^^L", "Other^^L"), ("OBX-17", "unknown_device")),
    (("ID NOW^^L", ""), ("OBX-17", "untold")),
    (("^^^^01D1058442", ""), ("OBX-23.10", "untold")),
    (("^^^^01D1058442", "^^^^123456789"), ("OBX-23.10", "finess")),
    (("445297001^Nasal swab", "1^Elbow"), ("SPM-4", "specimen")),
    (("SPM|1", "SPM|2|||445297001\nSPM|1"), ("SPM-4", "several_values")),
    (("|20261124084500|", "||"), ("OBX-19", "untold")),
    (("|20261124084500|", "|24/11/2026|"), ("OBX-19", "told_time")),
    (("|20261124084500|", "|2026112408|"), ("OBX-19", "told_time")),
    (("|20261124084500|", "|20261124070000|"), ("OBX-19", "before_collection")),
    (("|20261124084500|", "|20271124084500|"), ("OBX-19", "future")),
    (("^PRN^PH^", "~" * 5_001), ("PID-13", "too_long")),
]


@pytest.mark.parametrize(("change", "problem"), REFUSED)
def test_what_cannot_be_taken_is_told_by_its_place(change, problem):
    assert problem in problems_of(changed(change))


def test_every_problem_has_its_words_in_both_languages():
    for change, _ in REFUSED:
        for row in rows_of(changed(change)):
            for one in row.problems if isinstance(row, RowErrors) else ():
                assert all((one.message("fr"), one.remedy("fr"), one.message("en"), one.remedy("en")))


def test_a_time_without_offset_is_of_the_laboratorys_clock_and_refused_where_nobody_knows_it():
    alone = changed(("20261124090000+0100", "20261124090000"), ("202611240830||||||", "202611231030||||||"))
    at = ("|||||||||||||202611240830", "|||||||||||||202611231030")
    known = changed(at, ("20261124084500", "20261123104500"), message=alone)

    assert one_row(known).tested.at.isoformat() == "2026-11-23T10:45:00-06:00"
    assert ("OBX-19", "zone_untold") in problems_of(changed(("^AL^35228", ""), message=known))


def test_an_offset_that_no_clock_keeps_is_never_taken_for_the_pharmacys():
    cells = {"test_result": "Positive", "test_result_status": "F", "test_result_date": "20261124084500"}

    judged = judge_measured(ToldResult(1, cells, offset="+1500"), CellRules(NOW))

    assert isinstance(judged, RowErrors)
    assert [(one.column, one.code) for one in judged.problems] == [("MSH-7", "told_time")]


def test_segments_without_header_are_told_and_the_messages_after_them_taken():
    lost = HL7_MESSAGE[HL7_MESSAGE.index("PID") :] + changed(("|F1|", "|F2|"))

    first, second = rows_of(lost)

    assert first == RowErrors(1, (CellProblem(1, "MSH", "hl7_headless"),))
    assert second.accession == "F2"


def test_a_message_that_goes_on_elsewhere_says_so():
    cut = read(changed(("|77|P|2.5.1", "|77|P|2.5.1||next")) + "DSC|next|F\n")

    assert {"MSH-14", "DSC"} <= set(cut.unread)


def test_a_message_beyond_all_measure_is_refused_and_the_next_one_taken(monkeypatch):
    monkeypatch.setattr(hl7_file, "LARGEST_MESSAGE", 4_000)
    monkeypatch.setattr(hl7_file, "_PORTION", 100)

    first, second = rows_of(changed(("a \\T\\ b", "x" * 5_000)) + changed(("|F1|", "|F2|")))

    assert first == RowErrors(1, (CellProblem(1, "", "message_too_long"),))
    assert second.accession == "F2"


def test_a_file_of_an_envelope_alone_holds_no_message():
    with pytest.raises(FileRefusedError, match="hl7_empty"):
        read("FHS|^~\\&\nBHS|^~\\&\nBTS|0\nFTS|1\n")


def test_names_of_segments_without_end_are_not_all_told():
    many = "".join(f"Z{a}{b}|x\n" for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJ")

    assert len(read(HL7_MESSAGE + many).unread) == 61


LINES = HL7_MESSAGE.splitlines()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a message in which bytes were changed, lost, doubled or put in another place."""
    data = bytearray(HL7_MESSAGE.encode())
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data) - 1))
        length = draw(st.integers(0, 40))
        put = draw(
            st.one_of(st.binary(max_size=8), st.sampled_from([b"|", b"^", b"~", b"\\", b"&", b"\r", b"\0", b'""']))
        )
        data[place : place + length] = put * draw(st.sampled_from([1, 1, 1, 300]))
    return bytes(data)


@given(
    st.one_of(
        mutated(),
        st.binary().map(lambda tail: b"MSH|^~\\&|" + tail),
        st.permutations(LINES).map("\r".join).map(str.encode),
    )
)
@example(b"MSH|")
@example(b"MSH|^~\\&" + b"|" * 100_000)
@example(b"MSH|^~\\&\r" + b"OBX\r" * 10_000)
@example("MSH|^~\\&|\r".encode("utf-16"))
def test_whatever_comes_is_taken_or_told_and_nothing_else_happens(data):
    refused = None
    try:
        rows = rows_of(data)
    except FileRefusedError as error:
        refused, rows = error, []
    assert refused is None or all((refused.message("fr"), refused.remedy("en")))
    for row in rows:
        assert isinstance(row, ResultRow) or all(one.message("fr") and one.remedy("en") for one in row.problems)


def test_no_refusal_repeats_a_value():
    for row in rows_of(changed(("Doe^Jane", "Do\ufffde^Jane"), ("|19800229|", "|Jane Doe|"))):
        assert "Jane" not in repr(row)


@pytest.mark.parametrize("said", ["IND", "E", "NR", "260415000^Not detected^SCT", "x^Negative^L"])
def test_an_interpretation_in_any_code_must_not_contradict_the_result(said):
    assert problems_of(changed(("|||A|||F", f"|||{said}|||F"))) == [("OBX-8", "values_differ")]


@pytest.mark.parametrize(
    "said", ["A^Abnormal^HL70078", "POS^Positive^HL70078", "RR", "10828004^Positive^SCT", "^Abnormal"]
)
def test_an_interpretation_that_agrees_or_says_no_outcome_is_passed(said):
    assert one_row(changed(("|||A|||F", f"|||{said}|||F"))).outcome == "positive"


def test_a_place_of_birth_and_an_office_are_no_home():
    home = "12 Oak Street^^Birmingham^AL^35226^USA"
    other = changed((home, f"^^Lyon^^69001^FRA^BDL~1 Main^^Troy^AL^36081^USA^O~{home}^H"))

    assert one_row(other).patient.address == one_row(HL7_MESSAGE).patient.address
    assert one_row(changed((home, "^^Lyon^^69001^FRA^BDL"))).patient.address.city == ""


@pytest.mark.parametrize("use", ["EMR", "ASN", "BPN", "WPN"])
def test_a_number_of_somebody_else_or_of_work_stands_back(use):
    more = changed(
        ("^PRN^PH^^1^205^9992800", f"^{use}^PH^boss@example.org^1^205^5550100~^PRN^PH^a@example.org^1^205^9992800")
    )

    assert (one_row(more).patient.phone, one_row(more).patient.email) == ("+12059992800", "a@example.org")


def test_a_nickname_is_no_name():
    assert one_row(changed(("Doe^Jane", "Doe^Jinny^^^^^N~Doe^Jane"))).patient.given_name == "Jane Ann"


@pytest.mark.parametrize("born", ["19800229220000+0000", "198002290100+0100"])
def test_a_birth_at_an_hour_of_some_zone_is_refused(born):
    assert problems_of(changed(("|19800229|", f"|{born}|"))) == [("PID-7", "told_date")]


@pytest.mark.parametrize("born", ["19800229220000", "19800229000000-0600", "198002290000"])
def test_a_birth_by_the_clock_of_its_place_is_its_day(born):
    assert one_row(changed(("|19800229|", f"|{born}|"))).patient.birth_date.isoformat() == "1980-02-29"


def test_words_with_signs_of_the_standard_in_them_are_kept_whole():
    assert one_row(changed((r"a \T\ b", "seen twice & read ^ again"))).comment == "seen twice & read ^ again"
    two = changed(("|CWE|94534-5", "|ST|94534-5"), ("260373001^Detected^SCT", "Positive^Negative"))
    assert problems_of(two) == [("OBX-5", "outcome")]


@pytest.mark.parametrize("mode", ["t", "d", "TEST", "Training"])
def test_a_trial_is_one_however_it_is_written(mode):
    assert problems_of(changed(("|P|2.5.1", f"|{mode}|2.5.1"))) == [("MSH-11", "not_production")]


def test_a_laboratory_of_a_territory_has_its_clock_and_its_people_by_the_territorys_own_code():
    there = "PHARMACIE^^^^^FINEG^^^^750712184|1 rue^^Cayenne^^97300^GUF"
    content = changed(
        (f"My Testing Lab^^^^^CLIA^^^^{LABORATORY}|300 North Street^^Birmingham^AL^35228", there),
        ("12 Oak Street^^Birmingham^AL^35226^USA", "1 rue^^Cayenne^^97300"),
        ("^PRN^PH^^1^205^9992800", "0694 20 12 34^PRN^PH"),
        ("20261124090000+0100", "20261124090000"),
    )
    zones = {"97300": "America/Cayenne"}
    rules = CellRules(NOW + timedelta(days=1), zone_of_postcode=lambda code: zones.get(code, ""))
    (row,) = open_results(io.BytesIO(content.encode()), rules=rules, said=Said())

    assert not isinstance(row, RowErrors), row
    assert row.patient.address.country == "GUF"
    assert row.collected.at.utcoffset() == timedelta(hours=-3)
