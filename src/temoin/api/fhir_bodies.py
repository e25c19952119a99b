"""What is told as FHIR R4, as typed shapes for the specification: the elements that always or mostly stand there.

The resources themselves are written by `formats.fhir`; FHIR's other elements may stand beside those named here.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class FhirShape(BaseModel):
    """A resource or an element of FHIR R4: others of FHIR's elements may stand in it too."""

    model_config = ConfigDict(extra="allow", frozen=True)


class FhirCoding(FhirShape):
    """A code of a system."""

    system: str = ""
    code: str = ""
    display: str = ""


class FhirConcept(FhirShape):
    """One meaning, by its codes and in words."""

    coding: list[FhirCoding] = []
    text: str = ""


class FhirQuantity(FhirShape):
    """A measured quantity: in the answer with the decimals that the device showed."""

    value: float
    comparator: Literal["", "<", ">"] = ""
    unit: str
    system: str
    code: Annotated[str, Field(description="The unit by UCUM.")]


class FhirIdentifier(FhirShape):
    """A number, in the system that gives it."""

    system: str = ""
    value: str = ""
    use: str = ""


class FhirReference(FhirShape):
    """What leads to another resource: `Patient/018f…`, or `#device` for one that is contained."""

    reference: str = ""


class FhirMeta(FhirShape):
    """The version of a resource, which its weak tag has too."""

    versionId: str
    lastUpdated: Annotated[datetime | None, Field(description="Of a result: when it was signed.")] = None


class FhirName(FhirShape):
    """A name of a person: `official` by birth, `usual` where another is used."""

    use: str
    family: str = ""
    given: list[str] = []


class FhirContact(FhirShape):
    """A telephone number or an e-mail address."""

    system: str
    value: str


class FhirAddress(FhirShape):
    """Where a person lives."""

    line: list[str] = []
    city: str = ""
    postalCode: str = ""
    country: str = ""


class FhirPatient(FhirShape):
    """A patient's record as it stands now."""

    resourceType: Literal["Patient"]
    id: str
    meta: FhirMeta
    identifier: list[FhirIdentifier]
    name: list[FhirName]
    gender: Literal["male", "female", "other", "unknown"]
    birthDate: date
    telecom: list[FhirContact] = []
    address: list[FhirAddress] = []


class FhirReport(FhirShape):
    """A result as it was last signed; `subject`, `result` and `specimen` lead on."""

    resourceType: Literal["DiagnosticReport"]
    id: str
    meta: FhirMeta
    identifier: list[FhirIdentifier]
    status: Literal["final", "corrected", "entered-in-error"]
    code: FhirConcept
    subject: FhirReference
    effectiveDateTime: Annotated[datetime, Field(description="When the sample was taken.")]
    issued: Annotated[datetime, Field(description="When it was signed.")]
    specimen: list[FhirReference]
    result: list[FhirReference]
    conclusion: Annotated[str, Field(description="The comment.")] = ""


class FhirObservation(FhirShape):
    """One finding of a signed result."""

    resourceType: Literal["Observation"]
    id: str
    meta: FhirMeta
    status: Literal["final", "corrected", "entered-in-error"]
    code: FhirConcept
    subject: FhirReference
    effectiveDateTime: Annotated[datetime, Field(description="When the sample was taken.")]
    issued: Annotated[datetime, Field(description="When it was read.")]
    valueCodeableConcept: Annotated[FhirConcept | None, Field(description="The outcome that was read.")] = None
    valueQuantity: Annotated[FhirQuantity | None, Field(description="What was measured, which has no outcome.")] = None
    interpretation: list[FhirConcept] = []
    specimen: FhirReference
    device: FhirReference


class FhirCollection(FhirShape):
    """How a sample was taken."""

    collectedDateTime: datetime


class FhirSpecimen(FhirShape):
    """The sample of a signed result."""

    resourceType: Literal["Specimen"]
    id: str
    meta: FhirMeta
    type: FhirConcept
    subject: FhirReference
    collection: FhirCollection


class FhirPage(FhirShape):
    """What a search found, page by page."""

    resourceType: Literal["Bundle"]
    type: Literal["searchset"]
    link: Annotated[list[dict[str, str]], Field(description="`self`, and `next` where a page follows.")]


class FhirPatientEntry(FhirShape):
    """A patient who was found."""

    fullUrl: str
    resource: FhirPatient


class FhirPatients(FhirPage):
    """The patients that a search found."""

    entry: list[FhirPatientEntry] = []


class FhirReportEntry(FhirShape):
    """A result that was found."""

    fullUrl: str
    resource: FhirReport


class FhirReports(FhirPage):
    """The signed results that a search found, the oldest signature first."""

    entry: list[FhirReportEntry] = []


class FhirIssue(FhirShape):
    """One thing that is wrong, or is told beside what was done; our own code in `details.coding`."""

    severity: Literal["error", "warning", "information"]
    code: str
    details: FhirConcept
    expression: Annotated[list[str], Field(description="The element that it is about.")] = []
    diagnostics: Annotated[str, Field(description="An incident's number, or the record that stays.")] = ""


class FhirOutcome(FhirShape):
    """What became of a call."""

    resourceType: Literal["OperationOutcome"]
    issue: list[FhirIssue]


class FhirStatement(FhirShape):
    """The CapabilityStatement."""

    resourceType: Literal["CapabilityStatement"]
    status: str
    fhirVersion: str
    format: list[str]
