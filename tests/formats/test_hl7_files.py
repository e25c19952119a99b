"""Messages and files of other systems: what is tolerated, and what is refused by segment and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.formats.hl7v2 import Hl7Error, Results, read_message, read_messages, read_results

# Files of other systems lie beside a developer's checkout, not in this repository: their licences differ.
GIVEN_FILES = Path(__file__).parents[3] / "shared" / "data" / "hl7"

# Messages, results of the first, answers of the first.
GIVEN_AND_READ = {
    "01_single_covid_ag.hl7": (1, ["260415000"], 5),
    "02_batch_two_messages.hl7": (2, ["260415000"], 4),
    "10_marsotc_valid.hl7": (1, ["260373001"], 1),
    "13_marsotc_invalid.hl7": (1, ["260373001"], 1),
    "20_from_csv_single.hl7": (1, ["840539006"], 5),
    "32_multiplex_AR.hl7": (1, ["260373001", "260373001", "260415000"], 0),
    "37_aoe_date_answer.hl7": (1, ["260373001"] * 3, 0),
    "62_unknown_segment_SCT.hl7": (1, ["260415000"], 0),
}
GIVEN_AND_REFUSED = {
    "70_orm_v26_wrong_type.hl7": r"MSH-9 \(line 1\): is not ORU\^R01",
    "84_garbled_two_items.hl7": r"MSH-1 \(line 1\): is missing",
}

MESSAGE = r"""MSH|^~\&|LIS^1.2^ISO|LAB|T|T|20261124120000+0100||ORU^R01^ORU_R01|77|P|2.5.1
PID|1||42^^^LAB^MR||Doe^Jane||19800229|F
ORC|RE
OBR|1|P1|F1|94558-4^SARS-CoV-2 Ag^LN|||202611241130||||||||||||||||||F
OBX|1|CWE|94558-4^SARS-CoV-2 Ag^LN||10828004^Positive^SCT||||||F|||202611241130|||R1^Kit^L
OBX|2|CWE|95418-0^Employed in healthcare^LN||Y^Yes^HL70136||||||F||||||||||||||||||QST
NTE|1|L|a \T\ b
ZXX|anything
SPM|1|||258500001^Nasopharyngeal swab^SCT
"""


def read(text: str) -> Results:
    return read_results(read_message(text.encode()))


def changed(old: str, new: str) -> str:
    assert old in MESSAGE
    return MESSAGE.replace(old, new)


def test_given_files_are_read():
    for name, (count, outcomes, answers) in GIVEN_AND_READ.items() if GIVEN_FILES.is_dir() else ():
        results = [read_results(each) for each in read_messages((GIVEN_FILES / name).read_bytes())]

        observations = results[0].orders[0].observations
        assert len(results) == count, name
        assert [each.value.code for each in observations if not each.is_answer] == outcomes, name
        assert sum(each.is_answer for each in observations) == answers, name


def test_given_files_are_refused_by_segment_and_field():
    for name, place in GIVEN_AND_REFUSED.items() if GIVEN_FILES.is_dir() else ():
        with pytest.raises(Hl7Error, match=place):
            [read_results(each) for each in read_messages((GIVEN_FILES / name).read_bytes())]


def test_a_message_says_who_what_and_when():
    results = read(MESSAGE)

    (order,) = results.orders
    result, answer = order.observations
    assert (results.control_id, results.patient.family_name, results.patient.number) == ("77", "Doe", "42")
    assert (order.number, order.status, order.specimen.code, order.notes) == ("F1", "F", "258500001", ("a & b",))
    assert (result.value.words, result.kit.code, result.at.isoformat()) == ("Positive", "R1", "2026-11-24T11:30:00")
    assert (result.is_answer, answer.is_answer) == (False, True)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r"])
def test_any_end_of_line_is_taken(end):
    assert read(MESSAGE.replace("\n", end)) == read(MESSAGE)


def test_two_orders_of_one_message_keep_apart():
    order = MESSAGE[MESSAGE.index("OBR") :]

    results = read(MESSAGE + order.replace("F1", "F2"))

    assert [each.number for each in results.orders] == ["F1", "F2"]


def test_an_order_without_specimen_bears_the_senders_number_when_it_has_no_other():
    results = read(changed("|F1|", "||").replace("SPM|1", "ZPM|1"))

    assert (results.orders[0].number, results.orders[0].specimen) == ("P1", None)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("ORU^R01^ORU_R01", "ORM^O01", "MSH-9"),
        ("ORU^R01^ORU_R01", "", "MSH-9"),
        ("|2.5.1", "|2.6", "MSH-12"),
        ("|77|", "||", "MSH-10"),
        ("PID|", "ZID|", "PID: must be there once, not 0"),
        ("ORC|RE", "PID|2", "PID: must be there once, not 2"),
        ("OBR|", "ZBR|", "OBR: is missing"),
        ("|||||||F\n", "|||||||Q\n", "OBR-25"),
        ("OBX|1|CWE|94558-4^", "OBX|1|CWE|^", "OBX-3"),
        ("||||||F|||202611241130", "|||||||||202611241130", "OBX-11"),
        ("F|||202611241130|||R1", "F|||24/11/2026|||R1", "OBX-14"),
        ("OBX|1|CWE|94558-4^", "OBX|1|CWE|95417-2^", "OBR-4.*has no result"),
        ("MSH|", "MS|", "MSH-1"),
        ("PID|1", "PI|1", "line 2"),
        ("PID|1", "PID^1", "PID"),
        ("MSH|^~\\&|", "MSH|^^\\&|", "MSH-2"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_place(old, new, place):
    with pytest.raises(Hl7Error, match=place):
        read(changed(old, new))


@pytest.mark.parametrize("text", ["", "\r\n", "FHS|^~\\&\rBHS|^~\\&\rBTS|0\rFTS|1\r"])
def test_a_file_without_message_is_refused(text):
    with pytest.raises(Hl7Error, match="MSH"):
        read_messages(text.encode())


def batch(*, messages: str = "2", batches: str = "1") -> bytes:
    body = MESSAGE + MESSAGE.replace("|77|", "|78|")
    return f"FHS|^~\\&\nBHS|^~\\&\n{body}BTS|{messages}\nFTS|{batches}\n".encode()


@pytest.mark.parametrize(("messages", "batches"), [("2", "1"), ("", "")])
def test_a_batch_is_read_message_by_message(messages, batches):
    read = read_messages(batch(messages=messages, batches=batches))

    assert [each.header.text(10) for each in read] == ["77", "78"]


@pytest.mark.parametrize(("told", "place"), [({"messages": "3"}, "BTS-1"), ({"batches": "2"}, "FTS-1")])
def test_a_file_that_was_cut_is_refused(told, place):
    with pytest.raises(Hl7Error, match=place):
        read_messages(batch(**told))


def test_a_segment_outside_any_message_is_refused():
    with pytest.raises(Hl7Error, match=r"PID \(line 2\).*its MSH is missing"):
        read_messages(b"BHS|^~\\&\nPID|1\n")


def test_one_message_is_not_two():
    with pytest.raises(Hl7Error, match="must be there once"):
        read_message(batch())


def with_character_set(name: str) -> str:
    return changed("|2.5.1", f"|2.5.1||||||{name}").replace("Jane", "Zoë")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("8859/1~", "latin-1"),
    ],
)
def test_the_character_set_is_the_one_the_header_tells(name, codec):
    message = read_message(with_character_set(name).encode(codec))

    assert read_results(message).patient.given_name == "Zoë"


@pytest.mark.parametrize(("name", "codec"), [("UNICODE UTF-8", "latin-1"), ("KLINGON", "utf-8")])
def test_bytes_of_another_character_set_are_refused(name, codec):
    with pytest.raises(Hl7Error, match="MSH-18"):
        read_message(with_character_set(name).encode(codec))


def test_a_byte_order_mark_is_no_part_of_the_message():
    marked = b"\xef\xbb\xbf" + with_character_set("UNICODE UTF-8").encode()

    assert read_message(marked).header.text(10) == "77"


@given(st.one_of(st.binary(), st.binary().map(lambda tail: MESSAGE.encode() + tail), st.text().map(str.encode)))
def test_whatever_comes_is_read_or_refused_by_its_place(data):
    try:
        for each in read_messages(data):
            read_results(each)
    except Hl7Error:
        return


def test_a_refusal_repeats_no_value():
    with pytest.raises(Hl7Error) as refused:
        read(changed("19800229|F", "19800229|F").replace("202611241130|||R1", "Doe Jane|||R1"))

    assert "Doe" not in str(refused.value)
