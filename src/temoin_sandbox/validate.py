"""Says whether a document may be stored: FHIR R4 document rules and the HL7 Europe Laboratory Report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from temoin_sandbox.codes import is_instant, is_uuid_urn, read_date_time
from temoin_sandbox.issues import Issue
from temoin_sandbox.reading import (
    Json,
    ReadPart,
    SandboxReading,
    child,
    children,
    codings,
    identifier,
    read_bundle,
    reference,
    references,
    text,
)
from temoin_sandbox.resources import RESOURCE_RULES, register_numbers

PROFILE = "http://hl7.eu/fhir/laboratory/StructureDefinition/Bundle-eu-lab"
MAX_DEPTH = 40
TOO_DEEP = "\0deep"  # no JSON name that FHIR knows
CHECKED_TEXTS = frozenset({"reference", "div"})
# Clocks differ by minutes; a date without a time may already be tomorrow east of here.
CLOCK_TOLERANCE = timedelta(minutes=5)
DATE_TOLERANCE = timedelta(hours=14)

DATE_ELEMENTS = frozenset(
    {
        "timestamp",
        "date",
        "effectiveDateTime",
        "effectiveInstant",
        "issued",
        "birthDate",
        "collectedDateTime",
        "receivedTime",
        "time",
        "authoredOn",
        "manufactureDate",
        "recorded",
        "lastUpdated",
    }
)
# What a report may be when its Composition is thus; a cancelled result travels as an amended document.
REPORT_STATUSES = {
    "final": frozenset({"final"}),
    "amended": frozenset({"amended", "corrected", "appended", "cancelled", "entered-in-error"}),
    "entered-in-error": frozenset({"cancelled", "entered-in-error"}),
}
KNOWN_REPORT_STATUSES = frozenset().union(*REPORT_STATUSES.values())


def validate(bundle: Json, expected: str, received: datetime) -> list[Issue]:
    """Return every issue of a Bundle; `expected` is the If-None-Exist token, or nothing."""
    reading = read_bundle(bundle, received)
    issues = list(_check_tree(reading))
    if issues and issues[-1].rule == "json-deep":
        return issues
    issues.extend(_check_bundle(reading, expected))
    for check in DOCUMENT_RULES:
        issues.extend(check(reading))
    for part in reading.parts:
        rule = RESOURCE_RULES.get(text(part.resource, "resourceType"))
        if rule is not None:
            issues.extend(rule(part))
    return issues


def _check_tree(reading: SandboxReading) -> Iterator[Issue]:
    """Check every value: no null, no empty, well-formed dates, references that resolve."""
    urls = {part.url for part in reading.parts}
    for path, name, value in _every_value(reading):
        if name == TOO_DEEP:
            yield Issue("json-deep", path)
        elif isinstance(value, str) and value:
            if name in DATE_ELEMENTS:
                yield from _check_date(value, f"{path}.{name}", reading.received)
            elif name in CHECKED_TEXTS:
                yield from _check_text(name, value, path, urls)
        elif value is None or value in ("", {}, []):
            yield Issue("json-empty", f"{path}.{name}")


def _every_value(reading: SandboxReading) -> Iterator[tuple[str, str, Any]]:
    """Walk all values with a stack, so that depth cannot hurt; the last one says when it was too deep."""
    envelope = {name: value for name, value in reading.bundle.items() if name != "entry"}
    stack: list[tuple[str, Json, int]] = [(part.path, part.resource, 0) for part in reversed(reading.parts)]
    stack.append(("Bundle", envelope, 0))
    while stack:
        path, node, depth = stack.pop()
        if depth > MAX_DEPTH:
            yield path, TOO_DEEP, None
            return
        for name, value in node.items():
            yield path, name, value
            if isinstance(value, dict):
                stack.append((path, value, depth + 1))
            elif isinstance(value, list):
                stack.extend((path, item, depth + 1) for item in _objects(value))


def _objects(values: list[Any]) -> Iterator[Json]:
    """Find the objects of a list; a list inside a list is no FHIR, and is opened for its depth only."""
    for value in values:
        if isinstance(value, dict):
            yield value
        elif isinstance(value, list):
            yield {"value": value}


def _check_text(name: str, value: str, path: str, urls: set[str]) -> Iterator[Issue]:
    if name == "reference" and not value.startswith("#") and value not in urls:
        yield Issue("reference-unresolved", f"{path}.{name}")
    elif name == "div" and (not value.startswith("<div") or "<script" in value.lower()):
        yield Issue("narrative", f"{path}.{name}")


def _check_date(value: str, path: str, received: datetime) -> Iterator[Issue]:
    moment = read_date_time(value)
    if moment is None:
        yield Issue("date-format", path)
    elif moment > received + (CLOCK_TOLERANCE if "T" in value else DATE_TOLERANCE):
        yield Issue("date-future", path)


def _check_bundle(reading: SandboxReading, expected: str) -> Iterator[Issue]:
    bundle = reading.bundle
    if text(bundle, "type") != "document":
        yield Issue("bundle-type", "Bundle.type")
    if PROFILE not in _profiles(bundle):
        yield Issue("bundle-profile", "Bundle.meta.profile", "warning")
    if not reading.identifier:
        yield Issue("bundle-identifier", "Bundle.identifier")
    elif expected and reading.identifier != expected:
        yield Issue("bundle-identifier-mismatch", "Bundle.identifier")
    if not is_instant(bundle.get("timestamp")):
        yield Issue("bundle-timestamp", "Bundle.timestamp")
    if "total" in bundle or "link" in bundle:
        yield Issue("bundle-search-parts", "Bundle")


def _profiles(bundle: Json) -> list[str]:
    claimed = child(bundle, "meta").get("profile")
    return [str(item).partition("|")[0] for item in claimed] if isinstance(claimed, list) else []


def _check_entries(reading: SandboxReading) -> Iterator[Issue]:
    seen = Counter(part.url for part in reading.parts)
    for part in reading.parts:
        path = part.path.removesuffix(".resource")
        if not text(part.resource, "resourceType"):
            yield Issue("entry-resource", part.path)
        if not is_uuid_urn(part.url):
            yield Issue("full-url", f"{path}.fullUrl")
        elif seen[part.url] > 1:
            yield Issue("full-url-unique", f"{path}.fullUrl")
        if not part.entry.keys() <= {"fullUrl", "resource", "id", "extension"}:
            yield Issue("bundle-search-parts", path)


def _check_counts(reading: SandboxReading) -> Iterator[Issue]:
    if not reading.parts or reading.parts[0].resource.get("resourceType") != "Composition":
        yield Issue("composition-first", "Bundle.entry[0].resource")
    counts = Counter(text(part.resource, "resourceType") for part in reading.parts)
    singles = (("Composition", "composition-one"), ("DiagnosticReport", "report-one"), ("Patient", "patient-one"))
    for name, rule in singles:
        if counts[name] != 1:
            yield Issue(rule, f"Bundle.entry.resource.ofType({name})")
    required = (
        ("Device", "device-missing"),
        ("Specimen", "specimen-missing"),
        ("Observation", "observation-missing"),
    )
    for name, rule in required:
        if not counts[name]:
            yield Issue(rule, f"Bundle.entry.resource.ofType({name})")


def _check_organizations(reading: SandboxReading) -> Iterator[Issue]:
    if not any(register_numbers(part.resource) for part in reading.of_type("Organization")):
        yield Issue("organization-finess", "Bundle.entry.resource.ofType(Organization)")


def _check_subjects(reading: SandboxReading) -> Iterator[Issue]:
    patients = [part.url for part in reading.of_type("Patient")]
    patient = patients[0] if patients else None
    for name in ("Composition", "DiagnosticReport", "Observation"):
        for part in reading.of_type(name):
            if reference(part.resource, "subject") != patient:
                yield Issue("subject", f"{part.path}.subject")
    for part in reading.of_type("Specimen"):
        if "subject" in part.resource and reference(part.resource, "subject") != patient:
            yield Issue("subject", f"{part.path}.subject")


def _check_report(reading: SandboxReading) -> Iterator[Issue]:
    compositions, reports = reading.of_type("Composition"), reading.of_type("DiagnosticReport")
    if not compositions or not reports:
        return
    composition, report = compositions[0], reports[0]
    if report.url not in _report_extensions(composition.resource):
        yield Issue("composition-report", f"{composition.path}.extension")
    if not set(codings(composition.resource, "type")) & set(codings(report.resource, "code")):
        yield Issue("report-type", f"{report.path}.code")
    categories = codings(composition.resource, "category"), codings(report.resource, "category")
    if any(categories) and not set(categories[0]) & set(categories[1]):
        yield Issue("report-category", f"{report.path}.category")
    given = [identifier(item) for item in children(report.resource, "identifier")]
    if given and identifier(child(composition.resource, "identifier")) not in given:
        yield Issue("report-identifier", f"{report.path}.identifier")


def _check_statuses(reading: SandboxReading) -> Iterator[Issue]:
    compositions, reports = reading.of_type("Composition"), reading.of_type("DiagnosticReport")
    status = text(compositions[0].resource, "status") if compositions else ""
    for report in reports:
        if text(report.resource, "status") not in KNOWN_REPORT_STATUSES:
            yield Issue("report-status", f"{report.path}.status")
        elif text(report.resource, "status") not in REPORT_STATUSES.get(status, KNOWN_REPORT_STATUSES):
            yield Issue("status-inconsistent", f"{report.path}.status")
    former = reading.former()
    if status == "amended" and not former:
        yield Issue("amended-without-former", "Bundle.entry[0].resource.relatesTo")
    if former and former == reading.identifier:
        yield Issue("former-itself", "Bundle.entry[0].resource.relatesTo")


def _report_extensions(composition: Json) -> list[str]:
    """Find the report named by the extension; its base moved between versions of the guide, its name did not."""
    return [
        reference(extension, "valueReference")
        for extension in children(composition, "extension")
        if text(extension, "url").startswith("http://hl7.eu/fhir/")
        and text(extension, "url").endswith("/composition-diagnosticReportReference")
    ]


def _check_orphans(reading: SandboxReading) -> Iterator[Issue]:
    named: set[str] = set()
    for part in reading.of_type("DiagnosticReport"):
        named.update(references(part.resource, "result"))
    for part in reading.of_type("Composition"):
        named.update(_section_entries(part))
    for part in reading.of_type("ServiceRequest"):
        named.update(references(part.resource, "supportingInfo"))
    observations = reading.of_type("Observation")
    for part in observations:
        named.update(references(part.resource, "hasMember"))
    for part in observations:
        if part.url not in named:
            yield Issue("observation-orphan", part.path)


def _section_entries(composition: ReadPart) -> Iterator[str]:
    for section in children(composition.resource, "section"):
        yield from references(section, "entry")
        for inner in children(section, "section"):
            yield from references(inner, "entry")


DOCUMENT_RULES: tuple[Callable[[SandboxReading], Iterator[Issue]], ...] = (
    _check_entries,
    _check_counts,
    _check_organizations,
    _check_subjects,
    _check_report,
    _check_statuses,
    _check_orphans,
)
