"""Addresses and codes that a FHIR document of ours uses, each taken from the guide that defines it."""

from typing import Final

from temoin.testing.report import IdentityStatus, ReportStatus, Sex

MEDIA_TYPE: Final = "application/fhir+json"

# Our own name spaces. They never change: an authority finds a document again by the first one.
REPORT_KEY_SYSTEM: Final = "https://temoin.org/fhir/report-key"
RECORD_SYSTEM: Final = "https://temoin.org/fhir/record-id"
PATIENT_SYSTEM: Final = "https://temoin.org/fhir/patient-id"
PERSON_NUMBER_SYSTEM: Final = "https://temoin.org/fhir/person-number"
MEMBER_SYSTEM: Final = "https://temoin.org/fhir/member-id"
PRESCRIBER_SYSTEM: Final = "https://temoin.org/fhir/prescriber-number"
PHARMACY_SYSTEM: Final = "https://temoin.org/fhir/pharmacy-id"
KIND_SYSTEM: Final = "https://temoin.org/fhir/CodeSystem/test-kind"
TARGET_SYSTEM: Final = "https://temoin.org/fhir/CodeSystem/test-target"
OUTCOME_SYSTEM: Final = "https://temoin.org/fhir/CodeSystem/test-outcome"
QUESTION_SYSTEM: Final = "https://temoin.org/fhir/CodeSystem/test-question"
ANSWER_SYSTEM: Final = "https://temoin.org/fhir/CodeSystem/test-answer"
SOURCE_SYSTEM: Final = "https://temoin.org/fhir/CodeSystem/record-source"
NOTICE_SYSTEM: Final = "https://temoin.org/fhir/CodeSystem/information-notice"
AGE_BAND: Final = "https://temoin.org/fhir/StructureDefinition/age-band"

# Terminologies.
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
UCUM: Final = "http://unitsofmeasure.org"
ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
V2_IDENTIFIER_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
SECURITY_LABELS: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
DATA_ABSENT_REASON: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
# The tables that the codes of closed answers are from.
ANSWER_TABLES: Final = {
    "yes-no": "http://terminology.hl7.org/CodeSystem/v2-0136",
    "null-flavour": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    "snomed": SNOMED,
}
GS1_ISSUER: Final = "http://hl7.org/fhir/NamingSystem/gs1-di"

# FR Core 2.2 and the nomenclatures of the Agence du numérique en santé.
FR_CORE: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
FR_IDENTIFIER_TYPE: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
FR_IDENTITY_STATUS: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status"
IDENTITY_RELIABILITY: Final = FR_CORE + "fr-core-identity-reliability"
BIRTH_GIVEN_NAMES: Final = FR_CORE + "fr-core-patient-birth-list-given-name"
INSEE_CODE: Final = FR_CORE + "fr-core-address-insee-code"
BIRTH_PLACE: Final = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
COMMUNES: Final = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
COUNTRIES: Final = "https://mos.esante.gouv.fr/NOS/TRE_R20-Pays/FHIR/TRE-R20-Pays"
ACTIVITY_SECTORS: Final = "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"
# CI-SIS value set of author specialties: it holds "G15_21/A", which TRE-G15 alone ("21") does not.
PROFESSIONS: Final = "urn:oid:1.2.250.1.213.1.1.4.5"
CONSENT_CODES: Final = "urn:oid:1.2.250.1.213.1.1.4.322"
INS_NIR: Final = "urn:oid:1.2.250.1.213.1.4.8"
INS_NIR_DEMO: Final = "urn:oid:1.2.250.1.213.1.4.11"
ID_NAT_PS: Final = "urn:oid:1.2.250.1.71.4.2.1"
ID_NAT_STRUCT: Final = "urn:oid:1.2.250.1.71.4.2.2"
RPPS: Final = "https://rpps.esante.gouv.fr"
FINESS: Final = "https://finess.esante.gouv.fr"

CLIA: Final = "urn:oid:2.16.840.1.113883.4.7"

# HL7 Europe Laboratory Report 2.0.
EU_LAB: Final = "http://hl7.eu/fhir/laboratory/StructureDefinition/"
LAB_TEST_KIT: Final = EU_LAB + "observation-deviceLabTestKit"
# Published by the laboratory guide until 0.1.1, by the shared HL7 Europe extensions since 2.0.
COMPOSITION_REPORT: Final = "http://hl7.eu/fhir/extensions/StructureDefinition/composition-diagnosticReportReference"
REPORT_COMPOSITION: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition"
STATUS_REASON: Final = "http://hl7.org/fhir/StructureDefinition/event-statusReason"
ADDRESS_COUNTY: Final = "https://temoin.org/fhir/StructureDefinition/address-county"
DOCUMENT_VERSION: Final = "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber"

GENDER: Final = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.UNKNOWN: "unknown"}
SEX: Final = {gender: sex for sex, gender in GENDER.items()}

# Composition, then DiagnosticReport and Observation, paired as the guide's ConceptMap asks. "cancelled" is a test that
# was never done (FHIR R4): a result that was signed and is then withdrawn is in error.
STATUS: Final = {
    ReportStatus.FINAL: ("final", "final"),
    ReportStatus.CORRECTED: ("amended", "corrected"),
    ReportStatus.CANCELLED: ("entered-in-error", "entered-in-error"),
}

# An unsatisfactory sample interprets nothing: it has a value of the national list and no interpretation.
INTERPRETATION_OF: Final = {
    "positive": ("POS", "Positive"),
    "negative": ("NEG", "Negative"),
    "indeterminate": ("IND", "Indeterminate"),
}

IDENTITY_LABEL: Final = {
    IdentityStatus.PROVISIONAL: "Identité provisoire",
    IdentityStatus.VALIDATED: "Identité validée",
    IdentityStatus.RETRIEVED: "Identité récupérée",
    IdentityStatus.QUALIFIED: "Identité qualifiée",
}

CONSENT_LABEL: Final = "Le patient (ou son représentant légal) a donné son consentement pour la réalisation du test."
