"""Names, identifiers, addresses and numbers as the data types XPN, CX, XAD, XTN, XCN and XON."""

from __future__ import annotations

from temoin.formats.hl7v2 import codes
from temoin.formats.hl7v2.writing import Field, day
from temoin.testing.report import (
    Address,
    Organisation,
    PatientForm,
    PatientIdentity,
    Professional,
    Report,
)


def ins_authority(report: Report) -> tuple[str, str, str]:
    """Return the name space of matricules, or the one kept for demonstrations."""
    return codes.INS_NIR_DEMO if report.is_demo else codes.INS_NIR


def own_authority(organisation: Organisation) -> tuple[str, str, str]:
    """Return the assigning authority of our own identifiers in one pharmacy: "1" + FINESS is its IdNat_Struct."""
    return (codes.APPLICATION, f"1{organisation.finess}", "M")


def own_number(identifier: str, organisation: Organisation) -> Field:
    return (identifier, *own_authority(organisation))


def patient_fields(report: Report) -> dict[int, Field | list[Field]]:
    """Return the PID."""
    patient = report.patient
    if patient.form is not PatientForm.NAMED:
        return _masked_fields(report)
    return {
        1: "1",
        3: _numbers(report),
        5: _names(patient),
        7: day(patient.birth_date),
        8: patient.sex.value,
        11: _places(patient),
        13: contacts(patient.phone, patient.email, "PRN"),
        30: "N",
        32: patient.identity_status.value,
    }


def _masked_fields(report: Report) -> dict[int, Field | list[Field]]:
    """Return the PID of a person who is not named: an empty legal name, then one of type S, for a coded name.

    Table 0203 calls the number ANON; of the birth the year is written, or nothing (TS allows a year alone).
    """
    patient = report.patient
    return {
        1: "1",
        3: [(patient.patient_id, "", "", own_authority(report.organisation), "ANON")],
        5: ["", ("", "", "", "", "", "", "S")],
        7: f"{patient.birth_date:%Y}" if patient.form is PatientForm.PSEUDONYMOUS else "",
        8: patient.sex.value,
        11: address(patient.address, "H"),
        30: "N",
    }


def address(value: Address, use: str) -> Field:
    """Return an XAD; "" for an address of which nothing is known."""
    if value == Address():
        return ""
    first, others = (*value.lines[:1], "")[0], "\n".join(value.lines[1:])
    return (first, others, value.city, value.state, value.postcode, value.country, use, "", value.county)


def contacts(phone: str, email: str, use: str) -> list[Field]:
    """Return XTNs: the number as people write it, and once more where 2.5 wants it; the e-mail."""
    found: list[Field] = [(phone, use, "PH", *[""] * 8, phone)] if phone else []
    return [*found, ("", "NET", "Internet", email)] if email else found


def professional(signer: Professional, organisation: Organisation) -> list[Field]:
    """Return XCNs of the signer: the national identifier when there is one, and ours."""
    name = (signer.family_name, signer.given_name, "", "", "", "", "")
    local: Field = (signer.member_id, *name, own_authority(organisation), "L", "", "", "EI")
    if not signer.rpps:
        return [local]
    return [(f"8{signer.rpps}", *name, codes.ID_NAT_PS, "D", "", "", "RPPS"), local]


def ordering(report: Report) -> list[Field]:
    """Return XCNs of who ordered the test; where nobody told, the signer did."""
    prescriber = report.prescriber
    if prescriber is None:
        return professional(report.signer, report.organisation)
    name = (prescriber.family_name, prescriber.given_name, "", "", "", "", "")
    if prescriber.rpps:
        return [(f"8{prescriber.rpps}", *name, codes.ID_NAT_PS, "D", "", "", "RPPS")]
    return [(prescriber.number, *name, "", "D", "", "", "PRN")]


def performing(report: Report) -> Field:
    laboratory = report.laboratory
    if laboratory is None:
        return pharmacy(report.organisation)[0]
    authority, kind, number = codes.CLIA, "XX", laboratory.clia
    if laboratory.finess:
        authority, kind, number = codes.ID_NAT_STRUCT, "FINEG", f"1{laboratory.finess}"
    return (laboratory.name, "D", "", "", "", authority, kind, "", "", number)


def pharmacy(organisation: Organisation) -> list[Field]:
    """Return XONs of the pharmacy: FINESS, then ours."""
    return [
        (organisation.name, "D", "", "", "", codes.ID_NAT_STRUCT, "FINEG", "", "", f"1{organisation.finess}"),
        (organisation.name, "D", "", "", "", own_authority(organisation), "XX", "", "", organisation.pharmacy_id),
    ]


def _numbers(report: Report) -> list[Field]:
    patient = report.patient
    local: Field = (patient.patient_id, "", "", own_authority(report.organisation), "PI")
    if not patient.carries_matricule:
        return [local]
    return [(patient.nir, "", "", ins_authority(report), "INS"), local]


def _names(patient: PatientIdentity) -> list[Field]:
    birth: Field = (
        patient.birth_family_name,
        patient.first_birth_given_name,
        patient.birth_given_names,
        *("", "", "", "L"),
    )
    if not (patient.used_family_name or patient.used_given_name):
        return [birth]
    return [birth, (patient.used_family_name, patient.used_given_name, "", "", "", "", "D")]


def _places(patient: PatientIdentity) -> list[Field]:
    home = address(patient.address, "H")
    if not patient.birth_place:
        return [home]
    # IHE PAM France: the place of birth is an address of type BDL whose county is the INSEE code.
    return [home, ("", "", "", "", "", "", "BDL", "", patient.birth_place)]
