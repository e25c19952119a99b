"""The Patient resource: INS traits, the matricule of a qualified identity only, contact."""

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import (
    Element,
    addresses,
    coding,
    given_names,
    resource,
    telecom,
    typed_identifier,
)
from temoin.formats.fhir.masked import masked_patient
from temoin.testing.report import PatientForm, PatientIdentity, Report


def patient_resource(report: Report, full_url: str) -> Element:
    if report.patient.form is not PatientForm.NAMED:
        return masked_patient(report, full_url)
    return named_patient(report.patient, full_url, demo=report.is_demo)


def named_patient(patient: PatientIdentity, full_url: str, *, demo: bool) -> Element:
    profile = "fr-core-patient-ins" if patient.carries_matricule else "fr-core-patient"
    values = resource("Patient", full_url, codes.FR_CORE + profile, demo=demo)
    values["extension"] = _extensions(patient)
    values["identifier"] = _identifiers(patient, demo=demo)
    values["name"] = _names(patient)
    contacts = telecom("home", phone=patient.phone, email=patient.email)
    if contacts:
        values["telecom"] = contacts
    values["gender"] = codes.GENDER[patient.sex]
    values["birthDate"] = patient.birth_date.isoformat()
    places = addresses(patient.address, "home")
    if places:
        values["address"] = places
    return values


def _identifiers(patient: PatientIdentity, *, demo: bool) -> list[Element]:
    found = [
        typed_identifier(
            "usual",
            coding(codes.V2_IDENTIFIER_TYPE, "PI", "Patient internal identifier"),
            codes.PATIENT_SYSTEM,
            patient.patient_id,
        )
    ]
    if patient.carries_matricule:
        kind, system = ("INS-NIR-DEMO", codes.INS_NIR_DEMO) if demo else ("INS-NIR", codes.INS_NIR)
        ins = typed_identifier("official", coding(codes.FR_IDENTIFIER_TYPE, kind), system, patient.nir)
        found.insert(0, ins)
    return found


def _names(patient: PatientIdentity) -> list[Element]:
    official: Element = {}
    if patient.birth_given_names:
        official["extension"] = [{"url": codes.BIRTH_GIVEN_NAMES, "valueString": patient.birth_given_names}]
    given = given_names([patient.first_birth_given_name])
    official |= {"use": "official", "family": patient.birth_family_name, **given}
    if not (patient.used_family_name or patient.used_given_name):
        return [official]
    usual: Element = {"use": "usual"}
    if patient.used_family_name:
        usual["family"] = patient.used_family_name
    if patient.used_given_name:
        usual["given"] = [patient.used_given_name]
    return [official, usual]


def _extensions(patient: PatientIdentity) -> list[Element]:
    status = patient.identity_status
    confidence = {
        "url": "identityStatus",
        "valueCoding": coding(codes.FR_IDENTITY_STATUS, status.value, codes.IDENTITY_LABEL[status]),
    }
    found: list[Element] = [{"url": codes.IDENTITY_RELIABILITY, "extension": [confidence]}]
    if patient.birth_place:
        found.append({"url": codes.BIRTH_PLACE, "valueAddress": _birth_place(patient.birth_place)})
    return found


def _birth_place(code: str) -> Element:
    system = codes.COUNTRIES if code.startswith("99") else codes.COMMUNES
    # FR Core 2.2 asks for the extension in the profile of the INS, and for `district` in that of addresses.
    return {"extension": [{"url": codes.INSEE_CODE, "valueCoding": coding(system, code)}], "district": code}
