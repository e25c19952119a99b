"""HIBC, the other issuer of codes for boxes: ANSI/HIBC 2.6, Supplier Labeling Standard.

First code: `+`, four characters of the labeler (the first a letter), up to 18 of the product, a digit for the unit,
a check character. Second code: `+`, what tells the boxes apart, the first one's check character, its own. Both in one
symbol: the first without its check, `/`, the second without `+` and link, further parts after `/`, one check.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta

from temoin.scanning.scan import BoxCode, Scan, ScanKind, ScanTrouble, fault

LONGEST = 200
# Modulo 43, over the characters of Code 39 in this order.
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_FIRST = re.compile(r"\+[A-Z][0-9A-Z]{3}[0-9A-Z]{1,18}[0-9]")
_LOT = re.compile(r"[0-9A-Z][0-9A-Z .-]{0,17}|")
_QUANTITY = re.compile(r"8[0-9]{2}|9[0-9]{5}|")
# After `$$` and the quantity: how the last day of use is written. No digit before it: month and year.
_DATES = {
    "2": ("MDY", 6),
    "3": ("YMD", 6),
    "4": ("YMDh", 8),
    "5": ("YJ", 5),
    "6": ("YJh", 7),
    "7": ("", 0),
}
_WIDTH = {"J": 3}
_CENTURY = 2000  # HIBC defines none: no box of the last century is received


class HibcError(ValueError):
    """A code of HIBC that the standard does not know."""


@dataclass(frozen=True, slots=True)
class _BoxFacts:
    """What the second code says."""

    lot: str = ""
    expiry: date | None = None


def read_hibc(text: str) -> Scan | None:
    """Read a code of HIBC; None for what is none."""
    plain = _SYMBOLOGY.sub("", text, count=1) if text.startswith("]") else text
    plain = plain.strip("*").upper()
    if not plain.startswith("+") or len(plain) > LONGEST or not set(plain) <= set(_CHARACTERS):
        return None
    readings = _readings(plain)
    if not readings:
        both = next((scan for one in _endings(plain) if (scan := _two_in_one(one))), None)
        return both or fault(ScanKind.BOX, ScanTrouble.HIBC_CHECK)
    sound = [scan for scan in readings if scan.is_sound]
    if len(sound) == 2 and not plain.endswith(" "):
        return _with_open_end(*sound)
    return (sound or readings)[0]


def join(first: BoxCode, second: BoxCode) -> Scan | None:
    """Return the two codes of one box as one; None where the second is that of another box."""
    if not first.device or second.device:
        return None
    boxes = [scan.box for scan in _readings(second.text) if scan.box]
    linked = next((box for box in boxes if box.link == first.link), None)
    if linked is None:
        return None
    body = f"{first.device}/{linked.text[1:-2]}"
    return _as_it_stands(body + check_character(body))


def check_character(text: str) -> str:
    return _CHARACTERS[sum(_CHARACTERS.index(character) for character in text) % 43]


def _endings(plain: str) -> tuple[str, str]:
    """Return how a code may end: its check character may be a space, which nobody sees and much software cuts off."""
    bare = plain.rstrip(" ")
    return (plain, bare) if plain != bare else (plain, f"{plain} ")


def _readings(plain: str) -> list[Scan]:
    return [_as_it_stands(one) for one in _endings(plain) if _is_checked(one)]


def _as_it_stands(whole: str) -> Scan:
    try:
        return Scan(kind=ScanKind.BOX, box=_box(whole))
    except (HibcError, ValueError):
        return fault(ScanKind.BOX, ScanTrouble.HIBC_FORM)


def _with_open_end(shorter: Scan, longer: Scan) -> Scan:
    """Return a code whose J is its check character, or its last letter before a space that was cut off: both check."""
    if shorter.box is None or longer.box is None or shorter.box.lot == longer.box.lot:
        return shorter
    return replace(shorter, box=replace(shorter.box, lot=""), notices=(ScanTrouble.CHECK_OR_LOT,))


def _is_checked(text: str) -> bool:
    return len(text) > 2 and check_character(text[:-1]) == text[-1]


def _two_in_one(plain: str) -> Scan | None:
    """Read both codes of a box, sent one behind the other."""
    for place in range(6, len(plain) - 3):
        first, second = plain[:place], plain[place:]
        if second.startswith("+") and _is_checked(first) and _is_checked(second):
            scans = [read_hibc(first), read_hibc(second)]
            boxes = [scan.box for scan in scans if scan and scan.box]
            return join(*boxes) if len(boxes) == 2 else None
    return None


def _box(whole: str) -> BoxCode:
    if not whole[1].isalpha():  # its link may be any character, a slash too
        told = _told([whole[1:-2]])
        return BoxCode(lot=told.lot, expiry=told.expiry, text=whole, link=whole[-2])
    first, slash, rest = whole[:-1].partition("/")
    if not _FIRST.fullmatch(first):
        raise HibcError
    told = _told(rest.split("/")) if slash else _BoxFacts()
    link = "" if slash else whole[-1]
    return BoxCode(device=first, lot=told.lot, expiry=told.expiry, text=whole, link=link)


def _told(parts: list[str]) -> _BoxFacts:
    told = _BoxFacts()
    for part in parts:
        more = _of_part(part)
        if (more.lot and told.lot) or (more.expiry and told.expiry and more.expiry != told.expiry):
            raise HibcError
        told = replace(told, lot=told.lot or more.lot, expiry=told.expiry or more.expiry)
    return told


def _of_part(part: str) -> _BoxFacts:
    """Read one part: its first characters say what it is. A serial number, a quantity, the day of make tell no lot."""
    if part.startswith("14D"):
        return _BoxFacts(expiry=_day("CYMD", part[3:]))
    if part.startswith(("16D", "S", "Q")):
        return _BoxFacts()
    if part.startswith("$$"):
        return _dated(part[2:])
    if part.startswith("$"):
        return _BoxFacts(lot=_lot(part[1:]))
    if re.match("[0-9]{5}", part):
        return _BoxFacts(expiry=_day("YJ", part[:5]), lot=_lot(part[5:]))
    raise HibcError


def _dated(rest: str) -> _BoxFacts:
    is_serial = rest.startswith("+")
    quantity = _QUANTITY.match(rest.removeprefix("+"))
    rest = rest.removeprefix("+")[quantity.end() if quantity else 0 :]
    form, length = _DATES.get(rest[:1], ("MY", 4))
    rest = rest if form == "MY" else rest[1:]
    if form == "MY" and not re.match("(?:0[1-9]|1[0-2])[0-9]{2}", rest):
        if not (quantity and quantity.end()):
            raise HibcError
        form, length = "", 0  # after a quantity, the day may be left out
    expiry = _day(form, rest[:length]) if form else None
    lot = _lot(rest[length:])
    return _BoxFacts(lot="" if is_serial else lot, expiry=expiry)


def _lot(text: str) -> str:
    value = text.removeprefix("+")
    if not _LOT.fullmatch(value):
        raise HibcError
    return "" if text.startswith("+") else value


def _day(form: str, text: str) -> date:
    """Read a date whose parts stand in this order; ValueError where it is none. A month alone is its last day."""
    numbers: dict[str, int] = {}
    for part in form:
        width = _WIDTH.get(part, 2)
        if not re.fullmatch(f"[0-9]{{{width}}}", text[:width]):
            raise HibcError
        numbers[part], text = int(text[:width]), text[width:]
    if text:
        raise HibcError
    year = numbers.get("C", _CENTURY // 100) * 100 + numbers["Y"]
    if "J" in numbers:
        found = date(year, 1, 1) + timedelta(days=numbers["J"] - 1)
        if numbers["J"] == 0 or found.year != year:
            raise HibcError
        return found
    month = numbers["M"]
    return date(year, month, numbers["D"] if "D" in numbers else _last_day(year, month))


def _last_day(year: int, month: int) -> int:
    if not 1 <= month <= 12:
        raise HibcError
    return monthrange(year, month)[1]
