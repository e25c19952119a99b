"""From foreign FHIR R4 to the results that it tells, each with its path; what is not understood is told.

A Bundle of any kind that carries results, or loose resources. Observations or their components are results, unless they
answer a question asked on entry; what belongs to one (report, patient, specimen, device, order) is found by references.
"""

from __future__ import annotations

from collections.abc import Iterator

from temoin.catalogue.kinds import measured_by
from temoin.formats.handed.codes import (
    interpretation_differs,
    is_beside,
    outcome_of,
    specimen_of,
    test_code,
    tests_differ,
)
from temoin.formats.handed.fhir_panels import ResultPart, find_panels, is_panel, judge_panels, note_left, parts_of
from temoin.formats.handed.fhir_parts import (
    Said,
    address_of,
    chosen_places,
    codes_of,
    device_of,
    identifier_of,
    laboratory_number,
    left_inside,
    name_of,
    notes_of,
    plain_time,
    telecom_of,
    when_of,
)
from temoin.formats.handed.fhir_quantities import interpretations_of, tell_measured
from temoin.formats.handed.fhir_resources import Resources
from temoin.formats.handed.fhir_states import JUDGED, judge_states
from temoin.formats.handed.fhir_tree import NOTHING, Node, Placed, doubled, few, first, many, paths_of, text
from temoin.formats.handed.hl7 import Passed
from temoin.formats.handed.told import ORDER_NUMBER, ToldResult, refuse_repeated

_BUNDLES = frozenset({"transaction", "batch", "document", "collection", "message"})
_OF_BUNDLE = frozenset({"resourceType", "id", "meta", "language", "type", "identifier", "timestamp", "entry"})
_CONDITIONS = ("ifNoneMatch", "ifModifiedSince", "ifMatch", "ifNoneExist")  # what makes a result known is its number
_MODIFIERS = frozenset({"modifierExtension", "implicitRules"})
_STATUSES = {
    "final": "F",
    "amended": "C",
    "corrected": "C",
    "appended": "C",
    "cancelled": "X",
    "entered-in-error": "X",
}
_NOT_FINAL = frozenset({"registered", "partial", "preliminary", "unknown"})
# Elements of which something is read, beside those that `fhir_states` judges.
UNDERSTOOD = {
    "Observation": "status code subject issued effectiveDateTime effectivePeriod effectiveInstant performer "
    "valueCodeableConcept valueString valueQuantity interpretation note method specimen device identifier basedOn "
    "component hasMember",
    "DiagnosticReport": "identifier basedOn subject effectiveDateTime effectivePeriod issued performer specimen result "
    "conclusion",
    "Patient": "name telecom gender birthDate address",
    "Specimen": "type subject collection",
    "Organization": "identifier name address",
    "PractitionerRole": "practitioner organization",
    "Practitioner": "identifier name",
    "ServiceRequest": "identifier requester subject",
    "Device": "deviceName type modelNumber udiCarrier",
    "Composition": "subject",
    "MessageHeader": "eventCoding",
}
_ASKED = "81959-9"  # LOINC: public health laboratory ask at order entry panel
_TECHNICAL = frozenset({"resourceType", "id", "meta", "text", "language", "contained", "fullUrl"})


def told_results(roots: tuple[object, ...], passed: Passed) -> Iterator[ToldResult]:
    """Yield the results of a Bundle or of loose resources, numbered from 1 on; or what says why there is none."""
    resources = Resources(passed)
    refused = [one for place, root in enumerate(roots) for one in _gather(resources, root, place, len(roots))]
    for path, code in refused:
        yield ToldResult(0, problems=[(path, code)])
    if refused:
        return
    reports, only = _reports_by_result(resources), _only_report(resources)
    panels = find_panels(resources)
    lost = [*_lost_results(resources), *panels.lost]
    yield from (ToldResult(0, problems=[(path, "fhir_reference")]) for path in lost)
    found: list[ToldResult] = []
    for one in (one for one in resources.of("Observation") if not is_panel(one)):
        over = panels.all_over(one)
        report = next((reports[each.path] for each in (one, *over) if each.path in reports), only)
        found += [_told(part, report, resources) for part in parts_of(one, over) if not _is_answer(part, passed)]
    refuse_repeated(found)
    yield from found
    _note_unread(resources, passed)
    if not found and not lost:
        yield ToldResult(0, problems=[("Observation", "no_result")])


def _gather(resources: Resources, root: object, place: int, count: int) -> Iterator[tuple[str, str]]:
    """Add what a root holds; yield what forbids to read it, as path and code."""
    kind = text(root, "resourceType")
    path = kind or "Resource"
    if count > 1:
        path = f"{path}[{place}]"
    if not isinstance(root, dict) or not kind:
        yield path, "fhir_resource"
        return
    for found in list(paths_of(root, path, _MODIFIERS))[:20]:
        yield found, "fhir_modifier"
    if kind != "Bundle":
        resources.add(Placed(path, root))
        yield from _trial(root, path)
        return
    yield from _trial(root, path)
    others = (name for name in root if name not in _OF_BUNDLE and name.isascii() and name.isalnum())
    resources.passed.unread |= dict.fromkeys(f"{kind}.{name}" for name in others)
    if text(root, "type") not in _BUNDLES:
        yield f"{path}.type", "fhir_bundle"
    for number, entry in enumerate(many(root, "entry")):
        yield from _entry(resources, entry, f"{path}.entry[{number}]")


def _entry(resources: Resources, entry: object, path: str) -> Iterator[tuple[str, str]]:
    request = first(entry, "request")
    method = text(request, "method")
    conditions = (name for name in _CONDITIONS if name in request)
    resources.passed.unread |= dict.fromkeys(f"Bundle.entry.request.{name}" for name in conditions)
    if method and method not in {"POST", "PUT"}:
        yield f"{path}.request.method", "fhir_method"
        return
    inner = first(entry, "resource")
    if not text(inner, "resourceType"):
        yield f"{path}.resource", "fhir_resource"
        return
    placed = Placed(f"{path}.resource", inner)
    resources.add(placed, text(entry, "fullUrl"))
    yield from _trial(inner, placed.path)
    if placed.kind == "MessageHeader" and text(first(inner, "eventCoding"), "code") not in {"R01", ""}:
        yield f"{placed.path}.eventCoding", "hl7_type"


def _trial(node: Node, path: str) -> Iterator[tuple[str, str]]:
    """Yield that something is marked as a test: of health data, or of a message (HL7 table 0103)."""
    meta = first(node, "meta")
    for name in ("tag", "security"):
        for each in many(meta, name):
            is_of_message = "v2-0103" in text(each, "system")
            code = text(each, "code")
            if code == "HTEST" or (is_of_message and code.upper() != "P"):
                yield f"{path}.meta.{name}", "not_production"


def _reports_by_result(resources: Resources) -> dict[str, Placed]:
    """Return by the path of each result the report that names it; one contained in its report is one too."""
    pairs = [
        (report, result)
        for report in resources.of("DiagnosticReport")
        for reference in many(report.node, "result")
        if (result := resources.at(reference, report)) is not None and result.kind == "Observation"
    ]
    known = {one.path for one in resources.placed}
    found: dict[str, Placed] = {}
    for report, result in pairs:
        if result.path not in known:
            known.add(result.path)
            resources.placed.append(result)
        found.setdefault(result.path, report)
    return found


def _lost_results(resources: Resources) -> Iterator[str]:
    """Yield where a report names a result that did not come with it."""
    for report in resources.of("DiagnosticReport"):
        for place, reference in enumerate(many(report.node, "result")):
            if resources.at(reference, report) is None:
                yield f"{report.path}.result[{place}]"


def _only_report(resources: Resources) -> Placed | None:
    """Return the report of a document that has one, and names no result in it."""
    reports = resources.of("DiagnosticReport")
    return reports[0] if len(reports) == 1 and not many(reports[0].node, "result") else None


def _is_answer(part: ResultPart, passed: Passed) -> bool:
    loinc = test_code(codes_of(first(part.at.node, "code")))
    kinds = (code for one in few(part.observation.node, "identifier") for code in codes_of(first(one, "type")))
    if any(code.code == _ASKED for code in kinds) or (loinc is not None and is_beside(loinc)):
        passed.not_kept[f"{part.name} {loinc}" if loinc else part.name] = None
        return True
    return False


def _told(part: ResultPart, report: Placed | None, resources: Resources) -> ToldResult:
    told, result = ToldResult(1), part.observation
    whole = (*resources.of("Composition"), report, *part.over)
    resources.used = {one.path: one for one in whole if one is not None}
    order = resources.chosen(result, "basedOn", "ServiceRequest")
    order = order or resources.chosen(report, "basedOn", "ServiceRequest")
    specimen = resources.chosen(result, "specimen", "Specimen") or _only_specimen(resources, report)
    _tell_person(told, result, report, resources)
    _tell_laboratory(told, result, report, resources)
    _tell_prescriber(told, order, resources)
    ordered = (
        identifier_of(order, "identifier"),
        identifier_of(report, "basedOn"),
        identifier_of(result, "basedOn"),
    )
    told.tell("accession_number", identifier_of(report, "identifier"), identifier_of(result, "identifier"), *ordered)
    told.tell(ORDER_NUMBER, *ordered)
    _tell_device(told, result, resources)
    _tell_test(told, part.at)
    _tell_status(told, result)
    _tell_value(told, part.at)
    _tell_specimen(told, result, specimen)
    judge_states(told, resources.used.values())
    for one in (result, part.at, *resources.used.values()):
        for path in doubled(one):
            told.refuse(path, "several_values")
    judge_panels(told, part.over)
    told.tell("specimen_collection_date", *when_of(specimen, "collection"), *when_of(result), *when_of(report))
    told.tell("test_result_date", *_issued(result, report))
    told.tell("comment", notes_of(result, report))
    return told


def _only_specimen(resources: Resources, report: Placed | None) -> Placed | None:
    told = many(report.node, "specimen") if report else []
    return resources.chosen(report, "specimen", "Specimen") if len(told) == 1 else None


def _issued(result: Placed, report: Placed | None) -> list[Said]:
    told = [one for one in (result, report) if one is not None]
    return [(f"{one.path}.issued", plain_time(text(one.node, "issued"))) for one in told]


def _tell_person(told: ToldResult, result: Placed, report: Placed | None, resources: Resources) -> None:
    naming = next((one for one in (result, report) if one and text(first(one.node, "subject"), "reference")), None)
    person = resources.chosen(naming, "subject", "Patient")
    if person is None:
        told.refuse(f"{(naming or result).path}.subject", "fhir_reference" if naming else "untold")
        person = Placed(f"{result.path}.subject", NOTHING)
    else:
        for one in (result, *resources.used.values()):
            _check_subject(told, one, person, resources)
    family, given = name_of(person)
    told.tell("patient_last_name", family)
    told.tell("patient_first_name", given)
    told.tell("patient_dob", (f"{person.path}.birthDate", text(person.node, "birthDate")))
    told.tell("patient_sex", (f"{person.path}.gender", text(person.node, "gender")))
    told.tell("patient_phone_number", telecom_of(person, "phone"))
    told.tell("patient_email", telecom_of(person, "email"))
    for column, said in address_of(person).items():
        told.tell(f"patient_{column}", said)


def _check_subject(told: ToldResult, one: Placed, person: Placed, resources: Resources) -> None:
    """Refuse what belongs to a result and is said to be of another person, or of one that is not here."""
    subject = first(one.node, "subject")
    if not text(subject, "reference") and not first(subject, "identifier"):
        return
    found = resources.at(subject, one)
    if found is None:
        told.refuse(f"{one.path}.subject", "fhir_reference")
    elif found.path != person.path:
        told.refuse(f"{one.path}.subject", "other_subject")


def _tell_laboratory(told: ToldResult, result: Placed, report: Placed | None, resources: Resources) -> None:
    """Tell who made the test: the organisation that performed the result or its report, or that of a role."""
    found = None
    for one in (result, report):
        numbers = {laboratory_number(each) for each in resources.all_of(one, "performer", "Organization")}
        if one and len(numbers) > 1:
            told.refuse(f"{one.path}.performer", "several_values")
        role = resources.chosen(one, "performer", "PractitionerRole")
        found = found or resources.chosen(one, "performer", "Organization")
        found = found or resources.chosen(role, "organization", "Organization")
    if found is None:
        told.tell("testing_lab_clia", (f"{result.path}.performer", ""))
        return
    told.tell("testing_lab_clia", (f"{found.path}.identifier", laboratory_number(found)))
    told.tell("testing_lab_name", (f"{found.path}.name", text(found.node, "name")))
    for column, said in address_of(found).items():
        told.tell(f"testing_lab_{column}", said)


def _tell_prescriber(told: ToldResult, order: Placed | None, resources: Resources) -> None:
    role = resources.chosen(order, "requester", "PractitionerRole")
    person = resources.chosen(role, "practitioner", "Practitioner")
    person = person or resources.chosen(order, "requester", "Practitioner")
    if person is None:
        return
    family, given = name_of(person)
    told.tell("ordering_provider_id", identifier_of(person, "identifier"))
    told.tell("ordering_provider_last_name", family)
    told.tell("ordering_provider_first_name", given)


def _tell_device(told: ToldResult, result: Placed, resources: Resources) -> None:
    place, named = device_of(result, resources.chosen(result, "device", "Device"))
    told.tell("equipment_model_name", (place, named or ""))
    if named is None:
        told.refuse(place, "values_differ")


def _tell_specimen(told: ToldResult, result: Placed, specimen: Placed | None) -> None:
    place = f"{specimen.path}.type" if specimen else f"{result.path}.specimen"
    found = specimen_of(codes_of(first(specimen.node, "type")) if specimen else [])
    told.tell("specimen_type", (place, found or ""))
    if found is None:
        told.refuse(place, "values_differ")


def _tell_test(told: ToldResult, result: Placed) -> None:
    codes, place = codes_of(first(result.node, "code")), f"{result.path}.code"
    loinc = test_code(codes)
    told.tell("test_performed_code", (place, loinc or ""))
    if loinc is None and any(one.code for one in codes):
        told.refuse(place, "test_system")
    if tests_differ(codes):
        told.refuse(place, "tests_differ")


def _tell_status(told: ToldResult, result: Placed) -> None:
    place, status = f"{result.path}.status", text(result.node, "status")
    told.tell("test_result_status", (place, _STATUSES.get(status.lower(), status)))
    if status and status.lower() not in _STATUSES:  # X and D of HL7 v2 are no words here
        told.cells["test_result_status"] = "F"  # refused below, by a reason that fits
        told.refuse(place, "not_final" if status.lower() in _NOT_FINAL else "told_status")


def _tell_value(told: ToldResult, result: Placed) -> None:
    if measure := measured_by(told.cells.get("test_performed_code", "")):
        tell_measured(told, result, measure)
        return
    place, word = f"{result.path}.valueCodeableConcept", ""
    names = [name for name in result.node if name.startswith("value")]
    if len(names) > 1 or len(many(result.node, "valueCodeableConcept")) > 1:
        told.refuse(f"{result.path}.value", "several_values")
    elif names == ["valueCodeableConcept"]:
        found = outcome_of(codes_of(first(result.node, "valueCodeableConcept")))
        if found is None:
            told.refuse(place, "values_differ")
        word = found or ""
    elif names == ["valueString"]:
        place, word = f"{result.path}.valueString", text(result.node, "valueString")
    elif names:
        place = f"{result.path}.{names[0]}"
        told.refuse(place, "not_a_word")
    if interpretation_differs(word, interpretations_of(result)):
        told.refuse(f"{result.path}.interpretation", "values_differ")
    told.tell("test_result", (place, word))


def _note_unread(resources: Resources, passed: Passed) -> None:
    for one in (*resources.placed, *resources.contained):
        known = UNDERSTOOD.get(one.kind)
        if known is None:
            passed.unread[one.kind if one.kind.isascii() and one.kind.isalpha() else "?"] = None
            continue
        names = {*known.split(), *_TECHNICAL, *JUDGED.get(one.kind, {})}
        if one.kind == "Observation":
            note_left(one, frozenset(known.split()), passed)
        others = (name for name in one.node if name not in names and name.isascii())
        passed.unread |= dict.fromkeys(f"{one.kind}.{name}" for name in others if name.removeprefix("_").isalnum())
        for name, kept in chosen_places(one).items():
            left = (place for place in range(len(few(one.node, name))) if place not in kept)
            passed.not_kept |= dict.fromkeys(f"{one.kind}.{name}[{place}]" for place in left)
            passed.not_kept |= dict.fromkeys(f"{one.kind}.{name}{each}" for each in left_inside(one, name, kept))
