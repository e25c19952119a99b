"""What single fields of a foreign ORU^R01 say, each with its place: names, numbers, times, codes."""

from __future__ import annotations

import re

from temoin.catalogue.kits import kit_of_gtin, knows_device
from temoin.formats.csv.own_rows import is_finess
from temoin.formats.csv.rows import is_clia
from temoin.formats.handed.codes import ToldCode, system_of
from temoin.formats.hl7v2.separators import unescaped
from temoin.formats.hl7v2.syntax import Segment
from temoin.lib.names import plain_name

Said = tuple[str, str]  # a place, as PID-5.1, and what stands there

_NOTHING = '""'  # HL7 v2 writes it for a value that is taken away
_MOST_REPETITIONS = 50
_FRACTION = re.compile(r"([0-9]{14})\.[0-9]{1,4}([+-][0-9]{4})?")
_BIRTH = re.compile(r"([0-9]{8})(?:[0-9]{2,6}(?:\.[0-9]{1,4})?|0{2,6}(?:\.0{1,4})?[+-][0-9]{4})")
_OFFSET = re.compile(r"[0-9]{4,14}(?:\.[0-9]{1,4})?([+-][0-9]{4})")
_PHONE_KINDS = frozenset({"", "PH", "CP", "MD", "SAT"})
# Uses of a number (table 0201) under which somebody else answers: an emergency contact, a service, a pager.
_OTHERS_USES, _WORK = frozenset({"EMR", "ASN", "BPN"}), "WPN"
# Name types (table 0200), the one that names a person best first: as at birth, by law, not said. N is a nickname.
_NAME_KINDS = ("B", "L", "", "C", "U")
# Address types (table 0190) of where somebody lives; others are of a birth, an office, a bill.
_HOME_KINDS = ("H", "", "L", "P", "C", "M")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


def value(segment: Segment | None, field: int, component: int = 1, sub: int = 1, *, repetition: int = 1) -> str:
    """Return what stands there, "" for nothing and for a value that is taken away."""
    if segment is None:
        return ""
    found = segment.text(field, component, sub, repetition=repetition).strip()
    return "" if found == _NOTHING else found


def whole(segment: Segment, field: int, *, repetition: int = 1) -> str:
    """Return a text field as it stands: one of type ST, TX or FT has no components, whatever signs are in it."""
    found = segment.repetitions(field)[repetition - 1 : repetition]
    marks = segment.separators
    plain = unescaped("".join(found).rstrip(marks.component + marks.subcomponent), marks).strip()
    return "" if plain == _NOTHING else plain


def said(segment: Segment | None, name: str, field: int, component: int = 0, *, repetition: int = 1) -> Said:
    """Return a value with its place; a component of 0 is the first, of which the place says no more than the field."""
    place = f"{name}-{field}.{component}" if component else f"{name}-{field}"
    return place, value(segment, field, component or 1, repetition=repetition)


def repetitions(segment: Segment, field: int) -> range:
    return range(1, min(len(segment.repetitions(field)), _MOST_REPETITIONS) + 1)


def codes_of(segment: Segment | None, field: int, *, repetition: int = 1) -> list[ToldCode]:
    """Return the codes of a CE or CWE: the first triplet, the second, and the words by which it was first told."""
    if segment is None:
        return []
    found = [
        ToldCode(
            code=value(segment, field, first, repetition=repetition),
            words=value(segment, field, first + 1, repetition=repetition),
            system=system_of(value(segment, field, first + 2, repetition=repetition)),
        )
        for first in (1, 4)
    ]
    words = value(segment, field, 9, repetition=repetition)
    return [one for one in (*found, ToldCode("", words)) if one.code or one.words]


def time_of(segment: Segment | None, name: str, field: int) -> Said:
    """Return a time without its fractions of a second, which no result keeps."""
    place, told = said(segment, name, field)
    return place, _FRACTION.sub(r"\1\2", told)


def day_of_birth(person: Segment | None) -> Said:
    """Return a birth date without its hour, which nothing keeps.

    An hour with an offset stays, to be refused: 22:00 in UTC is the evening of one day or the midnight of the next.
    """
    place, told = said(person, "PID", 7)
    found = _BIRTH.fullmatch(told)
    return place, found[1] if found else told


def offset_of(header: Segment) -> str:
    """Return the offset of MSH-7, which holds for every time of the message that has none (HL7 2.5.1, 2.A.80)."""
    found = _OFFSET.fullmatch(value(header, 7))
    return found[1] if found else ""


def names_of(person: Segment | None) -> tuple[Said, Said, Said]:
    """Return family, given and further given names: those of the birth, or by law, or of no kind, and of no other."""
    if person is None:
        return ("PID-5.1", ""), ("PID-5.2", ""), ("PID-5.3", "")
    kinds = {value(person, 5, 7, repetition=one): one for one in reversed(repetitions(person, 5))}
    chosen = next((kinds[kind] for kind in _NAME_KINDS if kind in kinds), 0)
    family, given, more = (value(person, 5, part, repetition=chosen) if chosen else "" for part in (1, 2, 3))
    if given and plain_name(" ".join(more.split()[: len(given.split())])) == plain_name(given):
        given, more = more, ""  # the French profile of PID-5.3: every given name, the first one too
    return ("PID-5.1", family), ("PID-5.2", given), ("PID-5.3", more)


def home_of(person: Segment | None) -> int:
    """Return which repetition of PID-11 tells where a person lives, 0 where none does."""
    if person is None:
        return 0
    kinds = {value(person, 11, 7, repetition=one): one for one in reversed(repetitions(person, 11))}
    return next((kinds[kind] for kind in _HOME_KINDS if kind in kinds), 0)


def _own_numbers(person: Segment | None) -> list[int]:
    """Return the repetitions of PID-13 that reach this person, those of work last."""
    if person is None:
        return []
    uses = {one: value(person, 13, 2, repetition=one) for one in repetitions(person, 13)}
    return sorted((one for one, use in uses.items() if use not in _OTHERS_USES), key=lambda one: uses[one] == _WORK)


def phone_of(person: Segment | None) -> Said:
    """Return a phone number: in its parts where they are told, for they need no reading."""
    for one in _own_numbers(person):
        if value(person, 13, 3, repetition=one) not in _PHONE_KINDS:
            continue
        country, area, local = (value(person, 13, part, repetition=one) for part in (5, 6, 7))
        if country.isdecimal() and area.isdecimal() and local.isdecimal():
            return "PID-13", f"+{country}{area}{local}"
        written = value(person, 13, 1, repetition=one) or value(person, 13, 12, repetition=one)
        if not (written or area or local):
            continue
        if not _MAIL.fullmatch(written):
            return "PID-13", written or f"{area}{local}"
    return "PID-13", ""


def mail_of(person: Segment | None) -> Said:
    found = (value(person, 13, part, repetition=one) for one in _own_numbers(person) for part in (4, 1))
    return "PID-13.4", next((told for told in found if _MAIL.fullmatch(told)), "")


def laboratory_of(result: Segment, header: Segment) -> Said:
    """Return the number of who made the test, or of the sending facility where its shape says what it is."""
    told = [
        ("OBX-23.10", _national(value(result, 23, 10), value(result, 23, 7))),
        ("OBX-23.3", value(result, 23, 3)),
        ("OBX-15.1", value(result, 15)),
        *((f"MSH-4.{part}", one) for part in (2, 1) if _is_number(one := value(header, 4, part))),
    ]
    return next(((place, one) for place, one in told if one), ("OBX-23.10", ""))


def _national(number: str, kind: str) -> str:
    """Take the digit of its kind from a French number: 1 stands before a FINESS number (CI-SIS)."""
    return number[1:] if kind.startswith("FINE") and len(number) == 10 and number[0] == "1" else number


def _is_number(text: str) -> bool:
    return is_clia(text) or is_finess(text.upper())


def device_of(result: Segment) -> Said:
    """Return the name of the device: one that the catalogue knows before any other."""
    told = [one for coded in codes_of(result, 17) for one in (coded.words, coded.code)]
    # The LIVD list's form: name, maker and its permit, joined by low lines.
    names = [name for one in told for name in dict.fromkeys((one, one.partition("_")[0])) if name]
    gtins = [value(result, 18), *(one.partition("_")[0] for one in told)]
    kits = [kit.name for one in gtins if one.isdecimal() and (kit := kit_of_gtin(one.zfill(14)))]
    known = next((name for name in names if knows_device(name)), "")
    return "OBX-17", known or next(iter(kits), "") or next((name for name in names if not name.isdecimal()), "")


def prescriber_of(order: Segment | None, request: Segment) -> tuple[str, list[str]]:
    """Return in which field the prescriber stands, and number, family, given and further names."""
    segment, name, field = (request, "OBR", 16) if value(request, 16) or value(request, 16, 2) else (order, "ORC", 12)
    number, *names = (value(segment, field, part) for part in (1, 2, 3, 4))
    is_rpps = value(segment, field, 13) == "RPPS" and re.fullmatch("8[0-9]{11}", number)
    return f"{name}-{field}", [number[1:] if is_rpps else number, *names]
