"""Object identifiers and fixed codes of a BIO-TROD document, each with the text that fixes it."""

from typing import Final

MEDIA_TYPE: Final = "text/xml"  # what XDS and MSSanté expect of a CDA document

HL7: Final = "urn:hl7-org:v3"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

# Header: HL7 France, IHE PCC, CI-SIS, then BIO-TROD itself.
TEMPLATES: Final = ("2.16.840.1.113883.2.8.2.1", "1.3.6.1.4.1.19376.1.5.3.1.1.1", "1.2.250.1.213.1.1.1.1")
PRESCRIBER_TEMPLATE: Final = ("1.3.6.1.4.1.19376.1.3.3.1.6",)
BIO_TROD: Final = ("1.2.250.1.213.1.1.1.59", "2024.01")

# Body: IHE PaLM, then CI-SIS.
SECTION_TEMPLATES: Final = ("1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70")
ENTRY_TEMPLATES: Final = ("1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21")
OBSERVATION_TEMPLATES: Final = ("1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80")
PERFORMER_TEMPLATE: Final = ("1.3.6.1.4.1.19376.1.3.3.1.7",)
COMMENT_TEMPLATES: Final = (
    "2.16.840.1.113883.10.20.1.40",
    "1.3.6.1.4.1.19376.1.5.3.1.4.2",
    "1.2.250.1.213.1.1.3.32",
)

# Terminologies: object identifier, name.
LOINC: Final = ("2.16.840.1.113883.6.1", "LOINC")
SNOMED: Final = ("2.16.840.1.113883.6.96", "SNOMED CT")
ICD10: Final = ("2.16.840.1.113883.6.3", "CIM-10")
CONSENTS: Final = ("1.2.250.1.213.1.1.4.322", "TA_ASIP")
GENDERS: Final = "2.16.840.1.113883.5.1"
CONFIDENTIALITY: Final = "2.16.840.1.113883.5.25"
FUNCTIONS: Final = "2.16.840.1.113883.5.88"
ACTS: Final = "2.16.840.1.113883.5.4"
PROFESSIONS: Final = "1.2.250.1.213.1.1.4.5"
PRACTICE_SETTINGS: Final = "1.2.250.1.213.1.1.4.9"
ACTIVITY_SECTORS: Final = "1.2.250.1.71.4.2.4"

# Identifiers of people and places.
INS_NIR: Final = "1.2.250.1.213.1.4.8"
INS_NIR_DEMO: Final = "1.2.250.1.213.1.4.11"
ID_NAT_PS: Final = "1.2.250.1.71.4.2.1"
ID_NAT_STRUCT: Final = "1.2.250.1.71.4.2.2"
CLIA: Final = "2.16.840.1.113883.4.7"

# Agencies that issue the identifiers of devices, by how their codes begin; GS1 has the rest.
GS1: Final = "2.51.1.1"
UDI_AGENCIES: Final = {"+": "1.0.15961.10.816", "=": "2.16.840.1.113883.6.18.1.34"}

# Our own name spaces, from UUIDs drawn once (ITU-T X.667). They never change.
KINDS: Final = ("2.25.311194969481772410605435992570828134623", "Témoin")
PRESCRIBERS: Final = "2.25.76238752284530280349056437244479988880"
NOTICES: Final = "2.25.59206597359229934739296354121624328376"

DOCUMENT_CODE: Final = ("96173-0", "Test rapide d'orientation diagnostique")
COMMENT_CODE: Final = ("48767-8", "Commentaire")
CONSENT_CODE: Final = (
    "GEN-366",
    "Le patient (ou son représentant légal) a donné son consentement pour la réalisation du test.",
)
SECTION_TITLE: Final = "Résultat du test rapide d'orientation diagnostique"
