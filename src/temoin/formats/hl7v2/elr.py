"""From a Report to an ORU^R01 2.5.1 in the profile of electronic laboratory reporting to public health (US ELR R1)."""

from __future__ import annotations

from collections.abc import Iterator

from temoin.formats.hl7v2 import codes
from temoin.formats.hl7v2.fitting import fitted
from temoin.formats.hl7v2.people import (
    address,
    contacts,
    ordering,
    own_authority,
    own_number,
    patient_fields,
    performing,
    pharmacy,
    professional,
)
from temoin.formats.hl7v2.route import Route
from temoin.formats.hl7v2.writing import Field, Value, day, joined, moment, segment
from temoin.testing.report import Device, Finding, GivenAnswer, PatientForm, Report

Fields = dict[int, Value]


def report_message(report: Report, route: Route) -> bytes:
    """Return the message: the same bytes each time for the same Report, its key as MSH-10."""
    segments = fitted(_segments(report, route), route.separators)
    return joined(segment(name, fields, route.separators) for name, fields in segments)


def header(report: Report, route: Route, version: str, profile: Field) -> Fields:
    """Return the MSH. MSH-11 tells a demonstration (T, training) from the real thing."""
    organisation = report.organisation
    return {
        3: codes.APPLICATION,
        4: (organisation.name, f"1{organisation.finess}", "M"),
        5: route.application,
        6: route.facility,
        7: moment(report.signed_at),
        9: ("ORU", "R01", "ORU_R01"),
        10: report.key,
        11: "T" if report.is_demo else "P",
        12: version,
        17: "FRA",
        18: codes.CHARACTER_SET,
        21: profile,
    }


def _segments(report: Report, route: Route) -> Iterator[tuple[str, Fields]]:
    # One answer per message: an accept acknowledgement always, an application one never (ELR R1).
    yield "MSH", header(report, route, codes.VERSION_ELR, codes.ELR_PROFILE) | {15: "AL", 16: "NE"}
    yield "SFT", {1: ("Témoin", "L"), 2: route.software, 3: "Témoin", 4: route.software}
    yield "PID", dict(patient_fields(report))
    yield "ORC", _order(report)
    yield "OBR", _request(report)
    yield from _notes(report)
    for number, finding in enumerate(report.findings, start=1):
        yield "OBX", _observation(report, finding, number)
    for number, answer in enumerate(report.answers, start=len(report.findings) + 1):
        yield "OBX", _answer(report, answer, number)
    yield "SPM", _specimen(report)
    yield "ZTM", _own_facts(report)


def _order(report: Report) -> Fields:
    organisation, prescriber = report.organisation, report.prescriber
    place, phones = address(organisation.address, "B"), contacts(organisation.phone, "", "WPN")
    return {
        1: "RE",
        2: report.order_number,
        3: own_number(report.record_id, organisation),
        12: ordering(report),
        14: contacts(prescriber.phone, "", "WPN") if prescriber else phones,
        21: pharmacy(organisation),
        22: place,
        23: phones,
        24: address(prescriber.address, "B") if prescriber else place,
    }


def _request(report: Report) -> Fields:
    organisation = report.organisation
    return {
        1: "1",
        2: report.order_number,
        3: own_number(report.record_id, organisation),
        4: (report.chapter_loinc, report.chapter_display, "LN", report.kind, report.kind_display, "L"),
        7: moment(report.sampled_at),
        16: ordering(report),
        17: contacts(report.prescriber.phone if report.prescriber else organisation.phone, "", "WPN"),
        22: moment(report.signed_at),
        25: codes.STATUS[report.status],
        # The conditions looked for: one repetition per finding, in their order.
        31: [(each.icd10, each.display, "I10") if each.icd10 else "" for each in report.findings],
    }


def _notes(report: Report) -> Iterator[tuple[str, Fields]]:
    told = ((report.comment, codes.COMMENT), (report.reason, codes.REASON))
    for number, (text, kind) in enumerate((each for each in told if each[0]), start=1):
        yield "NTE", {1: str(number), 2: "L", 3: text, 4: kind}


def _observation(report: Report, finding: Finding, number: int) -> Fields:
    organisation, laboratory = report.organisation, report.laboratory
    return {
        1: str(number),
        3: (finding.loinc, finding.loinc_display, "LN", finding.target, finding.display, "L"),
        4: str(number),
        **_found(finding),
        8: codes.ABNORMAL.get(finding.outcome, ""),
        11: codes.STATUS[report.status],
        14: moment(report.sampled_at),
        16: professional(report.signer, organisation),
        17: _kit(report.device),
        18: _kit_number(report.device),
        19: moment(report.read_at),
        23: performing(report),
        24: address(laboratory.address if laboratory else organisation.address, "B"),
        # Who directs another laboratory is not known here.
        25: "" if laboratory else professional(report.signer, organisation)[0],
    }


def _found(finding: Finding) -> Fields:
    """Return type, value and unit of what was found: a code, a number, or that it lies beyond one."""
    measured = finding.quantity
    if measured is None:
        return {2: "CWE", 5: (finding.snomed, finding.snomed_display, "SCT", finding.outcome, "", "L")}
    unit = {6: (measured.unit, measured.unit, codes.UCUM)}
    if not measured.comparator:
        return {2: "NM", 5: measured.value, **unit}
    return {2: "SN", 5: (measured.comparator, measured.value), **unit}


def _answer(report: Report, answer: GivenAnswer, number: int) -> Fields:
    """Return what was answered to a question asked on entry; its other code is ours, or its only one."""
    own = (answer.question, answer.display, "L")
    is_day = not answer.value_system
    coded = (answer.value_code, "", codes.ANSWER_TABLES.get(answer.value_system, ""), answer.value)
    return {
        1: str(number),
        2: "DT" if is_day else "CWE",
        3: (answer.loinc, answer.loinc_display, "LN", *own) if answer.loinc else own,
        4: str(number),
        5: answer.value.replace("-", "") if is_day else (*coded, answer.value_display, "L"),
        11: codes.STATUS[report.status],
        14: moment(report.sampled_at),
        29: codes.ASKED,
    }


def _kit(device: Device) -> Field:
    told = " | ".join(part for part in (device.manufacturer, device.lot, day(device.expiry)) if part)
    return (device.reference, device.name, "L", "", "", "", "", "", told)


def _kit_number(device: Device) -> Field:
    """Return the UDI with the agency that issued it, told by its first character."""
    agency = {"+": codes.HIBCC, "=": codes.ICCBBA, "&": codes.ICCBBA}.get(device.udi[:1], codes.GS1)
    return (device.udi, "", agency, "ISO") if device.udi else ""


def _specimen(report: Report) -> Fields:
    return {
        1: "1",
        2: ("", (report.record_id, *own_authority(report.organisation))),
        4: (report.specimen_snomed, report.specimen_display, "SCT"),
        17: moment(report.sampled_at),
        18: moment(report.sampled_at),
    }


def _own_facts(report: Report) -> Fields:
    """Return what the profile has no field for, in a segment of our own that receivers may ignore.

    Its ninth field is written where texts are cut to their lengths.
    """
    signer, device, form = report.signer, report.device, report.patient.form
    laboratory = report.laboratory
    return {
        1: str(report.version),
        2: report.replaces_key,
        3: report.source,
        4: report.consent_notice,
        5: (signer.profession, signer.profession_display),
        6: (device.manufacturer, device.reference, device.name, device.lot, day(device.expiry)),
        7: "" if form is PatientForm.NAMED else form.value,
        8: report.patient.age_band,
        10: laboratory.phone if laboratory else "",
    }
