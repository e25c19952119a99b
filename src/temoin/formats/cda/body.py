"""The body of the document: one section, one entry, the kit, and one observation per target."""

from __future__ import annotations

from lxml import etree

from temoin.formats.cda import codes
from temoin.formats.cda import narrative as words
from temoin.formats.cda.elements import Element, add, add_code, add_reference, add_templates, add_text, moment
from temoin.formats.cda.others import add_laboratory
from temoin.formats.cda.terms import CdaResult, Test, load_terms
from temoin.lib.quantity import BELOW, Quantity
from temoin.testing.report import Device, Finding, Report, ReportStatus

# PaLM knows completed, active and aborted: a result that is void is the third.
STATUS = {
    ReportStatus.FINAL: "completed",
    ReportStatus.CORRECTED: "completed",
    ReportStatus.CANCELLED: "aborted",
}


def add_body(root: Element, report: Report, tests: tuple[Test, ...]) -> None:
    section = add(add(add(add(root, "component"), "structuredBody"), "component"), "section")
    add_templates(section, codes.SECTION_TEMPLATES)
    add_code(section, "code", (report.chapter_loinc, report.chapter_display), codes.LOINC)
    add_text(section, "title", codes.SECTION_TITLE)
    words.add_narrative(section, report)
    entry = add(section, "entry", typeCode="DRIV")
    add_templates(entry, codes.ENTRY_TEMPLATES)
    _add_act(entry, report, tests)


def _add_act(entry: Element, report: Report, tests: tuple[Test, ...]) -> None:
    act = add(entry, "act", classCode="ACT", moodCode="EVN")
    group = tests[0].group
    code = add_code(act, "code", (group.code, group.label), codes.LOINC)
    # Our own code of the kind of test has no place of its own: it is the same act in another code system.
    add_code(code, "translation", (report.kind, report.kind_display), codes.KINDS)
    add(act, "statusCode", code=STATUS[report.status])
    _add_specimen(act, report)
    if report.laboratory is not None:
        add_laboratory(act, report.laboratory)
    _add_device(act, report.device)
    for number, (finding, test) in enumerate(zip(report.findings, tests, strict=True), start=1):
        _add_observation(add(act, "entryRelationship", typeCode="COMP"), report, finding, test, number=number)
    if report.reason:
        _add_comment(act, words.REASON)
    if report.conduct:
        _add_comment(act, words.CONDUCT)


def _add_specimen(act: Element, report: Report) -> None:
    specimen = add(act, "specimen", typeCode="SPC")
    entity = add(add(specimen, "specimenRole", classCode="SPEC"), "specimenPlayingEntity")
    code = add_code(entity, "code", (report.specimen_snomed, report.specimen_display), codes.SNOMED)
    add_reference(code, "originalText", words.SPECIMEN)


def _add_device(act: Element, device: Device) -> None:
    role = add(add(act, "participant", typeCode="DEV"), "participantRole", classCode="MANU")
    if device.udi:
        root = codes.UDI_AGENCIES.get(device.udi[0], codes.GS1)
        add(role, "id", root=root, extension=words.printed(device.udi))
    playing = add(role, "playingDevice", classCode="DEV", determinerCode="INSTANCE")
    add_reference(add(playing, "code"), "originalText", words.DEVICE)
    if device.name:
        add_text(playing, "manufacturerModelName", device.name)


def _add_observation(parent: Element, report: Report, finding: Finding, test: Test, *, number: int) -> None:
    observation = add(parent, "observation", classCode="OBS", moodCode="EVN")
    add_templates(observation, codes.OBSERVATION_TEMPLATES)
    code = add_code(observation, "code", (test.loinc.code, test.loinc.label), codes.LOINC)
    add_reference(code, "originalText", words.examined(number))
    if finding.quantity:  # which has no text of its own: the whole observation refers to it
        add_reference(observation, "text", words.resulted(number))
    add(observation, "statusCode", code=STATUS[report.status])
    add(observation, "effectiveTime", value=moment(report.sampled_at))
    if finding.quantity:
        _add_quantity(observation, finding.quantity)
    else:
        _add_value(observation, finding, load_terms().results[finding.snomed], number)
    if report.comment:
        _add_comment(observation, words.COMMENT)


def _add_value(observation: Element, finding: Finding, result: CdaResult, number: int) -> None:
    reported, exact = result.reported_as, (finding.snomed, finding.snomed_display)
    is_exact = reported.code == finding.snomed
    value = add_code(observation, "value", exact if is_exact else (reported.code, reported.label), codes.SNOMED)
    value.set(etree.QName(codes.XSI, "type"), "CD")
    add_reference(value, "originalText", words.resulted(number))
    if not is_exact:
        add_code(value, "translation", exact, codes.SNOMED)


def _add_quantity(observation: Element, quantity: Quantity) -> None:
    """Write a number with its unit, or the interval beyond the limit of what was measured."""
    told = {"value": quantity.value, "unit": quantity.unit}
    value = add(observation, "value", **({} if quantity.comparator else told))
    value.set(etree.QName(codes.XSI, "type"), "IVL_PQ" if quantity.comparator else "PQ")
    if quantity.comparator:
        add(value, "high" if quantity.comparator == BELOW else "low", inclusive="false", **told)


def _add_comment(parent: Element, name: str) -> None:
    act = add(add(parent, "entryRelationship", typeCode="SUBJ"), "act", classCode="ACT", moodCode="EVN")
    add_templates(act, codes.COMMENT_TEMPLATES)
    add_code(act, "code", codes.COMMENT_CODE, codes.LOINC)
    add_reference(act, "text", name)
    add(act, "statusCode", code="completed")
