"""METADATA.XML of an XDM package: the document and the set it is sent in, from the same Report as the document.

The CI-SIS says which part of the CDA header each attribute repeats (annex on the CDA header and XDS metadata). Times
are in UTC, as IHE asks. The same Report and sending give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from typing import Final
from uuid import UUID, uuid5

from lxml import etree

from temoin.formats.cda import MEDIA_TYPE, codes
from temoin.formats.cda.elements import Element, oid
from temoin.formats.cda.header import title
from temoin.formats.cda.people import PHARMACY, SCREENING, matricule_root, national_identifier
from temoin.formats.cda.terms import load_terms
from temoin.formats.xdm import ebrim
from temoin.formats.xdm.ebrim import LONGEST, escaped, fitted
from temoin.testing.report import Doctor, Report

# The format of a BIO-TROD document: what table ASS_A11 of the CI-SIS gives for its template, out of TRE_A06.
FORMAT: Final = ("urn:ans:ci-sis:trod:2024", "Test rapide d'orientation diagnostique", "1.2.250.1.213.1.1.4.2.282")

_ENTRY = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
_ENTRY_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
_SET_AUTHOR = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
_SET_CONTENT = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
_HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
_REPLACES = "urn:ihe:iti:2007:AssociationType:RPLC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    code: str
    label: str
    system: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a package says that no Report knows: which system sends it, and how the receiver files it.

    The class of the document and the content of the set come from nomenclatures that this project has not read
    (ASS_X04, JDV_J59): whoever sends gives them.
    """

    source_id: str  # object identifier of the sending system
    class_code: Coded
    content_type: Coded


def metadata(report: Report, sending: Submission, document: bytes, file_name: str) -> bytes:
    names = {"lcm": ebrim.LCM, None: ebrim.RIM}
    root = etree.Element(f"{{{ebrim.LCM}}}SubmitObjectsRequest", nsmap=names)
    objects = ebrim.add(root, "RegistryObjectList")
    entry = _add_entry(objects, report, document, file_name)
    _add_codes(entry, report, sending)
    _add_identifiers(entry, report)
    sent = _add_set(objects, report, sending)
    member = ebrim.add_association(objects, _HAS_MEMBER, sent.attrib["id"], entry.attrib["id"])
    ebrim.add_slot(member, "SubmissionSetStatus", "Original")
    if report.replaces_key:
        ebrim.add_association(objects, _REPLACES, entry.attrib["id"], _entry_id(report.replaces_key))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _entry_id(key: str) -> str:
    # The key is also the entry's own identifier, so that a replacement can name what it replaces.
    return f"urn:uuid:{UUID(key)}"


def _add_entry(objects: Element, report: Report, document: bytes, file_name: str) -> Element:
    entry = ebrim.add(
        objects,
        "ExtrinsicObject",
        id=_entry_id(report.key),
        mimeType=MEDIA_TYPE,
        objectType=_ENTRY,
        status=ebrim.APPROVED,
    )
    ebrim.add_slot(entry, "creationTime", _moment(report.signed_at))
    # SHA-1 is what IHE asks for: it tells a damaged file, it protects from nobody.
    ebrim.add_slot(entry, "hash", sha1(document, usedforsecurity=False).hexdigest())
    ebrim.add_slot(entry, "languageCode", "fr-FR")
    ebrim.add_slot(entry, "legalAuthenticator", _person(report))
    ebrim.add_slot(entry, "serviceStartTime", _moment(report.sampled_at))
    ebrim.add_slot(entry, "serviceStopTime", _moment(report.read_at))
    ebrim.add_slot(entry, "size", str(len(document)))
    ebrim.add_slot(entry, "sourcePatientId", _local_patient(report))
    ebrim.add_slot(entry, "URI", file_name)
    ebrim.add_name(entry, title(report))
    return entry


def _add_codes(entry: Element, report: Report, sending: Submission) -> None:
    ebrim.add_classification(entry, _ENTRY_AUTHOR, _author(report))
    filed = (sending.class_code.code, sending.class_code.label, sending.class_code.system)
    for scheme, (code, words, system) in (
        ("urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a", filed),
        ("urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f", ("N", "Normal", codes.CONFIDENTIALITY)),
        ("urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d", FORMAT),
        ("urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", (*PHARMACY, codes.ACTIVITY_SECTORS)),
        ("urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead", (*SCREENING, codes.PRACTICE_SETTINGS)),
        ("urn:uuid:f0306f51-975f-434e-a61c-c59651d33983", (*codes.DOCUMENT_CODE, codes.LOINC[0])),
        *(("urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4", event) for event in _events(report)),
    ):
        ebrim.add_classification(entry, scheme, {"codingScheme": [system]}, code=code, words=words)


def _events(report: Report) -> list[tuple[str, str, str]]:
    tests = load_terms().tests
    diseases = dict.fromkeys(tests[finding.loinc].disease for finding in report.findings)
    return [(disease.code, disease.label, codes.ICD10[0]) for disease in diseases]


def _add_identifiers(entry: Element, report: Report) -> None:
    patient, unique = "XDSDocumentEntry.patientId", "XDSDocumentEntry.uniqueId"
    ebrim.add_identifier(entry, "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427", _patient(report), patient)
    ebrim.add_identifier(entry, "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab", oid(report.key), unique)


def _add_set(objects: Element, report: Report, sending: Submission) -> Element:
    identifier = uuid5(UUID(report.key), "submission")
    sent = ebrim.add(objects, "RegistryPackage", id=f"urn:uuid:{identifier}", status=ebrim.APPROVED)
    if report.doctor is not None:
        ebrim.add_slot(sent, "intendedRecipient", _recipient(report.doctor))
    ebrim.add_slot(sent, "submissionTime", _moment(report.signed_at))
    ebrim.add_name(sent, title(report))
    ebrim.add_classification(sent, _SET_AUTHOR, _author(report))
    content = sending.content_type
    slots = {"codingScheme": [content.system]}
    ebrim.add_classification(sent, _SET_CONTENT, slots, code=content.code, words=content.label)
    ebrim.add_node(sent, _SET)
    for scheme, value, words in (
        ("urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8", oid(str(identifier)), "XDSSubmissionSet.uniqueId"),
        ("urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832", sending.source_id, "XDSSubmissionSet.sourceId"),
        ("urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446", _patient(report), "XDSSubmissionSet.patientId"),
    ):
        ebrim.add_identifier(sent, scheme, value, words)
    return sent


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _author(report: Report) -> dict[str, list[str]]:
    signer, pharmacy = report.signer, report.organisation
    register = f"^^^^^&{codes.ID_NAT_STRUCT}&ISO^IDNST^^^1{escaped(pharmacy.finess)}"
    institution = fitted(pharmacy.name, LONGEST - len(register)) + register
    profession = f"{signer.profession}^", f"^{codes.PROFESSIONS}"
    specialty = fitted(signer.profession_display, LONGEST - sum(map(len, profession))).join(profession)
    return {
        "authorInstitution": [institution],
        "authorPerson": [_person(report)],
        "authorSpecialty": [specialty] if signer.profession else [],
    }


def _person(report: Report) -> str:
    signer, number = report.signer, escaped(national_identifier(report))
    return _named(number, signer.family_name, signer.given_name, LONGEST)


def _named(number: str, family: str, given: str, room: int) -> str:
    """Return a person of the national register; each name has half of the room that the other one leaves."""
    register = f"^^^^^^&{codes.ID_NAT_PS}&ISO^D^^^IDNPS" if number else ""
    left = room - len(f"{number}^^{register}")
    first = fitted(given, max(left // 2, left - len(escaped(family))))
    return f"{number}^{fitted(family, left - len(first))}^{first}{register}"


def _recipient(doctor: Doctor) -> str:
    """Return organisation | person | telecommunication (ITI TF-3, table 4.2.3.3.7-1)."""
    mailbox = f"^^Internet^{escaped(doctor.mailbox)}"
    room = LONGEST - len("||")
    if len(mailbox) > room // 2:  # half an address is another one; it stands on the message itself
        mailbox = ""
    number = f"8{doctor.rpps}" if doctor.rpps else ""
    return f"|{_named(number, doctor.family_name, doctor.given_name, room - len(mailbox))}|{mailbox}"


def _patient(report: Report) -> str:
    """Return the matricule where the document carries it, else the pharmacy's own number of the patient."""
    if report.patient.carries_matricule:
        return f"{report.patient.nir}^^^&{matricule_root(report)}&ISO^NH"
    return _local_patient(report)


def _local_patient(report: Report) -> str:
    return f"{escaped(report.patient.patient_id)}^^^&{oid(report.organisation.pharmacy_id)}&ISO^PI"
