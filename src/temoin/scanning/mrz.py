"""The machine-readable zone of identity documents: ICAO 9303 (TD1, TD2, TD3), and the French card of 1988 to 2021.

Check digits: weights 7, 3, 1; digits count for themselves, A to Z for 10 to 35, the filler `<` for nothing. The French
card has two lines of 36 characters of its own: names in both, no day of expiry, one digit over all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from temoin.scanning.scan import Scan, ScanKind, ScannedPerson, ScanTrouble, fault

_ZONE = re.compile("[A-Z0-9<]+")
_SPACES = re.compile(r"\s+")
_DAY = re.compile("[0-9<]{6}")
_NAMES = re.compile("[A-Z][A-Z<]*")
_LINES = {30: 3, 36: 2, 44: 2}  # characters of a line, and how many lines
_WEIGHTS = (7, 3, 1)


@dataclass(frozen=True, slots=True, repr=False)
class _Zone:
    """The parts of a zone that tell who its person is, and the parts that check digits stand behind."""

    names: str
    born: str
    sex: str
    checked: tuple[tuple[str, str], ...]
    is_full: bool  # its names reach the end of their place: more of them may be missing


def read_zone(text: str, *, today: date) -> Scan | None:
    """Read a zone, its lines one behind the other or apart; None for what is none."""
    plain = _SPACES.sub("", text.replace("«", "<<").replace("‹", "<")).upper()
    if not _ZONE.fullmatch(plain) or plain[0] not in "ACIP" or "<" not in plain:
        return None
    if len(plain) in {44, 36, 30, 60} and "<<" in plain:
        return fault(ScanKind.DOCUMENT, ScanTrouble.MRZ_PART)
    zone = _zone(plain)
    if zone is None:
        return None
    if not all(_digit_of(part) == digit for part, digit in zone.checked):
        return fault(ScanKind.DOCUMENT, ScanTrouble.MRZ_CHECK)
    if not _DAY.fullmatch(zone.born) or not _NAMES.fullmatch(zone.names) or zone.sex not in "MFX<":
        return fault(ScanKind.DOCUMENT, ScanTrouble.MRZ_FORM)
    return _scan(zone, today)


def _zone(plain: str) -> _Zone | None:
    length = next((length for length, lines in _LINES.items() if length * lines == len(plain)), None)
    if length is None:
        return None
    lines = [plain[place : place + length] for place in range(0, len(plain), length)]
    if length == 30:
        return _td1(*lines) if plain[0] in "ACI" else None
    if length == 44:
        return _td3(*lines) if plain[0] == "P" else None
    if plain.startswith("IDFRA"):
        return _french(*lines)
    return _td2(*lines) if plain[0] in "ACI" else None


def _td1(one: str, two: str, three: str) -> _Zone:
    all_of_it = one[5:30] + two[0:7] + two[8:15] + two[18:29]
    checked = (*_number(one[5:14], one[14], one[15:30]), (two[0:6], two[6]), (two[8:14], two[14]), (all_of_it, two[29]))
    return _Zone(three, two[0:6], two[7], checked, three[-1] != "<")


def _td2(one: str, two: str) -> _Zone:
    all_of_it = two[0:10] + two[13:20] + two[21:35]
    checked = (
        *_number(two[0:9], two[9], two[28:35]),
        (two[13:19], two[19]),
        (two[21:27], two[27]),
        (all_of_it, two[35]),
    )
    return _Zone(one[5:], two[13:19], two[20], checked, one[-1] != "<")


def _td3(one: str, two: str) -> _Zone:
    all_of_it = two[0:10] + two[13:20] + two[21:43]
    own = () if two[42] == "<" and not two[28:42].strip("<") else ((two[28:42], two[42]),)
    checked = ((two[0:9], two[9]), (two[13:19], two[19]), (two[21:27], two[27]), *own, (all_of_it, two[43]))
    return _Zone(one[5:], two[13:19], two[20], checked, one[-1] != "<")


def _french(one: str, two: str) -> _Zone:
    """Read the card of 1988 to 2021: the first line holds the birth name, the second the given names."""
    checked = ((two[0:12], two[12]), (two[27:33], two[33]), (one + two[0:35], two[35]))
    names = one[5:30].rstrip("<") + "<<" + two[13:27]
    return _Zone(names, two[27:33], two[34], checked, one[29] != "<" or two[26] != "<")


def _number(number: str, digit: str, more: str) -> tuple[tuple[str, str], ...]:
    """Return the document's number with its digit: one too long goes on in the optional part (9303-5, note j)."""
    if digit != "<":
        return ((number, digit),)
    rest = more.split("<")[0]
    return ((number + rest[:-1], rest[-1:]),)


def _digit_of(part: str) -> str:
    values = (0 if character == "<" else int(character, 36) for character in part)
    return str(sum(value * _WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)


def _scan(zone: _Zone, today: date) -> Scan:
    family, _marks, given = zone.names.partition("<<")
    born, trouble = _born(zone.born, today)
    notices = (*trouble, ScanTrouble.NAMES_CUT if zone.is_full else ScanTrouble.NAMES_OF_ZONE)
    person = ScannedPerson(
        family_name=_words(family),
        given_names=_words(given),
        sex=zone.sex if zone.sex in "FM" else "",
        birth_dates=born,
    )
    return Scan(kind=ScanKind.DOCUMENT, person=person, notices=notices)


def _words(text: str) -> str:
    """Return a name as words: the zone writes a hyphen, an apostrophe and a space alike."""
    return " ".join(part for part in text.split("<") if part)


def _born(text: str, today: date) -> tuple[tuple[date, ...], tuple[ScanTrouble, ...]]:
    """Return the days that six digits can mean: whoever is a hundred was born on the day of an infant."""
    if "<" in text:
        return (), (ScanTrouble.BIRTH_OPEN,)
    year, month, day = (int(text[place : place + 2]) for place in (0, 2, 4))
    found = []
    for century in (today.year // 100, today.year // 100 - 1):
        try:
            found.append(date(century * 100 + year, month, day))
        except ValueError:
            continue
    born = tuple(each for each in found if each <= today)
    if not born:
        return (), (ScanTrouble.BIRTH_OPEN,)
    return born, (ScanTrouble.BIRTH_CENTURY,) if len(born) > 1 else ()
