"""Answers of a receiver, in the shapes of 2.3 to 2.5.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.formats.hl7v2 import Hl7Error, read_acknowledgement

HEADER = "MSH|^~\\&|R|R|S|S|20261124||ACK^R01^ACK|A1|P|2.5.1"


def answer(*lines: str, header: str = HEADER) -> bytes:
    return "\r".join([header, *lines, ""]).encode()


@pytest.mark.parametrize(
    ("code", "positive"), [("AA", True), ("CA", True), ("AE", False), ("AR", False), ("CE", False), ("CR", False)]
)
def test_each_code_is_read(code, positive):
    read = read_acknowledgement(answer(f"MSA|{code}|K1|words"))

    assert (read.code, read.control_id, read.own_id, read.is_positive) == (code, "K1", "A1", positive)
    assert read.told == "words"


def test_the_reasons_are_kept_with_their_places():
    read = read_acknowledgement(
        answer("MSA|AE|K1", "ERR||PID^1^5|101^Required field missing^HL70357|E||||Name \\T\\ first name")
    )

    (complaint,) = read.complaints
    assert (complaint.place, complaint.code, complaint.severity) == ("PID-1-5", "101", "E")
    assert read.told == "PID-1-5 101 Name & first name"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ERR||OBX^1^5|103^Table value not found|E|||diagnostic", "OBX-1-5 103 diagnostic"),
        ("ERR|||103^Table value not found", "103 Table value not found"),
        ("ERR|PID^1^5^101&Required field missing", "PID-1-5 101 Required field missing"),
    ],
)
def test_errors_of_any_version_are_told(line, told):
    assert read_acknowledgement(answer("MSA|AE|K1", line)).told == told


@pytest.mark.parametrize(
    ("code", "errors", "passing"),
    [
        ("AR", ["207^^HL70357|E"], True),
        ("CR", ["206^^HL70357|E", "207|F"], True),
        ("AR", ["207|E", "101|W"], True),
        ("AE", ["207|E"], True),
        ("AR", ["207|E", "203|E"], False),
        ("AR", ["203^Unsupported version"], False),
        ("AR", [], False),
        ("AR", ["207|W"], False),
        ("AA", ["207|E"], False),
    ],
)
def test_only_a_trouble_that_passes_is_worth_the_same_message_again(code, errors, passing):
    read = read_acknowledgement(answer(f"MSA|{code}|K1", *(f"ERR|||{each}" for each in errors)))

    assert read.is_passing is passing


def test_the_receivers_own_separators_are_read():
    read = read_acknowledgement(b"MSH#*!%@#R#R#S#S#20261124##ACK*R01#A1#P#2.5.1\rMSA#AA#K%F%1\r")

    assert read.control_id == "K#1"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "MSH"),
        (b"HTTP/1.1 400 Bad Request\r\n", "MSH-1"),
        (answer("MSA|AA|K1", header=HEADER.replace("ACK^R01^ACK", "ORU^R01")), "MSH-9"),
        (answer(), "MSA"),
        (answer("MSA|AA|K1", "MSA|AA|K1"), "MSA"),
        (answer("MSA|OK|K1"), "MSA-1"),
        (answer("MSA||K1"), "MSA-1"),
        (answer("MSA|AA"), "MSA-2"),
        (answer("MSA|AA|K1", HEADER, "MSA|AA|K1"), "MSH"),
    ],
)
def test_what_is_not_one_answer_is_refused(data, place):
    with pytest.raises(Hl7Error, match=place):
        read_acknowledgement(data)


@given(st.one_of(st.binary(), st.binary().map(lambda tail: answer("MSA|AA|K1")[:-1] + tail)))
def test_whatever_comes_is_an_answer_or_a_refusal(data):
    try:
        read = read_acknowledgement(data)
    except Hl7Error:
        return
    assert read.control_id
