"""The shapes of FHIR that the API tells. Made by tools/write_client.py from the specification."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field

from temoin_client.shape import FhirElement, FhirSearchset


class FhirAddress(FhirElement):
    """Where a person lives."""

    line: list[str] = Field(default_factory=list)
    city: str = ""
    postalCode: str = ""
    country: str = ""


class FhirCoding(FhirElement):
    """A code of a system."""

    system: str = ""
    code: str = ""
    display: str = ""


class FhirCollection(FhirElement):
    """How a sample was taken."""

    collectedDateTime: AwareDatetime


class FhirConcept(FhirElement):
    """One meaning, by its codes and in words."""

    coding: list[FhirCoding] = Field(default_factory=list)
    text: str = ""


class FhirContact(FhirElement):
    """A telephone number or an e-mail address."""

    system: str
    value: str


class FhirIdentifier(FhirElement):
    """A number, in the system that gives it."""

    system: str = ""
    value: str = ""
    use: str = ""


class FhirIssue(FhirElement):
    """One thing that is wrong, or is told beside what was done; our own code in `details.coding`."""

    severity: Literal["error", "warning", "information"]
    code: str
    details: FhirConcept
    # The element that it is about.
    expression: list[str] = Field(default_factory=list)
    # An incident's number, or the record that stays.
    diagnostics: str = ""


class FhirMeta(FhirElement):
    """The version of a resource, which its weak tag has too."""

    versionId: str
    # Of a result: when it was signed.
    lastUpdated: AwareDatetime | None = None


class FhirName(FhirElement):
    """A name of a person: `official` by birth, `usual` where another is used."""

    use: str
    family: str = ""
    given: list[str] = Field(default_factory=list)


class FhirObservation(FhirElement):
    """One finding of a signed result."""

    resourceType: Literal["Observation"]
    id: str
    meta: FhirMeta
    status: Literal["final", "corrected", "entered-in-error"]
    code: FhirConcept
    subject: FhirReference
    # When the sample was taken.
    effectiveDateTime: AwareDatetime
    # When it was read.
    issued: AwareDatetime
    # The outcome that was read.
    valueCodeableConcept: FhirConcept | None = None
    # What was measured, which has no outcome.
    valueQuantity: FhirQuantity | None = None
    interpretation: list[FhirConcept] = Field(default_factory=list)
    specimen: FhirReference
    device: FhirReference


class FhirOutcome(FhirElement):
    """What became of a call."""

    resourceType: Literal["OperationOutcome"]
    issue: list[FhirIssue]


class FhirPatient(FhirElement):
    """A patient's record as it stands now."""

    resourceType: Literal["Patient"]
    id: str
    meta: FhirMeta
    identifier: list[FhirIdentifier]
    name: list[FhirName]
    gender: Literal["male", "female", "other", "unknown"]
    birthDate: date
    telecom: list[FhirContact] = Field(default_factory=list)
    address: list[FhirAddress] = Field(default_factory=list)


class FhirPatientEntry(FhirElement):
    """A patient who was found."""

    fullUrl: str
    resource: FhirPatient


class FhirPatients(FhirSearchset):
    """The patients that a search found."""

    resourceType: Literal["Bundle"]
    type: Literal["searchset"]
    # `self`, and `next` where a page follows.
    link: list[dict[str, str]]
    entry: list[FhirPatientEntry] = Field(default_factory=list)


class FhirQuantity(FhirElement):
    """A measured quantity: in the answer with the decimals that the device showed."""

    value: float
    comparator: Literal["", "<", ">"] = ""
    unit: str
    system: str
    # The unit by UCUM.
    code: str


class FhirReference(FhirElement):
    """What leads to another resource: `Patient/018f…`, or `#device` for one that is contained."""

    reference: str = ""


class FhirReport(FhirElement):
    """A result as it was last signed; `subject`, `result` and `specimen` lead on."""

    resourceType: Literal["DiagnosticReport"]
    id: str
    meta: FhirMeta
    identifier: list[FhirIdentifier]
    status: Literal["final", "corrected", "entered-in-error"]
    code: FhirConcept
    subject: FhirReference
    # When the sample was taken.
    effectiveDateTime: AwareDatetime
    # When it was signed.
    issued: AwareDatetime
    specimen: list[FhirReference]
    result: list[FhirReference]
    # The comment.
    conclusion: str = ""


class FhirReportEntry(FhirElement):
    """A result that was found."""

    fullUrl: str
    resource: FhirReport


class FhirReports(FhirSearchset):
    """The signed results that a search found, the oldest signature first."""

    resourceType: Literal["Bundle"]
    type: Literal["searchset"]
    # `self`, and `next` where a page follows.
    link: list[dict[str, str]]
    entry: list[FhirReportEntry] = Field(default_factory=list)


class FhirSpecimen(FhirElement):
    """The sample of a signed result."""

    resourceType: Literal["Specimen"]
    id: str
    meta: FhirMeta
    type: FhirConcept
    subject: FhirReference
    collection: FhirCollection


class FhirStatement(FhirElement):
    """The CapabilityStatement."""

    resourceType: Literal["CapabilityStatement"]
    status: str
    fhirVersion: str
    format: list[str]
