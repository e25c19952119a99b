"""Who the document is about and who answers for it: patient, signer, pharmacy."""

from __future__ import annotations

from temoin.formats.cda import codes
from temoin.formats.cda.elements import Element, add, add_address, add_code, add_telecoms, add_text, oid
from temoin.testing.report import PatientIdentity, Report, Sex

GENDER = {Sex.FEMALE: ("F", "Féminin"), Sex.MALE: ("M", "Masculin"), Sex.UNKNOWN: ("UN", "Inconnu")}
SCREENING = ("DEPISTAGE", "Dépistage")
PHARMACY = ("SA33", "Pharmacie d'officine")


def matricule_root(report: Report) -> str:
    return codes.INS_NIR_DEMO if report.is_demo else codes.INS_NIR


def add_patient(parent: Element, report: Report) -> None:
    patient = report.patient
    role = add(add(parent, "recordTarget"), "patientRole")
    if patient.carries_matricule:
        add(role, "id", root=matricule_root(report), extension=patient.nir)
    add(role, "id", root=oid(report.organisation.pharmacy_id), extension=patient.patient_id)
    add_address(role, patient.address)
    add_telecoms(role, "H", phone=patient.phone, email=patient.email)
    person = add(role, "patient", classCode="PSN")
    _add_names(person, patient)
    add_code(person, "administrativeGenderCode", GENDER[patient.sex], codes.GENDERS)
    add(person, "birthTime", value=f"{patient.birth_date:%Y%m%d}")
    if patient.birth_place:
        place = add(add(add(person, "birthplace"), "place"), "addr")
        add_text(place, "county", patient.birth_place)  # INSEE code of the commune, or of the country (99…)


def _add_names(person: Element, patient: PatientIdentity) -> None:
    name = add(person, "name")
    add_text(name, "family", patient.birth_family_name, qualifier="BR")
    _add_given(name, patient.birth_given_names)
    _add_given(name, patient.first_birth_given_name, qualifier="BR")
    if patient.used_family_name:
        add_text(name, "family", patient.used_family_name, qualifier="CL")
    if patient.used_given_name:
        add_text(name, "given", patient.used_given_name, qualifier="CL")


def _add_given(name: Element, given: str, **attributes: str) -> None:
    """Append a given name, or that it does not apply: a person may have one name alone."""
    if given:
        add_text(name, "given", given, **attributes)
    else:
        add(name, "given", nullFlavor="NA", **attributes)


def add_signer(parent: Element, name: str, report: Report) -> None:
    """Append the signer under one of the names CDA has for such a person: assignedAuthor, assignedEntity."""
    signer = report.signer
    entity = add(parent, name)
    add(entity, "id", root=codes.ID_NAT_PS, extension=national_identifier(report))
    if signer.profession:
        add_code(entity, "code", (signer.profession, signer.profession_display), codes.PROFESSIONS)
    add_address(entity, report.organisation.address)
    add_telecoms(entity, "WP", phone=report.organisation.phone)
    person = add(add(entity, "assignedPerson"), "name")
    if signer.given_name:
        add_text(person, "given", signer.given_name)
    add_text(person, "family", signer.family_name)
    organisation = add(entity, "representedOrganization")
    add_organisation(organisation, report)
    add_code(organisation, "standardIndustryClassCode", SCREENING, codes.PRACTICE_SETTINGS)


def national_identifier(report: Report) -> str:
    """Return the IdNat_PS: 8 and the RPPS number, or 3, the FINESS number and who it is in that pharmacy."""
    if report.signer.rpps:
        return f"8{report.signer.rpps}"
    return f"3{report.organisation.finess}/{report.signer.member_id}"


def add_organisation(element: Element, report: Report) -> None:
    pharmacy = report.organisation
    add_pharmacy_id(element, report)
    add_text(element, "name", pharmacy.name)
    add_telecoms(element, "WP", phone=pharmacy.phone)
    add_address(element, pharmacy.address)


def add_pharmacy_id(element: Element, report: Report) -> None:
    # IdNat_Struct: "1" says that the rest is a FINESS number of a site.
    add(element, "id", root=codes.ID_NAT_STRUCT, extension=f"1{report.organisation.finess}")
