"""What single fields of a foreign ORU^R01 say, each with its place: names, numbers, times, codes."""

from __future__ import annotations

import re

from temoin.formats.csv.own_rows import is_finess
from temoin.formats.csv.rows import is_clia
from temoin.formats.csv.vocabulary import ONE_NAME
from temoin.formats.handed.codes import ToldCode, device_named, system_of
from temoin.formats.handed.periods import is_within
from temoin.formats.hl7v2.separators import unescaped
from temoin.formats.hl7v2.syntax import Segment
from temoin.lib.names import plain_name

Said = tuple[str, str]  # a place, as PID-5.1, and what stands there

_NOTHING = '""'  # HL7 v2 writes it for a value that is taken away
_MOST_REPETITIONS, _MOST_PARTS = 50, 20
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
# Of a name (XPN) and of an address (XAD), the components that tell since when and until when: a range, a begin, an end.
_PERIODS = {5: (10, 12, 13), 11: (12, 13, 14)}
_TIME = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:\.[0-9]{1,4})?)?)?)?)?)?([+-][0-9]{4})?"
)
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


def _best(person: Segment | None, field: int, kinds: tuple[str, ...]) -> int:
    """Return which repetition that holds now is of the best kind, 0 for none; the first in sequence where two are."""
    if person is None:
        return 0
    held = (one for one in filled(person, field) if _is_current(person, field, one))
    told = ((one, value(person, field, 7, repetition=one)) for one in held)
    fit = [(kinds.index(kind), one) for one, kind in told if kind in kinds]
    return min(fit)[1] if fit else 0


def _is_current(person: Segment, field: int, repetition: int) -> bool:
    """Tell whether a name or an address holds now, by its range (2.3 to 2.4) and by its two days (2.5)."""
    within, begins, ends = _PERIODS[field]
    places = (((within, 1), (within, 2)), ((begins, 1), (ends, 1)))
    said = [[_iso(value(person, field, *place, repetition=repetition)) for place in pair] for pair in places]
    return all(is_within(begin, end) for begin, end in said)


def _iso(written: str) -> str:
    """Return a time in ISO 8601; one whose clock nobody knows is its day, and what is no time stays."""
    found = _TIME.fullmatch(written)
    if found is None:
        return written
    year, month, day, hour, minute, second, offset = found.groups()
    if minute and offset:
        return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{offset[:3]}:{offset[3:]}"
    return "-".join(part for part in (year, month, day) if part)


def filled(segment: Segment, field: int) -> list[int]:
    """Return the repetitions of a field in which anything stands."""
    marks = segment.separators
    empty = f'{marks.component}{marks.subcomponent}" '
    return [one for one, told in enumerate(segment.repetitions(field), start=1) if told.strip(empty)][
        :_MOST_REPETITIONS
    ]


def _name_of(person: Segment | None) -> int:
    return _best(person, 5, _NAME_KINDS)


def names_of(person: Segment | None) -> tuple[Said, Said, Said]:
    """Return family, given and further given names: those of the birth, or by law, or of no kind, and of no other."""
    chosen = _name_of(person)
    family, given, more = (value(person, 5, part, repetition=chosen) if chosen else "" for part in (1, 2, 3))
    if given and plain_name(" ".join(more.split()[: len(given.split())])) == plain_name(given):
        given, more = more, ""  # the French profile of PID-5.3: every given name, the first one too
    if chosen and not (given or more) and _is_none(person, 5, 2, chosen):
        given = ONE_NAME
    return ("PID-5.1", family), ("PID-5.2", given), ("PID-5.3", more)


def _is_none(person: Segment | None, field: int, component: int, repetition: int) -> bool:
    """Tell whether a value is said to be none, and not left out."""
    return person is not None and person.text(field, component, repetition=repetition).strip() == _NOTHING


def home_of(person: Segment | None) -> int:
    """Return which repetition of PID-11 tells where a person lives, 0 where none does."""
    return _best(person, 11, _HOME_KINDS)


def _own_numbers(person: Segment | None) -> list[int]:
    """Return the repetitions of PID-13 that reach this person, those of work last."""
    if person is None:
        return []
    uses = {one: value(person, 13, 2, repetition=one) for one in filled(person, 13)}
    return sorted((one for one, use in uses.items() if use not in _OTHERS_USES), key=lambda one: uses[one] == _WORK)


def _phone_of(person: Segment | None) -> tuple[int, str]:
    """Return a phone number and its repetition: in its parts where they are told, for they need no reading."""
    for one in _own_numbers(person):
        if value(person, 13, 3, repetition=one) not in _PHONE_KINDS:
            continue
        country, area, local = (value(person, 13, part, repetition=one) for part in (5, 6, 7))
        if country.isdecimal() and area.isdecimal() and local.isdecimal():
            return one, f"+{country}{area}{local}"
        written = value(person, 13, 1, repetition=one) or value(person, 13, 12, repetition=one)
        if not (written or area or local):
            continue
        if not _MAIL.fullmatch(written):
            return one, written or f"{area}{local}"
    return 0, ""


def _mail_of(person: Segment | None) -> tuple[int, str]:
    found = ((one, value(person, 13, part, repetition=one)) for one in _own_numbers(person) for part in (4, 1))
    return next(((one, told) for one, told in found if _MAIL.fullmatch(told)), (0, ""))


def phone_of(person: Segment | None) -> Said:
    return "PID-13", _phone_of(person)[1]


def mail_of(person: Segment | None) -> Said:
    return "PID-13.4", _mail_of(person)[1]


# Of a person's names, address and numbers: the components that are read, and those that say of which kind they are.
_READ_PARTS = {5: {1, 2, 3, 7, 8, 10, 11, 12, 13}, 11: {*range(1, 8), 12, 13, 14}, 13: {*range(1, 8), 12}}


def parts_left(person: Segment, field: int, kept: set[int]) -> list[str]:
    """Return the components that are not read of what is: a suffix of a name, the extension of a number."""
    read = _READ_PARTS.get(field) if person.name == "PID" else None
    if read is None:
        return []
    others = [part for part in range(1, _MOST_PARTS) if part not in read]
    told = (part for part in others if any(value(person, field, part, repetition=one) for one in kept if one))
    return [f"PID-{field}.{part}" for part in told]


def kept_of(segment: Segment, field: int) -> set[int]:
    """Return the repetitions of a field that are read: of a person's those that were chosen, the first of another."""
    if (segment.name, field) == ("PID", 5):
        return {_name_of(segment)}
    if (segment.name, field) == ("PID", 11):
        return {home_of(segment)}
    return {_phone_of(segment)[0], _mail_of(segment)[0]} if (segment.name, field) == ("PID", 13) else {1}


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


def device_of(result: Segment) -> str | None:
    """Return the name of the device; None where two are told."""
    coded = [code for one in filled(result, 17) for code in codes_of(result, 17, repetition=one)]
    told = [one for code in coded for one in (code.words, code.code)]
    gtins = [value(result, 18, repetition=one) for one in filled(result, 18)]
    return device_named(told, [*gtins, *(one.partition("_")[0] for one in told)])


def prescriber_of(order: Segment | None, request: Segment) -> tuple[str, list[str]]:
    """Return in which field the prescriber stands, and number, family, given and further names."""
    segment, name, field = (request, "OBR", 16) if value(request, 16) or value(request, 16, 2) else (order, "ORC", 12)
    number, *names = (value(segment, field, part) for part in (1, 2, 3, 4))
    is_rpps = value(segment, field, 13) == "RPPS" and re.fullmatch("8[0-9]{11}", number)
    return f"{name}-{field}", [number[1:] if is_rpps else number, *names]
