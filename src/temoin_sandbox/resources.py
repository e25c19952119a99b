"""The rules of each resource of a laboratory report document, taken alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from temoin_sandbox.codes import (
    FINESS,
    ID_NAT_PS,
    ID_NAT_STRUCT,
    INS_REAL_SYSTEMS,
    INS_SYSTEMS,
    LOINC,
    OBSERVATION_CATEGORY,
    RPPS,
    SNOMED,
    UCUM,
    has_finess_key,
    is_finess,
    is_id_nat_ps,
    is_id_nat_struct,
    is_ins,
    is_loinc,
    is_rpps,
    is_snomed,
    passes_luhn,
)
from temoin_sandbox.issues import Issue
from temoin_sandbox.outcomes import OUTCOMES
from temoin_sandbox.reading import Json, ReadPart, child, children, codings, identifier, text

COMPOSITION_STATUSES = frozenset({"final", "amended", "entered-in-error"})
OBSERVATION_STATUSES = frozenset({"final", "amended", "corrected", "cancelled", "entered-in-error"})
WITHDRAWN_STATUSES = frozenset({"cancelled", "entered-in-error"})
GENDERS = frozenset({"male", "female", "other", "unknown"})
UDI_FORMS = ("deviceIdentifier", "carrierHRF", "carrierAIDC")
TEST_KIT_EXTENSION = "/observation-deviceLabTestKit"


def check_composition(part: ReadPart) -> Iterator[Issue]:
    """Check what a Composition must hold by itself."""
    resource, path = part.resource, part.path
    if text(resource, "status") not in COMPOSITION_STATUSES:
        yield Issue("composition-status", f"{path}.status")
    if not identifier(child(resource, "identifier")):
        yield Issue("composition-identifier", f"{path}.identifier")
    if not any(system == LOINC and is_loinc(code) for system, code in codings(resource, "type")):
        yield Issue("composition-type", f"{path}.type")
    if not text(resource, "date"):
        yield Issue("composition-date", f"{path}.date")
    if not children(resource, "author"):
        yield Issue("composition-author", f"{path}.author")
    if not text(resource, "title").strip():
        yield Issue("composition-title", f"{path}.title")
    if not any(children(section, "entry") for section in _sections(resource)):
        yield Issue("composition-section", f"{path}.section")


def _sections(composition: Json) -> Iterator[Json]:
    for section in children(composition, "section"):
        yield section
        yield from children(section, "section")


def check_patient(part: ReadPart) -> Iterator[Issue]:
    resource, path = part.resource, part.path
    if not any(identifier(item) for item in children(resource, "identifier")):
        yield Issue("patient-identifier", f"{path}.identifier")
    names = children(resource, "name")
    if not any(is_masked(name) or (text(name, "family") and name.get("given")) for name in names):
        yield Issue("patient-name", f"{path}.name")
    if text(resource, "gender") not in GENDERS:
        yield Issue("patient-gender", f"{path}.gender")
    if not text(resource, "birthDate") and not is_masked(child(resource, "_birthDate")):
        yield Issue("patient-birth-date", f"{path}.birthDate")
    yield from _check_ins(part)


def is_masked(element: Json) -> bool:
    """Tell whether an element says that it holds nothing on purpose: a notice that may not name the person."""
    return any(
        text(each, "url").endswith("/data-absent-reason") and text(each, "valueCode") == "masked"
        for each in children(element, "extension")
    )


def _check_ins(part: ReadPart) -> Iterator[Issue]:
    """Check INS numbers; the insurance number shares their OID and is told apart by its type NH."""
    for item in children(part.resource, "identifier"):
        system = text(item, "system")
        if system not in INS_SYSTEMS or "NH" in (code for _, code in codings(item, "type")):
            continue
        if not is_ins(text(item, "value")):
            yield Issue("patient-ins", f"{part.path}.identifier")
        elif system in INS_REAL_SYSTEMS and _identity_status(part.resource) not in ("", "QUAL"):
            yield Issue("patient-ins-unqualified", f"{part.path}.identifier", "warning")


def _identity_status(patient: Json) -> str:
    for extension in children(patient, "extension"):
        if not text(extension, "url").endswith("/fr-core-identity-reliability"):
            continue
        for inner in children(extension, "extension"):
            if text(inner, "url") == "identityStatus":
                concept = codings(inner, "valueCodeableConcept")
                return concept[0][1] if concept else text(child(inner, "valueCoding"), "code")
    return ""


def check_practitioner(part: ReadPart) -> Iterator[Issue]:
    """Check the name and, when there are any, the national numbers of the professional."""
    if not any(text(name, "family") or text(name, "text") for name in children(part.resource, "name")):
        yield Issue("practitioner-name", f"{part.path}.name")
    path, known = f"{part.path}.identifier", False
    for item in children(part.resource, "identifier"):
        system, value = text(item, "system"), text(item, "value")
        if system not in (RPPS, ID_NAT_PS):
            continue
        known = True
        if not (is_rpps(value) if system == RPPS else is_id_nat_ps(value)):
            yield Issue("practitioner-identifier", path)
        elif system == RPPS and not passes_luhn(value):
            yield Issue("check-digit", path, "warning")
    if not known:
        yield Issue("practitioner-unidentified", path, "warning")


def check_organization(part: ReadPart) -> Iterator[Issue]:
    """Check the keys of the register numbers; that one organisation has some is a rule of the whole document."""
    path, numbers = f"{part.path}.identifier", register_numbers(part.resource)
    if not numbers:
        yield Issue("organization-unidentified", path, "warning")
    if not all(system != FINESS or has_finess_key(value) for system, value in numbers):
        yield Issue("check-digit", path, "warning")


def register_numbers(organization: Json) -> list[tuple[str, str]]:
    """Return the well-formed FINESS and IdNat_Struct numbers of an organisation."""
    given = ((text(item, "system"), text(item, "value")) for item in children(organization, "identifier"))
    forms = {FINESS: is_finess, ID_NAT_STRUCT: is_id_nat_struct}
    return [(system, value) for system, value in given if system in forms and forms[system](value)]


def check_device(part: ReadPart) -> Iterator[Issue]:
    """Check that the kit can be traced: UDI, or maker with lot, model or name."""
    resource = part.resource
    carriers = children(resource, "udiCarrier")
    if any(text(item, form) for item in carriers for form in UDI_FORMS):
        return
    named = any(text(item, "name") for item in children(resource, "deviceName"))
    traced = named or text(resource, "lotNumber") or text(resource, "modelNumber")
    if not text(resource, "manufacturer") or not traced:
        yield Issue("device-identity", part.path)


def check_specimen(part: ReadPart) -> Iterator[Issue]:
    if not any(system == SNOMED and is_snomed(code) for system, code in codings(part.resource, "type")):
        yield Issue("specimen-type", f"{part.path}.type")


def check_observation(part: ReadPart) -> Iterator[Issue]:
    yield from _check_answer(part) if is_answer(part.resource) else _check_result(part)


def is_answer(observation: Json) -> bool:
    """Tell whether it is what somebody answered to a question about the test, and no result."""
    return (OBSERVATION_CATEGORY, "survey") in codings(observation, "category")


def _check_answer(part: ReadPart) -> Iterator[Issue]:
    resource, path = part.resource, part.path
    asked = codings(resource, "code")
    if text(resource, "status") not in OBSERVATION_STATUSES:
        yield Issue("observation-status", f"{path}.status")
    if not asked or not all(is_loinc(code) for system, code in asked if system == LOINC):
        yield Issue("observation-code", f"{path}.code")
    if not _has_effective(resource):
        yield Issue("observation-effective", f"{path}.effective")
    if bool(codings(resource, "valueCodeableConcept")) == bool(text(resource, "valueDateTime")):
        yield Issue("observation-value", f"{path}.value")


def _check_result(part: ReadPart) -> Iterator[Issue]:
    resource, path = part.resource, part.path
    status = text(resource, "status")
    if status not in OBSERVATION_STATUSES:
        yield Issue("observation-status", f"{path}.status")
    if (OBSERVATION_CATEGORY, "laboratory") not in codings(resource, "category"):
        yield Issue("observation-category", f"{path}.category")
    if not _has_effective(resource):
        yield Issue("observation-effective", f"{path}.effective")
    if not any(item.keys() & {"reference", "display", "identifier"} for item in children(resource, "performer")):
        yield Issue("observation-performer", f"{path}.performer")
    if not _has_device(resource):
        yield Issue("observation-device", path, "warning")
    grouping = bool(resource.get("hasMember")) or bool(resource.get("component"))
    yield from _check_measure(resource, path, is_optional=grouping or status in WITHDRAWN_STATUSES)
    for index, component in enumerate(children(resource, "component")):
        yield from _check_measure(component, f"{path}.component[{index}]", is_optional=False)


def _has_effective(observation: Json) -> bool:
    period = child(observation, "effectivePeriod")
    return any((text(observation, "effectiveDateTime"), text(observation, "effectiveInstant"), period.get("start")))


def _has_device(observation: Json) -> bool:
    kits = (text(item, "url").endswith(TEST_KIT_EXTENSION) for item in children(observation, "extension"))
    return bool(child(observation, "device")) or any(kits)


def _check_measure(node: Json, path: str, *, is_optional: bool) -> Iterator[Issue]:
    loincs = [code for system, code in codings(node, "code") if system == LOINC]
    if not loincs or not all(is_loinc(code) for code in loincs):
        yield Issue("observation-code", f"{path}.code")
    values = [name for name in node if name.startswith("value")]
    if not values:
        if not is_optional and not codings(node, "dataAbsentReason"):
            yield Issue("observation-value", f"{path}.value")
    elif len(values) > 1 or not _is_known_value(values[0], node):
        yield Issue("observation-value", f"{path}.value")


def _is_known_value(name: str, node: Json) -> bool:
    if name == "valueCodeableConcept":
        return any(system == SNOMED and code in OUTCOMES for system, code in codings(node, name))
    return name == "valueQuantity" and _is_quantity(child(node, name))


def _is_quantity(quantity: dict[str, Any]) -> bool:
    number = quantity.get("value")
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return is_number and text(quantity, "system") == UCUM and bool(text(quantity, "code"))


RESOURCE_RULES: dict[str, Callable[[ReadPart], Iterator[Issue]]] = {
    "Composition": check_composition,
    "Patient": check_patient,
    "Practitioner": check_practitioner,
    "Organization": check_organization,
    "Device": check_device,
    "Specimen": check_specimen,
    "Observation": check_observation,
}
