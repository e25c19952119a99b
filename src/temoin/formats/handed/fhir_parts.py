"""What single elements of foreign FHIR say, each with its path: names, numbers, addresses, times, codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from temoin.catalogue.kits import kit_of_gtin, knows_device
from temoin.formats.csv.own_rows import is_finess
from temoin.formats.csv.rows import is_clia
from temoin.formats.handed.codes import ToldCode, load_codes, system_of
from temoin.formats.handed.fhir_tree import Node, Placed, few, first, text, texts

Said = tuple[str, str]  # a path and what stands there

# Uses of a name: official, or not said, names a person as at birth (FR Core); maiden is the name before a marriage.
_NAME_USES = ("official", "", "maiden")
_CLIA_PREFIX = "urn:clia:"


def codes_of(concept: Node) -> list[ToldCode]:
    """Return the codes of a CodeableConcept, and its words."""
    found = [
        ToldCode(text(one, "code"), text(one, "display"), system_of(text(one, "system")))
        for one in few(concept, "coding")
    ]
    return [one for one in (*found, ToldCode("", text(concept, "text"))) if one.code or one.words]


def name_of(person: Placed) -> tuple[Said, Said]:
    """Return family and given names: those of the birth, or by law, or of no use that is said."""
    fit = [(place, one) for place, one in _lasting(person, "name") if text(one, "use") in _NAME_USES]
    place, name = min(fit, key=lambda one: (_has_end(one[1]), _NAME_USES.index(text(one[1], "use"))), default=(0, {}))
    path = f"{person.path}.name[{place}]"
    return (f"{path}.family", text(name, "family")), (f"{path}.given", " ".join(texts(name, "given")))


def _lasting(placed: Placed, name: str) -> list[tuple[int, Node]]:
    """Return names, numbers or addresses with their places, those whose time has an end after those without one."""
    return sorted(enumerate(few(placed.node, name)), key=lambda one: _has_end(one[1]))


def _has_end(part: Node) -> bool:
    return bool(text(first(part, "period"), "end"))


def telecom_of(person: Placed, system: str) -> Said:
    """Return the first phone number or e-mail address of a person that holds, one of work last."""
    for place, one in sorted(_lasting(person, "telecom"), key=lambda one: text(one[1], "use") == "work"):
        value = text(one, "value").removeprefix("tel:").removeprefix("mailto:")
        if text(one, "system") == system and text(one, "use") != "old" and value:
            return f"{person.path}.telecom[{place}].value", value
    return f"{person.path}.telecom", ""


def address_of(placed: Placed) -> dict[str, Said]:
    """Return by column the parts of the first address that holds; a patient's is one to live at."""
    others = {"old", "work", "billing"} if placed.kind == "Patient" else {"old"}
    found = [(place, one) for place, one in _lasting(placed, "address") if text(one, "use") not in others]
    found.sort(key=lambda one: text(one[1], "use") == "temp")
    place, address = found[0] if found else (0, {})
    path = f"{placed.path}.address[{place}]"
    lines = [*texts(address, "line"), "", ""]
    country = text(address, "country")
    return {
        "street": (f"{path}.line", lines[0]),
        "street2": (f"{path}.line", ", ".join(filter(None, lines[1:]))),
        "city": (f"{path}.city", text(address, "city")),
        "state": (f"{path}.state", text(address, "state")),
        "zip_code": (f"{path}.postalCode", text(address, "postalCode")),
        "country": (f"{path}.country", load_codes().countries.get(country, country)),
    }


def identifier_of(placed: Placed | None, name: str) -> Said:
    """Return the first identifier under a name, or in a reference under it."""
    if placed is None:
        return "DiagnosticReport.identifier", ""
    for one in few(placed.node, name):
        inner = first(one, "identifier") if name == "basedOn" else one
        if value := text(inner, "value"):
            return f"{placed.path}.{name}", value
    return f"{placed.path}.{name}", ""


def laboratory_number(organisation: Placed) -> str:
    """Return the number of a laboratory: one of the shape of FINESS or CLIA before any other."""
    values = [text(one, "value").removeprefix(_CLIA_PREFIX) for one in few(organisation.node, "identifier")]
    national = (one for one in values if is_clia(one) or is_finess(one.upper()))
    return next(national, next(filter(None, values), ""))


def device_of(result: Placed, device: Placed | None) -> Said:
    """Return the name of the device: one that the catalogue knows before any other."""
    names = [one for coded in codes_of(first(result.node, "method")) for one in (coded.words, coded.code)]
    path, gtins = f"{result.path}.device", list[str]()
    if device is not None:
        path = device.path
        own = [text(one, "name") for one in few(device.node, "deviceName")]
        own += [one.words for one in codes_of(first(device.node, "type"))] + [text(device.node, "modelNumber")]
        names = own + names
        gtins = [text(one, "deviceIdentifier") for one in few(device.node, "udiCarrier")]
    kits = [kit.name for one in gtins if one.isdecimal() and (kit := kit_of_gtin(one.zfill(14)))]
    parts = [part for one in names for part in dict.fromkeys((one, one.partition("_")[0])) if part]
    known = next((name for name in parts if knows_device(name)), "")
    return path, known or next(iter(kits), "") or next(iter(parts), "")


def when_of(placed: Placed | None, within: str = "") -> Iterator[Said]:
    """Yield the moments at which a sample was taken, or to which a result or a report belongs."""
    if placed is None:
        return
    node, path = (first(placed.node, within), f"{placed.path}.{within}") if within else (placed.node, placed.path)
    for name in ("collectedDateTime", "effectiveDateTime", "effectiveInstant"):
        if value := text(node, name):
            yield f"{path}.{name}", plain_time(value)
    for name in ("collectedPeriod", "effectivePeriod"):
        if value := text(first(node, name), "start"):
            yield f"{path}.{name}.start", plain_time(value)
    if not within:
        yield f"{path}.effectiveDateTime", ""


def plain_time(value: str) -> str:
    """Return a time whose zone Z is an offset."""
    return re.sub(r"(?<=[0-9])Z$", "+00:00", value)


def notes_of(result: Placed, report: Placed | None) -> Said:
    notes = [text(one, "text") for one in few(result.node, "note")]
    notes += [text(report.node, "conclusion")] if report else []
    return f"{result.path}.note", " ".join(filter(None, notes))
