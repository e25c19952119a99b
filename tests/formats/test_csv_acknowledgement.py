"""Acknowledgement files: only a whole line says something, and only of the key it names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.formats.csv.acknowledgement import HEADER, RowVerdict, acknowledgement_of, read_acknowledgements

KEY = "11111111-2222-4333-8444-555555555555"


def file(*lines: str, end: str = "\r\n", header: str = HEADER) -> bytes:
    return "".join(f"{line}{end}" for line in (header, *lines)).encode()


def verdict(data: bytes, key: str = KEY) -> RowVerdict | None:
    told = acknowledgement_of(key, read_acknowledgements(data))
    return None if told is None else told.verdict


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_line_says_what_became_of_a_key(end, mark):
    data = mark + file(f"{KEY},accepted,2026-1,", 'other,refused,,"no, not ""this"" one"', end=end)

    (own, other) = read_acknowledgements(data)

    assert (own.verdict, own.id, own.line.rstrip()) == (
        RowVerdict.ACCEPTED,
        "2026-1",
        f"{KEY},accepted,2026-1,".encode(),
    )
    assert (other.verdict, other.reason) == (RowVerdict.REFUSED, 'no, not "this" one')


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([f"{KEY},accepted,,"], RowVerdict.ACCEPTED),
        ([f"{KEY},refused,,why"], RowVerdict.REFUSED),
        ([f"{KEY},accepted,,", f"{KEY},accepted,7,"], RowVerdict.ACCEPTED),
        (["*,refused,,not CSV"], RowVerdict.REFUSED),
        (["unknown,accepted,,", "*,accepted,,"], None),
        ([f"{KEY},accepted,,", f"{KEY},refused,,"], None),
        ([f"{KEY},accepted,,", "*,refused,,"], None),
        ([f"{KEY},ACCEPTED,,"], RowVerdict.ACCEPTED),
        ([f"{KEY.upper()},Accepted,,"], RowVerdict.ACCEPTED),
        ([f"{KEY},accepted"], RowVerdict.ACCEPTED),
        ([f"{KEY},accepted,,,more,cells"], RowVerdict.ACCEPTED),
        ([f"{KEY} , accepted,,"], RowVerdict.ACCEPTED),
        ([f'"{KEY}","accepted","1",""'], RowVerdict.ACCEPTED),
        ([f'{KEY},refused,,"two', 'lines"', f"{KEY},refused,,"], RowVerdict.REFUSED),
        ([f'{KEY},accepted,"x,'], None),
        ([f"{KEY},accepté,,"], None),
        (['other,refused,,"x', f"{KEY},accepted,,"], RowVerdict.ACCEPTED),
        (["", f"{KEY},accepted,,"], RowVerdict.ACCEPTED),
        ([], None),
    ],
)
def test_only_what_is_said_of_a_key_without_contradiction_counts(lines, expected):
    assert verdict(file(*lines)) is expected


@pytest.mark.parametrize("size", range(len(file(f"{KEY},accepted,,")) - 1))
def test_half_a_file_says_nothing(size):
    assert verdict(file(f"{KEY},accepted,,")[:size]) is None


def test_whole_lines_count_before_half_a_line():
    data = file(f"{KEY},accepted,,", "other,accep")[:-2]

    assert verdict(data) is RowVerdict.ACCEPTED
    assert verdict(data, "other") is None


@pytest.mark.parametrize(
    "data",
    [
        file(f'"{KEY}","accepted","7","é"', header='"key","verdict","id","reason"'),
        file(f"{KEY};ACCEPTED;7;é", header="KEY;VERDICT;ID;REASON"),
        file(f"{KEY}\taccepted\t7\té", header="key\tverdict\tid\treason"),
        file(f"é,7,accepted,{KEY},x", header="reason,id,verdict,key,at"),
        file("key;verdict;id;reason", f"{KEY};accepted;7;é", header="sep=;"),
        file(f"{KEY},accepted,7,é", header="key,verdict,id,reason,received_at"),
        file(header=f"{KEY},accepted,7,é"),
        file(f"{KEY},accepted,7,é", end="\r"),
        "\ufeff".encode() + file(f"{KEY},accepted,7,é"),
        file(f"{KEY},accepted,7,é").decode().encode("latin-1"),
        file(f"{KEY},accepted,7,é").decode().encode("utf-16"),
    ],
)
def test_key_and_verdict_decide_in_whatever_form_the_file_is_written(data):
    (told,) = read_acknowledgements(data)

    assert (told.key, told.verdict, told.id, told.reason) == (KEY, RowVerdict.ACCEPTED, "7", "é")


def test_a_last_line_without_its_end_counts_in_a_file_known_to_be_whole():
    data = file(f"{KEY},accepted,7,").removesuffix(b"\r\n")

    assert read_acknowledgements(data) == []
    assert [each.key for each in read_acknowledgements(data, is_whole=True)] == [KEY]


@pytest.mark.parametrize("header", ["status,number", "verdict,reason", "{}", ""])
def test_another_header_is_another_format(header):
    assert read_acknowledgements(file(f"{KEY},accepted,,", header=header)) == [] or header == ""


@given(st.binary(max_size=80))
def test_nothing_else_acknowledges(noise):
    assert verdict(noise) is None
    assert verdict(file(f"{KEY},accepted,,") + noise) in {RowVerdict.ACCEPTED, None}
    assert verdict(HEADER.encode() + b"\r\n" + noise) is None
