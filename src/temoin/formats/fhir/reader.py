"""From a FHIR document that `document` wrote back to the Report.

Everything travels, so the Report read is equal to the one written, except one field: the NIR of an identity that is not
qualified, or whose birth place is unknown, may not leave the pharmacy, and reads as "". Times keep their instant and
offset, and lose the name of their zone.

What FHIR has no element for travels so: the kind and the targets as second codings, the record in
`Composition.identifier`, its version in the clinical document extension, the reason in `event-statusReason`,
the source as a tag, the notice and ICD-10 in `Composition.event`, our own identifiers beside national ones, a county
that is no code of a commune in an extension of ours.
"""

import json
from base64 import b64decode
from datetime import date, datetime
from decimal import Decimal

import orjson

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import Element
from temoin.formats.fhir.masked import form_of, read_masked
from temoin.formats.fhir.parts import DocumentError, Parts, coded, contact, extended, identified, named
from temoin.formats.measured import check_measured, told_quantity
from temoin.lib.quantity import Quantity
from temoin.testing.report import (
    Address,
    Device,
    Finding,
    GivenAnswer,
    IdentityStatus,
    Organisation,
    PatientForm,
    PatientIdentity,
    PerformingLaboratory,
    Prescriber,
    Professional,
    Report,
    ReportStatus,
)

_STATUS = {pair: status for status, pair in codes.STATUS.items()}


def read_document(data: bytes) -> Report:
    """Return the Report that a document of ours carries; anything else raises `DocumentError`."""
    try:
        return _report(Parts(_exact(data)))
    except DocumentError:
        raise
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        # The cause may quote a value of the document, which is health data: it is cut off.
        raise DocumentError(f"the document cannot be read ({type(error).__name__})") from None


def _exact(data: bytes) -> Element:
    """Return the document with each decimal as it is written: a float keeps no trailing zero."""
    orjson.loads(data)  # strict, as the other is not: in depth, in letters, in numbers
    document: Element = json.loads(data, parse_float=Decimal)
    return document


def _report(parts: Parts) -> Report:
    head, report = parts.composition, parts.report
    specimen = parts.at(report["specimen"][0], "Specimen")
    observations = [parts.at(each, "Observation") for each in report["result"]]
    kind = coded([report["code"]], codes.KIND_SYSTEM)
    chapter = report["category"][1]["coding"][0]
    material = coded([specimen["type"]], codes.SNOMED)
    return Report(
        record_id=identified([head["identifier"]], codes.RECORD_SYSTEM),
        version=int(extended(head, codes.DOCUMENT_VERSION)["valueString"]),
        key=identified([parts.bundle["identifier"]], codes.REPORT_KEY_SYSTEM),
        replaces_key=_replaced(head),
        status=_status(head, report),
        reason=_reason(report),
        kind=kind["code"],
        kind_display=kind.get("display", ""),
        chapter_loinc=chapter["code"],
        chapter_display=chapter.get("display", ""),
        specimen_snomed=material["code"],
        specimen_display=material.get("display", ""),
        sampled_at=datetime.fromisoformat(report["effectiveDateTime"]),
        read_at=datetime.fromisoformat(observations[0]["issued"]),
        signed_at=datetime.fromisoformat(parts.bundle["timestamp"]),
        patient=_patient(parts.at(head["subject"], "Patient")),
        signer=_signer(parts, parts.at(head["author"][0], "PractitionerRole")),
        organisation=_organisation(parts.at(head["custodian"], "Organization")),
        device=_device(parts.at(observations[0]["device"], "Device")),
        findings=_findings(parts, report),
        answers=_answers(parts, report),
        comment=report.get("conclusion", ""),
        prescriber=_prescriber(parts, report),
        order_number=_order_number(parts, report),
        laboratory=_laboratory(parts, observations[0]),
        consent_notice=_consent_notice(head),
        source=_tag(head, codes.SOURCE_SYSTEM),
        is_demo=_tag(parts.bundle, codes.ACT_REASON) == "HTEST",
    )


def _status(head: Element, report: Element) -> ReportStatus:
    status = _STATUS.get((head["status"], report["status"]))
    if status is None:
        raise DocumentError("the statuses of Composition and DiagnosticReport do not agree")
    return status


def _replaced(head: Element) -> str:
    targets = [each["targetIdentifier"] for each in head.get("relatesTo", ()) if each["code"] == "replaces"]
    return identified(targets, codes.REPORT_KEY_SYSTEM)


def _reason(report: Element) -> str:
    reason = extended(report, codes.STATUS_REASON)
    return str(reason["valueCodeableConcept"]["text"]) if reason else ""


def _tag(resource: Element, system: str) -> str:
    for each in resource["meta"].get("tag", ()):
        if each["system"] == system:
            return str(each["code"])
    return ""


def _consent_notice(head: Element) -> str:
    for event in head.get("event", ()):
        notice = coded(event["code"], codes.NOTICE_SYSTEM)
        if notice:
            return str(notice["code"])
    return ""


def _findings(parts: Parts, report: Element) -> tuple[Finding, ...]:
    diseases = {}
    for event in parts.composition.get("event", ()):
        disease = coded(event["code"], codes.ICD10)
        if disease:
            diseases[event["detail"][0]["reference"]] = disease["code"]
    kind = coded([report["code"]], codes.KIND_SYSTEM)["code"]
    return tuple(
        check_measured(kind, _finding(parts.at(link, "Observation"), diseases.get(link["reference"], "")))
        for link in report["result"]
    )


def _finding(observation: Element, icd10: str) -> Finding:
    test = coded([observation["code"]], codes.LOINC)
    target = coded([observation["code"]], codes.TARGET_SYSTEM)
    names = {"target": target["code"], "display": target.get("display", "")}
    coding = {"loinc": test["code"], "loinc_display": test.get("display", ""), "icd10": icd10}
    if told := observation.get("valueQuantity"):
        quantity = _quantity(told)
        return Finding(**names, **coding, **told_quantity(quantity), quantity=quantity)
    value = coded([observation["valueCodeableConcept"]], codes.SNOMED)
    outcome = coded([observation["valueCodeableConcept"]], codes.OUTCOME_SYSTEM)
    words = {"snomed": value["code"], "snomed_display": value.get("display", "")}
    return Finding(**names, **coding, **words, outcome=outcome["code"])


def _quantity(told: Element) -> Quantity:
    if told["system"] != codes.UCUM or isinstance(told["value"], bool | str):
        raise DocumentError("a quantity is no number in a UCUM unit")
    return Quantity(comparator=told.get("comparator", ""), value=str(told["value"]), unit=told["code"])


def _patient(patient: Element) -> PatientIdentity:
    if form_of(patient) is not PatientForm.NAMED:
        return read_masked(patient, _address(patient))
    official, usual = named(patient, "official"), named(patient, "usual")
    confidence = extended(extended(patient, codes.IDENTITY_RELIABILITY), "identityStatus")
    birth_place = extended(patient, codes.BIRTH_PLACE)
    insee = extended(birth_place.get("valueAddress", {}), codes.INSEE_CODE)
    return PatientIdentity(
        patient_id=identified(patient["identifier"], codes.PATIENT_SYSTEM),
        birth_family_name=official["family"],
        birth_given_names=extended(official, codes.BIRTH_GIVEN_NAMES).get("valueString", ""),
        first_birth_given_name=official.get("given", [""])[0],
        sex=codes.SEX[patient["gender"]],
        birth_date=date.fromisoformat(patient["birthDate"]),
        birth_place=insee["valueCoding"]["code"] if insee else "",
        used_family_name=usual.get("family", ""),
        used_given_name=usual.get("given", [""])[0],
        nir=identified(patient["identifier"], codes.INS_NIR, codes.INS_NIR_DEMO),
        identity_status=IdentityStatus(confidence["valueCoding"]["code"]),
        phone=contact(patient, "phone"),
        email=contact(patient, "email"),
        address=_address(patient),
    )


def _signer(parts: Parts, role: Element) -> Professional:
    person = parts.at(role["practitioner"], "Practitioner")
    name = named(person, "official")
    concepts = role.get("code", [])
    profession = coded(concepts, codes.PROFESSIONS)
    label = concepts[0].get("text", "") if concepts else ""
    return Professional(
        member_id=identified(person["identifier"], codes.MEMBER_SYSTEM),
        family_name=name["family"],
        given_name=name.get("given", [""])[0],
        rpps=identified(person["identifier"], codes.RPPS),
        profession=profession.get("code", ""),
        profession_display=profession.get("display", label),
    )


def _organisation(pharmacy: Element) -> Organisation:
    return Organisation(
        pharmacy_id=identified(pharmacy["identifier"], codes.PHARMACY_SYSTEM),
        name=pharmacy["name"],
        finess=identified(pharmacy["identifier"], codes.FINESS),
        phone=contact(pharmacy, "phone"),
        address=_address(pharmacy),
    )


def _order(parts: Parts, report: Element) -> Element:
    return parts.at(report["basedOn"][0], "ServiceRequest") if report.get("basedOn") else {}


def _answers(parts: Parts, report: Element) -> tuple[GivenAnswer, ...]:
    order = _order(parts, report)
    return tuple(_answer(parts.at(each, "Observation")) for each in order.get("supportingInfo", ()))


def _answer(observation: Element) -> GivenAnswer:
    question = coded([observation["code"]], codes.QUESTION_SYSTEM)
    known = [each for each in observation["code"]["coding"] if each["system"] == codes.LOINC]
    loinc = known[0] if known else {"code": "", "display": ""}
    asked = {"question": question["code"], "display": question["display"]}
    named = {"loinc": loinc["code"], "loinc_display": loinc.get("display", "")}
    if day := observation.get("valueDateTime"):
        return GivenAnswer(**asked, **named, value=day, value_display=f"{date.fromisoformat(day):%d/%m/%Y}")
    of_table, own = observation["valueCodeableConcept"]["coding"]
    system = {address: name for name, address in codes.ANSWER_TABLES.items()}[of_table["system"]]
    value = {"value": own["code"], "value_display": own.get("display", "")}
    return GivenAnswer(**asked, **named, **value, value_system=system, value_code=of_table["code"])


def _order_number(parts: Parts, report: Element) -> str:
    return next((str(one["value"]) for one in _order(parts, report).get("identifier", ())), "")


def _prescriber(parts: Parts, report: Element) -> Prescriber | None:
    order = _order(parts, report)
    if "requester" not in order:
        return None
    person = parts.at(order["requester"], "Practitioner")
    name, identifiers = named(person, "official"), person.get("identifier", ())
    return Prescriber(
        family_name=name["family"],
        given_name=name.get("given", [""])[0],
        number=identified(identifiers, codes.RPPS, codes.PRESCRIBER_SYSTEM),
        is_rpps=bool(identified(identifiers, codes.RPPS)),
        phone=contact(person, "phone"),
        address=_address(person),
    )


def _laboratory(parts: Parts, observation: Element) -> PerformingLaboratory | None:
    """Return who made the test, where that is an organisation alone."""
    if len(observation["performer"]) != 1:
        return None
    laboratory = parts.at(observation["performer"][0], "Organization")
    return PerformingLaboratory(
        name=laboratory["name"],
        number=identified(laboratory["identifier"], codes.FINESS, codes.CLIA),
        phone=contact(laboratory, "phone"),
        address=_address(laboratory),
    )


def _address(resource: Element) -> Address:
    found = resource.get("address")
    if not found:
        return Address()
    place = found[0]
    return Address(
        lines=tuple(place.get("line", ())),
        postcode=place.get("postalCode", ""),
        city=place.get("city", ""),
        county=place.get("district") or extended(place, codes.ADDRESS_COUNTY).get("valueString", ""),
        state=place.get("state", ""),
        country=place.get("country", ""),
    )


def _device(device: Element) -> Device:
    expiry = device.get("expirationDate")
    return Device(
        manufacturer=device.get("manufacturer", ""),
        reference=device.get("modelNumber", ""),
        name=device["deviceName"][0]["name"] if "deviceName" in device else "",
        udi=_udi(device),
        lot=device.get("lotNumber", ""),
        expiry=date.fromisoformat(expiry) if expiry else None,
    )


def _udi(device: Element) -> str:
    for carrier in device.get("udiCarrier", ()):
        if "carrierHRF" in carrier:
            return str(carrier["carrierHRF"])
        return b64decode(carrier["carrierAIDC"], validate=True).decode()
    return ""
