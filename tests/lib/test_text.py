"""Text as it is kept: composed, visible, printable; what cannot be read is refused, what cannot be seen is left out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.lib.text import GarbledTextError, UnreadableTextError, clean_line, clean_lines, is_clean


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  MARIE\u00a0\u202fCLAIRE\t ", "MARIE CLAIRE"),
        ("Ele\u0301onore", "Eléonore"),
        ("MAR\u200bTIN", "MARTIN"),
        ("\ufeffMARTIN", "MARTIN"),
        ("MAR\u00adTIN", "MARTIN"),
        ("\u202eNITRAM\u202c", "NITRAM"),
        ("a\u2066b\u2069", "ab"),
        ("MAR\u200dTIN\u200c", "MARTIN"),
        ("e\u200b\u0301", "é"),
        ("MARTIN\U000e0041\ufe0f\u3164\u2800", "MARTIN"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("क्\u200dष", "क्\u200dष"),
        ("\u200dक", "क"),
        ("Łukasz Đặng Ngọc", "Łukasz Đặng Ngọc"),
    ],
)
def test_a_line_keeps_what_can_be_seen(typed, kept):
    assert clean_line(typed) == kept


@pytest.mark.parametrize(
    "sign", ["\0", "\x1b", "\x7f", "\x85\x9f", "\ufffd", chr(0xD800), "\ue000", "\u0378", "\ufdd0", "\u0600"]
)
def test_what_nobody_can_read_is_refused(sign):
    for clean in (clean_line, clean_lines):
        with pytest.raises(UnreadableTextError):
            clean(f"MAR{sign}TIN")
    assert not is_clean(f"MAR{sign}TIN")


def test_a_heap_of_accents_is_refused():
    with pytest.raises(UnreadableTextError):
        clean_line("Z" + "\u0335" * 6 + "algo")


def test_a_comment_keeps_its_lines():
    assert clean_lines("  one\u200b \r\n\r\n two ") == "one\n\ntwo"


@given(st.text())
def test_what_was_cleaned_is_clean(text):
    try:
        line = clean_line(text)
    except UnreadableTextError:
        return
    assert clean_line(line) == line == unicodedata.normalize("NFC", line)
    assert is_clean(line)
    assert not [letter for letter in line if unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"}]


@pytest.mark.parametrize(
    "name", ["José", "Éléonore", "Kałuża", "Đặng", "Straße", "Pérez Muñoz", "François", "Ürün", "Žižek", "Åse"]
)
def test_a_name_read_in_the_wrong_encoding_is_seen(name):
    with pytest.raises(GarbledTextError):
        clean_line(name.encode().decode("cp1252", "ignore"))


@pytest.mark.parametrize(
    "name",
    [
        "JOÃO",
        "Irmã",
        "MÃE",
        "Åsa",
        "ÄÄNEKOSKI",
        "Noël",
        "«\u00a0CAFÉ\u00a0»",
        "JOSÉ’S",
        "Nguyễn",
        "Łódź",
        "山田",
        "MARTIN",
    ],
)
def test_an_honest_name_is_not_called_garbled(name):
    assert clean_line(name)
