"""The Patient resource of a copy that does not name the person, written and read back."""

from datetime import date

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import Element, addresses, coding, resource, typed_identifier
from temoin.formats.fhir.parts import extended, identified
from temoin.testing.report import Address, PatientForm, PatientIdentity, Report

_MASKED: Element = {"extension": [{"url": codes.DATA_ABSENT_REASON, "valueCode": "masked"}]}
_LABEL = {
    PatientForm.PSEUDONYMOUS: coding(codes.SECURITY_LABELS, "PSEUDED", "pseudonymized"),
    PatientForm.ANONYMOUS: coding(codes.SECURITY_LABELS, "ANONYED", "anonymized"),
}
_FORM = {label["code"]: form for form, label in _LABEL.items()}
_TYPE = coding(codes.V2_IDENTIFIER_TYPE, "ANON", "Anonymous identifier")


def masked_patient(report: Report, full_url: str) -> Element:
    """Return the resource: what is not told says that it is masked, and a label says in which form it is.

    No profile of FR Core: they ask for names and traits.
    """
    patient = report.patient
    values = resource("Patient", full_url, "", demo=report.is_demo)
    values.setdefault("meta", {})["security"] = [_LABEL[patient.form]]
    values["identifier"] = [typed_identifier("secondary", _TYPE, codes.PERSON_NUMBER_SYSTEM, patient.patient_id)]
    values["name"] = [_MASKED]
    values["gender"] = codes.GENDER[patient.sex]
    if patient.form is PatientForm.PSEUDONYMOUS:
        values["birthDate"] = f"{patient.birth_date:%Y}"
    else:
        values["extension"] = [{"url": codes.AGE_BAND, "valueString": patient.age_band}]
        values["_birthDate"] = _MASKED
    places = addresses(patient.address, "home")
    if places:
        values["address"] = places
    return values


def form_of(patient: Element) -> PatientForm:
    labels = patient.get("meta", {}).get("security", ())
    return next((_FORM[each["code"]] for each in labels if each["system"] == codes.SECURITY_LABELS), PatientForm.NAMED)


def read_masked(patient: Element, address: Address) -> PatientIdentity:
    form = form_of(patient)
    return PatientIdentity(
        patient_id=identified(patient["identifier"], codes.PERSON_NUMBER_SYSTEM),
        birth_family_name="",
        birth_given_names="",
        first_birth_given_name="",
        sex=codes.SEX[patient["gender"]],
        birth_date=date(int(patient["birthDate"]), 1, 1) if form is PatientForm.PSEUDONYMOUS else date.min,
        address=address,
        form=form,
        age_band=str(extended(patient, codes.AGE_BAND).get("valueString", "")),
    )
