"""What is read back as FHIR: told by the CapabilityStatement, and by the specification as all other operations."""

from typing import Any

from temoin.api import fhir_bodies, fhir_reads, fhir_searches
from temoin.api.guard import Operation
from temoin.api.outcomes import BASE, JSON
from temoin.api.paging import CURSOR_TEXT
from temoin.formats.fhir import codes
from temoin.pharmacies.professions import Right

PATIENTS, REPORTS = f"{BASE[1:]}/Patient", f"{BASE[1:]}/DiagnosticReport"
_READ: dict[str, Any] = {"speaks": JSON, "is_once": False, "is_look": True}
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NIR, _PERSON, _RECORD = (
    "|".join(one.replace(".", r"\.") for one in systems)
    for systems in ((codes.INS_NIR, codes.INS_NIR_DEMO), (codes.PATIENT_SYSTEM,), (codes.RECORD_SYSTEM,))
)
_OF_PERSON = (fhir_searches.IDENTIFIER, rf"^(({_NIR})\|[0-9AB ]{{15,21}}|{_PERSON}\|{_UUID})$")
_OF_RESULT = (fhir_searches.IDENTIFIER, rf"^({_RECORD}\|{_UUID}|[^|,\\]+)$")
_SIGNED = (fhir_searches.UPDATED, f"^{fhir_searches.MOMENT}$")
_PAGING = ((fhir_searches.COUNT, "^[0-9]{1,3}$"), (fhir_searches.CURSOR, f"^{CURSOR_TEXT}$"))

FHIR_READS: tuple[Operation, ...] = (
    Operation(
        name="fhir_patient",
        path=f"{PATIENTS}/<uuid:patient_id>",
        view=fhir_reads.patient,
        asks=Right.READ_PATIENT,
        version=fhir_reads.version_of_person,
        answers=fhir_bodies.FhirPatient,
        summary="Read a patient's record as FHIR",
        **_READ,
    ),
    Operation(
        name="fhir_patients",
        path=PATIENTS,
        view=fhir_searches.patients,
        asks=Right.READ_PATIENT,
        is_told=False,  # it answers no one
        summary="Refuse to look for a person by an address",
        **_READ,
    ),
    Operation(
        name="fhir_search_patients",
        path=f"{PATIENTS}/_search",
        view=fhir_searches.patients_by_post,
        asks=Right.READ_PATIENT,
        method="POST",
        media=fhir_searches.FORM,
        form=(_OF_PERSON,),
        needs=(fhir_searches.IDENTIFIER,),
        answers=fhir_bodies.FhirPatients,
        summary="Look for a person by a number",
        **_READ,
    ),
    Operation(
        name="fhir_report",
        path=f"{REPORTS}/<uuid:record_id>",
        view=fhir_reads.report,
        asks=Right.READ_TEST,
        version=fhir_reads.version,
        answers=fhir_bodies.FhirReport,
        summary="Read a signed result as FHIR",
        **_READ,
    ),
    Operation(
        name="fhir_reports",
        path=REPORTS,
        view=fhir_searches.reports,
        asks=Right.READ_TEST,
        asked=(_SIGNED, *_PAGING),
        twice=(fhir_searches.UPDATED,),
        answers=fhir_bodies.FhirReports,
        summary="List signed results as FHIR, by the moment of their last signature",
        **_READ,
    ),
    Operation(
        name="fhir_search_reports",
        path=f"{REPORTS}/_search",
        view=fhir_searches.reports_by_post,
        asks=Right.READ_TEST,
        method="POST",
        media=fhir_searches.FORM,
        form=(_OF_RESULT, _SIGNED, *_PAGING),
        twice=(fhir_searches.UPDATED,),
        answers=fhir_bodies.FhirReports,
        summary="Look for a signed result by a number; without one, list signed results as by GET",
        **_READ,
    ),
    Operation(
        name="fhir_observation",
        path=f"{BASE[1:]}/Observation/<uuid:record_id>.<int:number>",
        view=fhir_reads.observation,
        asks=Right.READ_TEST,
        version=fhir_reads.version,
        answers=fhir_bodies.FhirObservation,
        summary="Read one finding of a signed result as FHIR",
        **_READ,
    ),
    Operation(
        name="fhir_specimen",
        path=f"{BASE[1:]}/Specimen/<uuid:record_id>",
        view=fhir_reads.specimen,
        asks=Right.READ_TEST,
        version=fhir_reads.version,
        answers=fhir_bodies.FhirSpecimen,
        summary="Read the sample of a signed result as FHIR",
        **_READ,
    ),
)
