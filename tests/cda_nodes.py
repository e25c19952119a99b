"""Ways into a parsed CDA document: exactly one, one at most, and the words under an ID."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote
from uuid import UUID

from lxml import etree

from temoin.formats.cda import codes
from temoin.formats.cda.elements import NO_ADDRESS, CdaError, Element
from temoin.testing.report import Address

_SPACES = {None: codes.HL7}
_BREAK = f"{{{codes.HL7}}}br"
_MOMENT = re.compile(r"[0-9]{14}[+-][0-9]{4}")


def parse(data: bytes) -> Element:
    """Parse the bytes of a document: UTF-8, with no DTD, so that there is no entity to expand or fetch."""
    if "<!DOCTYPE" in data.decode("utf-8"):
        raise CdaError("a document type declaration is refused")
    # The encoding is ours and not what the bytes declare, or another one could hide a declaration.
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise CdaError("not well-formed XML") from None


def every(parent: Element, path: str) -> list[Element]:
    return parent.findall(path, _SPACES)


def maybe(parent: Element, path: str) -> Element | None:
    found = every(parent, path)
    if len(found) > 1:
        raise CdaError(f"{path}: one at most is expected")
    return found[0] if found else None


def one(parent: Element, path: str) -> Element:
    found = maybe(parent, path)
    if found is None:
        raise CdaError(f"{path}: exactly one is expected")
    return found


def told(parent: Element, path: str, attribute: str) -> str:
    """Return an attribute that must be there."""
    value = one(parent, path).get(attribute)
    if value is None:
        raise CdaError(f"{path}: {attribute} is missing")
    return value


def text(parent: Element, path: str) -> str:
    """Return the words of an element, or "" when it is not there."""
    found = maybe(parent, path)
    return words(found) if found is not None else ""


def words(element: Element) -> str:
    """Return all the words under an element, its line breaks as such."""
    parts = ["\n" if element.tag == _BREAK else "", element.text or ""]
    for child in element:
        parts += [words(child), child.tail or ""]
    return "".join(parts)


def identifier(value: str) -> str:
    """Return the UUID of an object identifier of ours."""
    prefix, number = value[:5], value[5:]
    if prefix != "2.25." or not re.fullmatch("[0-9]{1,39}", number):
        raise CdaError("an identifier is not one of ours")
    return str(UUID(int=int(number)))


def number(parent: Element, path: str) -> int:
    value = told(parent, path, "value")
    if not re.fullmatch("[1-9][0-9]{0,8}", value):
        raise CdaError(f"{path}: a whole number is expected")
    return int(value)


def moment(parent: Element, path: str) -> datetime:
    value = told(parent, path, "value")
    if not _MOMENT.fullmatch(value):
        raise CdaError(f"{path}: a time to the second with its offset is expected")
    return datetime.strptime(value, "%Y%m%d%H%M%S%z")


def telecom(parent: Element, scheme: str) -> str:
    """Return the first contact of a scheme, or ""."""
    values = [each.get("value", "") for each in every(parent, "telecom")]
    found = [unquote(value.removeprefix(scheme)) for value in values if value.startswith(scheme)]
    return found[0] if found else ""


def read_address(place: Element) -> Address:
    if "nullFlavor" in place.attrib:
        return NO_ADDRESS
    streets = every(place, "streetName") + every(place, "additionalLocator")
    return Address(
        lines=tuple(line for each in streets for line in (each.text or "").split("\n")),
        postcode=text(place, "postalCode"),
        city=text(place, "city"),
        county=text(place, "county"),
        state=text(place, "state"),
        country=text(place, "country"),
    )


class Narrative:
    """The words of a section, by ID."""

    def __init__(self, section: Element) -> None:
        self._words: dict[str, str] = {}
        for content in every(section, "text//content"):
            name = content.get("ID", "")
            if name in self._words:
                raise CdaError("an ID of the narrative is used twice")
            self._words[name] = words(content)

    def has(self, name: str) -> bool:
        return name in self._words

    def at(self, name: str) -> str:
        if name not in self._words:
            raise CdaError("a reference to the narrative leads nowhere")
        return self._words[name]

    def referred(self, parent: Element, path: str) -> str:
        return self.at(told(parent, f"{path}/reference", "value").removeprefix("#"))
