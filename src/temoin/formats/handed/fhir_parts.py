"""What single elements of foreign FHIR say, each with its path: names, numbers, addresses, times, codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from temoin.formats.csv.own_rows import is_finess
from temoin.formats.csv.rows import is_clia
from temoin.formats.csv.vocabulary import ONE_NAME
from temoin.formats.handed.codes import ToldCode, device_named, load_codes, system_of
from temoin.formats.handed.fhir_periods import current, is_current
from temoin.formats.handed.fhir_tree import Node, Placed, few, first, text, texts

Said = tuple[str, str]  # a path and what stands there

# Uses of a name: official, or not said, names a person as at birth (FR Core); maiden is the name before a marriage.
_NAME_USES = ("official", "", "maiden")
_NONE: tuple[int, Node] = (-1, {})
_URI = re.compile("^(?:tel|mailto):", re.IGNORECASE)
_CLIA_PREFIX = "urn:clia:"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def codes_of(concept: Node) -> list[ToldCode]:
    """Return the codes of a CodeableConcept, and its words."""
    found = [
        ToldCode(text(one, "code"), text(one, "display"), system_of(text(one, "system")))
        for one in few(concept, "coding")
    ]
    return [one for one in (*found, ToldCode("", text(concept, "text"))) if one.code or one.words]


def name_of(person: Placed) -> tuple[Said, Said]:
    """Return family and given names: those of the birth, or by law, or of no use that is said."""
    place, name = _name_of(person)
    path = f"{person.path}.name[{max(place, 0)}]"
    given = ONE_NAME if person.kind == "Patient" and _has_no_given(name) else " ".join(texts(name, "given"))
    return (f"{path}.family", text(name, "family")), (f"{path}.given", given)


def _has_no_given(name: Node) -> bool:
    """Tell whether a name says that a given one does not apply; in XML its reason stands under `given` itself."""
    reasons = [each for one in ("_given", "given") for part in few(name, one) for each in few(part, "extension")]
    told = {text(each, "valueCode") for each in reasons if text(each, "url") == _ABSENT}
    return told == {"not-applicable"} and not texts(name, "given")


def _name_of(person: Placed) -> tuple[int, Node]:
    fit = [(place, one) for place, one in current(person.node, "name") if text(one, "use") in _NAME_USES]
    return min(fit, key=lambda one: _NAME_USES.index(text(one[1], "use")), default=_NONE)


def telecom_of(person: Placed, system: str) -> Said:
    """Return the first phone number or e-mail address of a person that holds, one of work last."""
    place, value = _telecom_of(person, system)
    return (f"{person.path}.telecom[{place}].value" if value else f"{person.path}.telecom"), value


def _telecom_of(person: Placed, system: str) -> tuple[int, str]:
    # What ended may be somebody else's now.
    for place, one in sorted(current(person.node, "telecom"), key=_preference):
        value = _URI.sub("", text(one, "value"))
        if text(one, "system").lower() == system and value:
            return place, value
    return -1, ""


def _preference(told: tuple[int, Node]) -> tuple[bool, int]:
    rank = text(told[1], "rank")
    return text(told[1], "use") == "work", int(rank) if re.fullmatch("[1-9][0-9]{0,3}", rank) else 10_000


def _home_of(placed: Placed) -> tuple[int, Node]:
    """Return the first address that holds; a patient's is one to live at."""
    others = {"work", "billing"} if placed.kind == "Patient" else set()
    return next((told for told in current(placed.node, "address") if text(told[1], "use") not in others), _NONE)


def address_of(placed: Placed) -> dict[str, Said]:
    """Return by column the parts of an address."""
    place, address = _home_of(placed)
    path = f"{placed.path}.address[{max(place, 0)}]"
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


def chosen_places(placed: Placed) -> dict[str, set[int]]:
    """Return which of the names, numbers and addresses of somebody are read: the others are not kept."""
    if placed.kind == "Patient":
        numbers = {_telecom_of(placed, system)[0] for system in ("phone", "email")}
        return {"name": {_name_of(placed)[0]}, "telecom": numbers, "address": {_home_of(placed)[0]}}
    if placed.kind == "Organization":
        return {"address": {_home_of(placed)[0]}}
    if placed.kind in {"DiagnosticReport", "Observation"}:
        return {"identifier": {_best_identifier(placed)}}
    return {"name": {_name_of(placed)[0]}} if placed.kind == "Practitioner" else {}


_READ_INSIDE = {
    "name": {"use", "period", "family", "given", "text", "id"},
    "telecom": {"use", "period", "system", "value", "rank", "id"},
    "address": {"use", "type", "period", "line", "city", "state", "postalCode", "country", "text", "id"},
}


_AROUND = {"use", "period", "type", "text", "id"}


def left_inside(placed: Placed, name: str, kept: set[int]) -> list[str]:
    """Return what is not read of the names, numbers and addresses that are: a suffix, or a text that says it all."""
    found = []
    for place, one in enumerate(few(placed.node, name)):
        read = _READ_INSIDE.get(name)
        if place not in kept or read is None or not isinstance(one, dict):
            continue
        if name == "name" and _has_no_given(one):
            read = read | {"_given"}
        others = [each for each in one if each not in read and each.lstrip("_").isalnum() and each.isascii()]
        is_text = name != "telecom" and text(one, "text") and not (read - _AROUND) & set(one)
        found += [f"[{place}].{each}" for each in (*others, *(["text"] if is_text else []))]
    return found


def identifier_of(placed: Placed | None, name: str) -> Said:
    """Return the first identifier under a name, or in a reference under it."""
    if placed is None:
        return "DiagnosticReport.identifier", ""
    told = [first(one, "identifier") if name == "basedOn" else one for one in few(placed.node, name)]
    found = [one for one in told if text(one, "value") and is_current(one)]
    return f"{placed.path}.{name}", text(min(found, key=_rank, default={}), "value")


def _best_identifier(placed: Placed) -> int:
    found = [(_rank(one), place) for place, one in current(placed.node, "identifier")]
    return min(found)[1] if found else -1


def _rank(identifier: Node) -> tuple[bool, int, bool, str, str]:
    """Order identifiers: the same is the first however they are ordered, and one made for a document the last."""
    kinds = [one.code for one in codes_of(first(identifier, "type"))]
    use, system = text(identifier, "use"), text(identifier, "system")
    return (
        use == "secondary",
        ("FILL" not in kinds) + ("PLAC" in kinds),
        system in {"urn:ietf:rfc:3986", "urn:ietf:rfc:4122"},
        system,
        text(identifier, "value"),
    )


def laboratory_number(organisation: Placed) -> str:
    """Return the number of a laboratory: one of the shape of FINESS or CLIA before any other."""
    told = current(organisation.node, "identifier")
    values = [text(one, "value").removeprefix(_CLIA_PREFIX) for _place, one in told]
    national = (one for one in values if is_clia(one) or is_finess(one.upper()))
    return next(national, next(filter(None, values), ""))


def device_of(result: Placed, device: Placed | None) -> tuple[str, str | None]:
    """Return where the device is told, and its name; None where two are told."""
    names = [one for coded in codes_of(first(result.node, "method")) for one in (coded.words, coded.code)]
    if device is None:
        return f"{result.path}.device", device_named(names, [])
    own = [text(one, "name") for one in few(device.node, "deviceName")]
    own += [one.words for one in codes_of(first(device.node, "type"))] + [text(device.node, "modelNumber")]
    gtins = [text(one, "deviceIdentifier") for one in few(device.node, "udiCarrier")]
    return device.path, device_named(own + names, gtins)


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
