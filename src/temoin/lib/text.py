"""The one cleaning of text, for all that people type and programs send: what is kept can be seen and printed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# Joiners shape letters in these scripts only (Unicode 16, chapters 9, 12, 13 and 16); elsewhere they are invisible.
_JOINING_SCRIPTS = frozenset(
    {
        *("ARABIC", "BENGALI", "DEVANAGARI", "GUJARATI", "GURMUKHI", "KANNADA", "KHMER", "MALAYALAM", "MANDAIC"),
        *("MONGOLIAN", "MYANMAR", "NKO", "ORIYA", "PHAGS-PA", "SINHALA", "SYRIAC", "TAMIL", "TELUGU"),
    }
)
_JOINERS = "\u200c\u200d"
# Default_Ignorable_Code_Point of DerivedCoreProperties.txt, Unicode 16, and the blank of Braille: nobody means to type
# them, and a pasted name brings them along; so they are left out.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Controls, halves of letters, private and unassigned letters, and formats that do show: nobody can tell what was meant.
_UNREADABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_LOST = "\ufffd"  # stands where some program before us could not read a letter
_MOST_MARKS = 5  # on one letter; no language writes more

# A byte of UTF-8 above 0x7F as Windows-1252 shows it; 0xA0 is a space there and proves nothing.
_SHOWN = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0) if byte != 0xA0)
_GARBLED = re.compile(f"[ÃÂÄÅ][{re.escape(_SHOWN)}]|(?:â€|áº|á»)[{re.escape(_SHOWN)}]")


class UnreadableTextError(ValueError):
    """The text holds signs that cannot be printed, or letters that were lost on the way."""


class GarbledTextError(UnreadableTextError):
    """The text seems to have been read in another encoding than it was written in ("JosÃ©" for José)."""


def clean_line(text: str) -> str:
    """Return a text as one line: composed (NFC), single spaces, nothing invisible. UnreadableTextError."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    line = " ".join(_readable(" ".join(text.split())).split())
    if _GARBLED.search(line):
        raise GarbledTextError
    return line


def clean_lines(text: str) -> str:
    """Return a text of several lines, each of them clean. UnreadableTextError."""
    return "\n".join(clean_line(line) for line in text.replace("\r\n", "\n").split("\n")).strip()


def is_clean(text: str) -> bool:
    """Tell whether a text of one or several lines is as the cleaning would leave it."""
    try:
        return clean_lines(text) == text
    except UnreadableTextError:
        return False


def is_readable(text: str) -> bool:
    """Tell whether a text can be cleaned."""
    try:
        clean_lines(text)
    except UnreadableTextError:
        return False
    return True


def shortened(text: str, most: int, size: Callable[[str], int] = len) -> str:
    """Return as much of a text as fits, cut between two letters as people see them, with no space at its end."""
    if size(text) <= most:
        return text
    end, room = 0, most
    for letter in text:
        room -= size(letter)
        if room < 0:
            break
        end += 1
    while end and _is_inside(text[end - 1], text[end]):
        end -= 1
    return text[:end].rstrip()


def _is_inside(before: str, after: str) -> bool:
    """Tell whether two characters show as one letter: a mark follows, a joiner, or the colour of a skin."""
    joined = before == "\u200d" or after in _JOINERS or "\U0001f3fb" <= after <= "\U0001f3ff"
    return joined or unicodedata.category(after).startswith("M")


def _readable(text: str) -> str:
    composed = unicodedata.normalize("NFC", _without_invisible(text))
    marks = 0
    for letter in composed:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if letter == _LOST or marks > _MOST_MARKS or (category in _UNREADABLE and letter not in _JOINERS):
            raise UnreadableTextError
    return composed


def _without_invisible(text: str) -> str:
    return _INVISIBLE.sub(_joiner_or_nothing, text)


def _joiner_or_nothing(found: re.Match[str]) -> str:
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    is_wanted = found[0] in _JOINERS and _joins(before) and _joins(after)
    return found[0] if is_wanted else ""


def _joins(letter: str) -> bool:
    return bool(letter) and unicodedata.name(letter, "").partition(" ")[0] in _JOINING_SCRIPTS
