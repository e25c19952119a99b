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
    ("lines", "errors"),
    [
        (["ERR|||207^^HL70357|E"], {"207"}),
        (["ERR|||206^^HL70357|E", "ERR|||207|F"], {"206", "207"}),
        (["ERR|||207|E", "ERR|||101|W", "ERR|||102|i"], {"207"}),
        (["ERR|||203^Unsupported version"], {"203"}),
        (["ERR|PID^1^5^101&Required field missing~OBX^1^5^103&Table value"], {"101", "103"}),
        (["ERR|207^Application internal error"], {"207"}),
        (["ERR||||E|||no code at all"], {""}),
        (["ERR|||0^Message accepted^HL70357|I"], set()),
        (["ERR|||0^Message accepted^HL70357"], set()),
        (["ERR|||0^Message accepted^HL70357|E"], set()),
        (["ERR|^^^0&Message accepted&HL70357"], set()),
        (["ERR|0"], set()),
        (["ERR|"], set()),
        (["ERR"], set()),
    ],
)
def test_what_counts_as_an_error_is_read_in_the_form_of_any_version(lines, errors):
    read = read_acknowledgement(answer("MSA|AA|K1", *lines))

    assert read.errors == errors
    assert (read.is_positive, read.is_contradictory) == (not errors, bool(errors))


def test_the_error_condition_of_older_versions_is_an_error():
    assert read_acknowledgement(answer("MSA|AE|K1||||207^Application internal error")).errors == {"207"}


MSA = "MSA|AA|K1"


@pytest.mark.parametrize(
    "data",
    [
        answer("MSA|aa|k1"),
        answer("MSA| AA | K1 "),
        answer("msa|AA|K1", header=HEADER.lower()),
        answer("SFT|x|y", "ZZZ anything", "ERR|||0", MSA),
        answer("half a segment", MSA),
        answer(MSA, MSA),
        answer(MSA, HEADER, MSA),
        answer("MSA|AE|another", MSA, "MSA|OK|K1"),
        answer(MSA).replace(b"\r", b"\n"),
        answer(MSA).replace(b"\r", b"\r\n"),
        answer(MSA).removesuffix(b"\r"),
        b"\xef\xbb\xbf" + answer(MSA),
        b"\r\n  " + answer(MSA),
        answer(MSA, header=HEADER.replace("ACK^R01^ACK", "ORU^R01")),
        answer(MSA, header=HEADER.replace("|R|R|", "||")),
        answer(MSA, header="MSH|^~\\\\&|R"),
        answer(MSA, header="MSH||R"),
        answer(MSA, header="MSH|"),
        answer("MSA^AA^K1", header="MSH^~|\\&^R"),
        answer("MSA#AA#K1"),
        MSA.encode(),
        answer(MSA, header=f"{HEADER}||||||KLINGON"),
        answer(MSA, header=f"{HEADER}||||||utf8"),
        answer(MSA, header=f"{HEADER}||||||iso-8859-1"),
        answer(MSA).replace(b"|R|R|", b"|R|Pharmacie du March\xe9|"),
        answer(MSA + "|March?").replace(b"?", b"\xe9"),
    ],
)
def test_msa_alone_decides_whatever_stands_around_it(data):
    read = read_acknowledgement(data, "K1")

    assert (read.is_positive, read.control_id) == (True, "K1")


KEY, TWIN = "11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8999-555555555555"


@pytest.mark.parametrize(
    ("told", "under_way", "is_ours"),
    [
        (KEY[:20], {KEY}, True),
        (KEY[:35].upper(), {KEY, TWIN}, True),
        (KEY[:20], set(), True),
        (KEY[:20], {KEY, TWIN}, False),
        (KEY[:19], {KEY}, False),
        (KEY + "0", {KEY}, False),
        (TWIN[:21], {KEY, TWIN}, False),
    ],
)
def test_a_control_id_that_the_receiver_cut_is_ours_where_it_can_be_no_other(told, under_way, is_ours):
    read = read_acknowledgement(answer(f"MSA|AA|{told}"), KEY, under_way)

    assert (read.control_id == KEY) == is_ours


def test_words_are_read_in_the_character_set_that_the_answer_names():
    told = answer("MSA|AE|K1|refus\u00e9", header=f"{HEADER}||||||ISO 8859-1").decode().encode("latin-1")

    assert read_acknowledgement(told).words == "refus\u00e9"


def test_the_receivers_own_separators_are_read():
    read = read_acknowledgement(b"MSH#*!%@#R#R#S#S#20261124##ACK*R01#A1#P#2.5.1\rMSA#AA#K%F%1\r")

    assert read.control_id == "K#1"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "MSA"),
        (b"HTTP/1.1 400 Bad Request\r\n", "MSA"),
        (answer(), "MSA"),
        (answer("MSA|AA|K1", "MSA|AE|K1"), "MSA: says yes and no"),
        (answer("MSA|OK|K1"), "MSA-1"),
        (answer("MSA||K1"), "MSA-1"),
        (answer("MSA|AA"), "MSA-2"),
        (answer("MSA|AA|K1", HEADER, "MSA|AR|K1"), "MSA: says yes and no"),
    ],
)
def test_what_answers_nothing_is_refused(data, place):
    with pytest.raises(Hl7Error, match=place):
        read_acknowledgement(data, "K1")


@given(st.one_of(st.binary(), st.binary().map(lambda tail: answer("MSA|AA|K1")[:-1] + tail)))
def test_whatever_comes_is_an_answer_or_a_refusal(data):
    try:
        read = read_acknowledgement(data)
    except Hl7Error:
        return
    assert read.control_id
