"""Small CDA data types as lxml elements: codes, identifiers, times, addresses, contacts."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from lxml import etree

from temoin.formats.cda import codes
from temoin.testing.report import Address

Element = etree._Element  # noqa: SLF001 - lxml has no public name for its element type

# Characters that XML 1.0 has no way to write, and the sign that one stood there.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOST = "\ufffd"
_OF_MAIL = "@!$'*+"

NO_ADDRESS = Address()


class CdaError(ValueError):
    """The Report is not one the document may carry, or the bytes are no document of ours. Never quotes a value."""


def add(parent: Element, name: str, /, **attributes: str) -> Element:
    values = {key: written(value) for key, value in attributes.items()}
    return etree.SubElement(parent, f"{{{codes.HL7}}}{name}", values)


def add_text(parent: Element, name: str, value: str, /, **attributes: str) -> Element:
    element = add(parent, name, **attributes)
    element.text = written(value)
    return element


def written(value: str) -> str:
    """Return a text as XML can write it: a control character leaves a visible mark, it never goes silently."""
    return _UNWRITABLE.sub(_LOST, value)


def add_code(parent: Element, name: str, code: tuple[str, str], system: tuple[str, str] | str) -> Element:
    """Append a coded element; a code without words has no displayName."""
    values = {"code": code[0]}
    if code[1]:
        values["displayName"] = code[1]
    if isinstance(system, str):
        return add(parent, name, **values, codeSystem=system)
    return add(parent, name, **values, codeSystem=system[0], codeSystemName=system[1])


def add_reference(parent: Element, name: str, target: str) -> None:
    """Append an element whose words are in the narrative, under an ID."""
    add(add(parent, name), "reference", value=f"#{target}")


def add_templates(parent: Element, roots: tuple[str, ...]) -> None:
    for root in roots:
        add(parent, "templateId", root=root)


def oid(identifier: str) -> str:
    """Return a UUID as an object identifier (ITU-T X.667): the same both ways, and of 44 digits at most."""
    try:
        return f"2.25.{UUID(identifier).int}"
    except ValueError:
        raise CdaError("an identifier of the Report is not a UUID") from None


def moment(value: datetime) -> str:
    """Return a time to the second with its offset: the agency's check allows 14 digits before the sign."""
    if value.tzinfo is None:
        raise CdaError("a time without offset cannot be written in a CDA document")
    return value.strftime("%Y%m%d%H%M%S%z")


def add_interval(parent: Element, low: datetime, high: datetime | None = None, *, name: str = "effectiveTime") -> None:
    interval = add(parent, name)
    add(interval, "low", value=moment(low))
    if high is not None and moment(high) != moment(low):
        add(interval, "high", value=moment(high))


def add_address(parent: Element, address: Address) -> None:
    """Append an address in parts, each once: the agency's check refuses address lines beside a city."""
    if address == NO_ADDRESS:
        add(parent, "addr", nullFlavor="UNK")
        return
    element = add(parent, "addr")
    if address.lines:
        add_text(element, "streetName", address.lines[0])
    if address.lines[1:]:
        add_text(element, "additionalLocator", "\n".join(address.lines[1:]))
    for name, value in (
        ("postalCode", address.postcode),
        ("city", address.city),
        ("county", address.county),
        ("state", address.state),
        ("country", address.country),
    ):
        if value:
            add_text(element, name, value)


def add_telecoms(parent: Element, use: str, *, phone: str, email: str = "") -> None:
    if phone:
        add(parent, "telecom", value=f"tel:{phone}", use=use)
    if email:
        # RFC 6068: what is no character of a URI is percent-encoded, as a name of another alphabet is.
        add(parent, "telecom", value=f"mailto:{quote(written(email), safe=_OF_MAIL)}", use=use)
    if not phone and not email:
        add(parent, "telecom", nullFlavor="UNK")
