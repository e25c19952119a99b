"""The five separators of HL7 v2 (MSH-1, MSH-2), and how text is kept apart from them (HL7 2.5.1, §2.7)."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass
from functools import lru_cache

from temoin.formats.hl7v2.errors import Hl7Error

# Segment ends, the frame of MLLP and everything else invisible: each travels as \Xhh\, one hex byte.
_INVISIBLE = frozenset(chr(code) for code in (*range(0x20), 0x7F))
KNOWN = 16  # receivers whose tables stay at hand; a sender may invent separators without end
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_PRESENTATION = {".br": "\n", ".sp": "\n", "H": "", "N": ""}  # of formatted text (§2.7.2, §2.7.6)


@dataclass(frozen=True, slots=True)
class Separators:
    """The separators of one message; a receiver may use its own."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    def __post_init__(self) -> None:
        all_of_them = astuple(self)
        for one in all_of_them:
            if len(one) != 1 or not one.isascii() or not one.isprintable() or one.isalnum() or one == " ":
                raise Hl7Error("MSH-2", "a separator is one visible character, neither letter nor digit")
        if len(set(all_of_them)) != len(all_of_them):
            raise Hl7Error("MSH-2", "two separators are the same character")

    @property
    def encoding(self) -> str:
        """Return MSH-2."""
        return f"{self.component}{self.repetition}{self.escape}{self.subcomponent}"


DEFAULT = Separators()


def read_separators(header: str, name: str = "MSH") -> Separators:
    """Return the separators that a header segment (MSH, FHS, BHS) announces; escape and subcomponent may lack."""
    field = header[3:4]
    encoding = header[4:].split(field, 1)[0] if field else ""
    if not 2 <= len(encoding) <= 5:  # the fifth, truncation, is of version 2.7
        raise Hl7Error(f"{name}-2", "the separators are missing or malformed")
    known = tuple((encoding + DEFAULT.encoding[len(encoding) :])[:4])
    return Separators(field, *known)


def escaped(text: str, separators: Separators = DEFAULT) -> str:
    """Return text in which nothing can be taken for a separator, a segment end or a frame."""
    return text.translate(_written(separators))


def unescaped(text: str, separators: Separators = DEFAULT) -> str:
    """Return the text that was escaped; a sequence nobody defined, or a lone mark, stays as it stands."""
    if separators.escape not in text:
        return text
    pattern, names = _read(separators)
    return pattern.sub(lambda found: names[found[1]] if found[1] in names else _visible(found), text)


@lru_cache(KNOWN)
def _written(separators: Separators) -> dict[int, str]:
    """Return what each character that must not stand as it is becomes; a worker writes thousands of texts a second."""
    mark = separators.escape
    names = {char: name for name, char in _names(separators).items()}
    names |= {char: f"X{ord(char):02X}" for char in _INVISIBLE}
    if "." not in names:
        names["\n"] = ".br"  # what receivers show as a new line
    return {ord(char): f"{mark}{name}{mark}" for char, name in names.items()}


@lru_cache(KNOWN)
def _read(separators: Separators) -> tuple[re.Pattern[str], dict[str, str]]:
    mark = re.escape(separators.escape)
    return re.compile(f"{mark}([^{mark}]*){mark}"), {**_names(separators), **_PRESENTATION}


def _names(separators: Separators) -> dict[str, str]:
    return {
        "F": separators.field,
        "S": separators.component,
        "R": separators.repetition,
        "E": separators.escape,
        "T": separators.subcomponent,
    }


def _visible(found: re.Match[str]) -> str:
    """Read \\Xhh…\\ as bytes of UTF-8; leave anything else as it stands."""
    hexadecimal = _HEX.fullmatch(found[1])
    if hexadecimal is None:
        return found[0]
    try:
        return bytes.fromhex(hexadecimal[1]).decode()
    except UnicodeDecodeError:
        return found[0]
