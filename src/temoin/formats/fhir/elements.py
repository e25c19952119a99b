"""Small FHIR data types as plain dicts: codings, identifiers, references, contacts, addresses."""

import re
from datetime import datetime
from typing import Any

from temoin.formats.fhir import codes
from temoin.testing.report import Address

Element = dict[str, Any]


def coding(system: str, code: str, display: str = "") -> Element:
    if display:
        return {"system": system, "code": code, "display": display}
    return {"system": system, "code": code}


def concept(*codings: Element, text: str = "") -> Element:
    if text:
        return {"coding": list(codings), "text": text}
    return {"coding": list(codings)}


def identifier(system: str, value: str) -> Element:
    return {"system": system, "value": value}


def typed_identifier(use: str, kind: Element, system: str, value: str) -> Element:
    return {"use": use, "type": {"coding": [kind]}, "system": system, "value": value}


def reference(target: str) -> Element:
    return {"reference": target}


def resource(kind: str, full_url: str, profile: str, *, demo: bool) -> Element:
    """Open a resource: its type, its id, the profile it follows and the mark of a demonstration."""
    values, told = {"resourceType": kind, "id": _id_in(full_url)}, meta(profile, demo=demo)
    return {**values, "meta": told} if told else values


def _id_in(full_url: str) -> str:
    """Return the id of an address: of an entry, of a resource served alone, or of one within another (`#id`)."""
    return full_url[9:] if full_url.startswith("urn:uuid:") else full_url.lstrip("#").rpartition("/")[2]


def meta(profile: str, *, demo: bool) -> Element:
    """Return `Resource.meta`; a demonstration is marked on every resource, as a server may split them."""
    values: Element = {"profile": [profile]} if profile else {}
    if demo:
        values["tag"] = [coding(codes.ACT_REASON, "HTEST", "test health data")]
    return values


def moment(value: datetime) -> str:
    """Return a FHIR dateTime or instant, which must tell its offset."""
    if value.tzinfo is None:
        raise ValueError("a time without offset cannot be written in a FHIR document")
    return value.isoformat()


def telecom(use: str, *, phone: str, email: str = "") -> list[Element]:
    contacts = []
    if phone:
        contacts.append({"system": "phone", "value": phone, "use": use})
    if email:
        contacts.append({"system": "email", "value": email, "use": use})
    return contacts


def given_names(names: list[str]) -> Element:
    """Return the given names, or that the person has none: guides that ask for one take the reason instead."""
    if any(names):
        return {"given": names}
    return {"_given": [{"extension": [{"url": codes.DATA_ABSENT_REASON, "valueCode": "not-applicable"}]}]}


_COG = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_NO_ADDRESS = Address()


def is_cog(text: str) -> bool:
    """Tell whether this is a code of a commune or country: what FR Core wants in `district`, and nothing else."""
    return _COG.fullmatch(text) is not None


def addresses(address: Address, use: str) -> list[Element]:
    """Return `[address]`, or nothing when there is none (a lone default country is none)."""
    if address == _NO_ADDRESS:
        return []
    values: Element = {"use": use, "type": "both"}
    if address.lines:
        values["line"] = list(address.lines)
    if address.county and not is_cog(address.county):
        values["extension"] = [{"url": codes.ADDRESS_COUNTY, "valueString": address.county}]
    for name, value in (
        ("city", address.city),
        ("district", address.county if is_cog(address.county) else ""),
        ("state", address.state),
        ("postalCode", address.postcode),
        ("country", address.country),
    ):
        if value:
            values[name] = value
    return [values]
