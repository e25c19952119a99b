"""GS1: element strings as scanners send them, as they are printed in brackets, and Digital Link URIs.

Sources: GS1 General Specifications (7.8 for separators, 7.12 for dates: day 00 is the last of the month), GS1 Digital
Link Standard, URI Syntax. The application identifiers are those that the library `biip` carries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message

from temoin.scanning.scan import BoxCode, Scan, ScanKind, ScanTrouble, fault

DEVICE, LOT, SERIAL, MADE, EXPIRY = "01", "10", "21", "11", "17"
LONGEST = 200  # characters of one symbol with all that a box bears

_GS = "\x1d"
# The AIM prefix, by which a scanner says what kind of code it saw, among those that carry GS1 data.
_SYMBOLOGY = re.compile(r"\][CEIQdez][0-9A-Za-z]")
# What scanners send for FNC1: GS itself, its picture, what Alt+029 gives, a name, or a character that GS1 data never
# holds (character set 82).
_SEPARATORS = re.compile("\u241d|\u2194|\ufffd|[<{\\[](?:GS|FNC1)[>}\\]]|\\^\\]|[|~^#]")
_DATES = frozenset({MADE, EXPIRY})
# What tells the boxes of one device apart (UDI-PI of the IVDR, annex VI): what may hide behind a lost separator.
_OF_A_BOX = frozenset({LOT, SERIAL, MADE, EXPIRY})
_BARE_GTIN = re.compile(r"[03-9][0-9]{12}|[0-9]{14}")  # 13 digits that begin with 1 or 2 may be a NIR without its key
_OF_A_VALUE = re.compile('[!-"%-?A-Z_a-z]+')  # character set 82
_BEFORE_DEVICE = frozenset({"10", "21", "22"})
_COMPRESSED = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Z])(?=[^/]*[a-z])[A-Za-z0-9_-]{10,}")

Elements = list[GS1ElementString]


def read_elements(text: str) -> Scan | None:
    """Read element strings as a scanner sends them, or as they are printed; None for what is no GS1 code at all."""
    plain = _SEPARATORS.sub(_GS, _SYMBOLOGY.sub("", text, count=1) if text.startswith("]") else text)
    if len(plain) > LONGEST or not plain.isascii():
        return None
    if plain.startswith("("):
        return _of_brackets(plain)
    if _BARE_GTIN.fullmatch(plain):
        return _of_bare_number(plain)
    return _of_symbol(plain)


def read_link(text: str) -> Scan:
    """Read a Digital Link URI of any host; another address of the web is told as one."""
    if len(text) > LONGEST * 2:
        return Scan(kind=ScanKind.ADDRESS)
    try:
        parts = urlsplit(text)
        pairs = parse_qsl(parts.query)
    except ValueError:
        return Scan(kind=ScanKind.ADDRESS)
    way = [unquote(part) for part in parts.path.split("/")]
    if DEVICE not in way:
        is_compressed = not parts.fragment and _COMPRESSED.fullmatch(way[-1]) is not None
        return fault(ScanKind.BOX, ScanTrouble.LINK_COMPRESSED) if is_compressed else Scan(kind=ScanKind.ADDRESS)
    names = [name for name, _value in pairs]
    if _BEFORE_DEVICE & set(way[: way.index(DEVICE)]) or len(set(names)) != len(names):
        return fault(ScanKind.BOX, ScanTrouble.LINK_ORDER)
    try:
        found = GS1DigitalLinkURI.parse(text).element_strings
    except (ParseError, ValueError):
        return fault(ScanKind.BOX, ScanTrouble.LINK_ORDER)
    return _told(list(found), is_whole=True)


def _of_brackets(plain: str) -> Scan:
    try:
        message = GS1Message.parse_hri(plain)
    except ParseError:
        return fault(ScanKind.BOX, ScanTrouble.GS1_FORM)
    # A value in brackets may hold a bracket, where the library stops reading.
    if message.as_hri() != "".join(plain.split()):
        return fault(ScanKind.BOX, ScanTrouble.GS1_FORM)
    return _told(list(message.element_strings), is_whole=True)


def _of_bare_number(digits: str) -> Scan | None:
    """Read the number under the bars that the till reads: the device alone."""
    found = GS1ElementString.parse(f"{DEVICE}{digits.zfill(14)}")
    return _told([found], is_whole=True) if found.gtin else None


def _of_symbol(plain: str) -> Scan | None:
    found: Elements = []
    for segment in (part for part in plain.split(_GS) if part):
        elements, is_whole = _of_segment(segment, knows_the_end=_GS in plain, before=found)
        if elements is None:
            return fault(ScanKind.BOX, ScanTrouble.GS1_FORM) if found or segment[:2] == DEVICE else None
        found += elements
        if not is_whole:
            return _told(found, is_whole=False) if found else fault(ScanKind.BOX, ScanTrouble.NO_SEPARATOR)
    return _told(found, is_whole=True) if found else None


def _of_segment(segment: str, *, knows_the_end: bool, before: Elements) -> tuple[Elements | None, bool]:
    """Read what stands between two separators: fixed lengths, then one of a variable length, which ends there.

    False comes beside it where no separator was sent at all and the last value may hold other elements.
    """
    found: Elements = []
    rest = segment
    while rest:
        try:
            identifier = GS1ApplicationIdentifier.extract(rest)
            seen = {element.ai.ai for element in (*before, *found, *_named(identifier))}
            if identifier.separator_required and not knows_the_end and _hides_more(rest[len(identifier.ai) :], seen):
                return found, False
            element = _element(identifier, rest)
        except ParseError:
            return None, True
        found.append(element)
        rest = rest[len(element) :]
    return found, True


def _named(identifier: GS1ApplicationIdentifier) -> Iterable[GS1ElementString]:
    return (GS1ElementString(ai=identifier, value="", pattern_groups=[]),)


def _element(identifier: GS1ApplicationIdentifier, rest: str) -> GS1ElementString:
    """Read one element: one of a variable length takes all that is there, and is not cut at its greatest length.

    An identifier without a value says nothing, though the library lets AI 30 (a count) go without.
    """
    element = GS1ElementString.parse(rest) if identifier.separator_required else GS1ElementString.extract(rest)
    if not element.value:
        raise ParseError(f"({identifier.ai}) has no value")
    return element


def _hides_more(value: str, seen: set[str]) -> bool:
    """Tell whether a value may be a shorter one with other elements of the box behind it: no identifier comes twice."""
    if not _OF_A_VALUE.fullmatch(value):
        return False
    return any(_is_more(value[place:], _OF_A_BOX - seen) for place in range(1, len(value)))


def _is_more(text: str, possible: frozenset[str] | set[str]) -> bool:
    identifier = text[:2]
    if identifier not in possible or len(text) == len(identifier):
        return False
    if identifier not in _DATES:
        return True
    try:
        GS1ElementString.extract(text)
    except ParseError:
        return False
    rest = text[8:]
    return not rest or _is_more(rest, possible - {identifier})


def _told(found: Elements, *, is_whole: bool) -> Scan:
    values = {element.ai.ai: element for element in found}
    # No identifier comes twice; digits of other scripts are none; and a bracket in a value could not be told from those
    # of the one spelling in which a box is kept and found again.
    values_are_plain = all(element.value.isascii() and "(" not in element.value for element in found)
    if len(values) != len(found) or not values_are_plain:
        return fault(ScanKind.BOX, ScanTrouble.GS1_FORM)
    device = values.get(DEVICE)
    if device is not None and device.gtin is None:
        return fault(ScanKind.BOX, ScanTrouble.GTIN_CHECK)
    gtin = device.gtin.as_gtin_14() if device is not None and device.gtin is not None else ""
    lot, expiry = values.get(LOT), values.get(EXPIRY)
    box = BoxCode(
        gtin=gtin,
        device=f"({DEVICE}){gtin}" if gtin else "",
        lot=lot.value if lot else "",
        expiry=expiry.date if expiry else None,
        text="".join(element.as_hri() for element in sorted(found, key=lambda element: element.ai.ai != DEVICE)),
    )
    return Scan(kind=ScanKind.BOX, box=box, notices=() if is_whole else (ScanTrouble.NO_SEPARATOR,))
