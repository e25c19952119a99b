"""The documents of the trial: an invented patient, marked as a test in every resource and message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from temoin.testing.report import (
    Address,
    Device,
    Finding,
    IdentityStatus,
    Organisation,
    PatientIdentity,
    Professional,
    Report,
    ReportStatus,
    Sex,
)

# The fictitious patient that the Agence du numérique en santé publishes for tests, with her test number.
PATIENT = PatientIdentity(
    patient_id="6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    birth_family_name="PAT-TROIS",
    birth_given_names="DOMINIQUE MARIE-LOUISE",
    first_birth_given_name="DOMINIQUE",
    sex=Sex.FEMALE,
    birth_date=date(1979, 3, 28),
    birth_place="51215",
    used_given_name="Dominique",
    nir="279035121518989",
    identity_status=IdentityStatus.QUALIFIED,
    address=Address(lines=("28 avenue de Breteuil",), postcode="75007", city="PARIS"),
)
SIGNER = Professional(
    member_id="1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    family_name="ESSAI",
    given_name="Camille",
    rpps="10003879623",
    profession="G15_21/A",
    profession_display="Pharmacien titulaire d'officine",
)
PHARMACY = Organisation(
    pharmacy_id="7d444840-9dc0-41d1-b245-5ffdce74fad2",
    name="Pharmacie d'essai",
    finess="750712184",
    address=Address(lines=("3 place du Marché",), postcode="75001", city="PARIS"),
)
DEVICE = Device(
    manufacturer="Fabricant d'exemple",
    reference="REF-25",
    name="Test rapide COVID-19",
    lot="A12345",
    expiry=date(2027, 9, 30),
)
OUTCOMES = {"negative": ("260385009", "Négatif"), "positive": ("10828004", "Positif")}


@dataclass(frozen=True, slots=True)
class DocumentStory:
    """One result and what becomes of it: three documents, each with its own key."""

    first: Report
    correction: Report
    cancellation: Report


def make_story(moment: datetime) -> DocumentStory:
    """Tell a new story, signed at this moment: keys that no endpoint has seen."""
    return _story(moment, [str(uuid4()) for _ in range(4)])


def example_story() -> DocumentStory:
    """Tell the story of the published examples, always the same."""
    keys = [str(UUID(int=0xE7A << 112 | number, version=4)) for number in range(4)]
    return _story(datetime.fromisoformat("2026-11-24T10:20:00+01:00"), keys)


def _story(moment: datetime, ids: list[str]) -> DocumentStory:
    record_id, *keys = ids
    first = Report(
        record_id=record_id,
        version=1,
        key=keys[0],
        kind="covid19-ag",
        kind_display="TROD antigénique COVID-19",
        specimen_snomed="258500001",
        specimen_display="Écouvillon nasopharyngé",
        sampled_at=moment - timedelta(minutes=18),
        read_at=moment - timedelta(minutes=1),
        signed_at=moment,
        patient=PATIENT,
        signer=SIGNER,
        organisation=PHARMACY,
        device=DEVICE,
        findings=(_finding("negative"),),
        consent_notice="2026-09",
        is_demo=True,
    )
    correction = replace(
        first,
        version=2,
        key=keys[1],
        replaces_key=keys[0],
        status=ReportStatus.CORRECTED,
        reason="Deux bandes, lues trop vite.",
        findings=(_finding("positive"),),
    )
    cancellation = replace(
        correction,
        version=3,
        key=keys[2],
        replaces_key=keys[1],
        status=ReportStatus.CANCELLED,
        reason="Échantillon d'une autre personne.",
    )
    return DocumentStory(first, correction, cancellation)


def _finding(outcome: str) -> Finding:
    snomed, words = OUTCOMES[outcome]
    return Finding(
        target="sars-cov-2",
        display="COVID-19",
        loinc="94558-4",
        loinc_display="SARS-CoV-2 (COVID-19) Ag [Presence] in Respiratory system specimen",
        icd10="U07.1",
        outcome=outcome,
        snomed=snomed,
        snomed_display=words,
    )
