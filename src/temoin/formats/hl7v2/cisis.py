"""The French envelope: an ORU^R01 2.5 around a CDA document (CI-SIS, "Transmission d'un document CDA en HL7 v2")."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from temoin.formats.hl7v2 import codes
from temoin.formats.hl7v2.elr import Fields, header
from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.fitting import fitted
from temoin.formats.hl7v2.lengths import ENVELOPE
from temoin.formats.hl7v2.people import (
    ins_authority,
    ordering,
    own_number,
    patient_fields,
    pharmacy,
    professional,
)
from temoin.formats.hl7v2.route import Route
from temoin.formats.hl7v2.writing import Field, joined, moment, segment
from temoin.testing.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class CisisMailbox:
    """A professional's box in the secure messaging."""

    national_id: str  # IdNat_PS: "8" and the RPPS number
    family_name: str
    given_name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Where the receiving platform shall carry the document; the DMP and the patient's own box need a qualified INS."""

    record: bool = False  # the DMP
    patient: bool = False
    professionals: tuple[CisisMailbox, ...] = ()


def document_message(report: Report, document: bytes, route: Route, copies: Copies) -> bytes:
    """Return the envelope of the report's own document; the same bytes each time."""
    if (copies.record or copies.patient) and not report.patient.carries_matricule:
        raise Hl7Error("PID-3", "the DMP and the patient's secure mailbox need a qualified identity")
    segments = fitted(_segments(report, document, route, copies), route.separators, ENVELOPE)
    return joined(segment(name, fields, route.separators) for name, fields in segments)


def _segments(report: Report, document: bytes, route: Route, copies: Copies) -> Iterator[tuple[str, Fields]]:
    order, status = codes.DOCUMENT_STATUS[report.status]
    number = own_number(report.record_id, report.organisation)
    yield "MSH", header(report, route, codes.VERSION_CISIS, codes.CISIS_PROFILE)
    yield "PID", dict(patient_fields(report))
    yield "PV1", {1: "1", 2: "O"}
    yield "ORC", {1: order, 2: report.order_number, 3: number, 9: moment(report.signed_at)}
    yield (
        "OBR",
        {
            1: "1",
            2: report.order_number,
            3: number,
            4: codes.DOCUMENT_CODE,
            7: moment(report.sampled_at),
            16: ordering(report),
            22: moment(report.signed_at),
            25: "F",  # as the guide's examples: what became of the document is said by OBX-11
        },
    )
    content: Field = ("", "TEXT", "XML", "Base64", b64encode(document).decode("ascii"))
    yield "OBX", {1: "1", 2: "ED", 3: codes.DOCUMENT_CODE, 5: content, 11: status}
    yield from _participants(report, copies)
    for place, (flag, words, said) in enumerate(_flags(copies), start=2):
        meaning: Field = ("Y" if said else "N", "", codes.YES_NO)
        yield "OBX", {1: str(place), 2: "CE", 3: (flag, words, codes.DOCUMENT_FLAGS), 5: meaning, 11: "F"}


def _participants(report: Report, copies: Copies) -> Iterator[tuple[str, Fields]]:
    signer, patient = professional(report.signer, report.organisation)[0], report.patient
    yield "PRT", {2: "UC", 4: ("SB", "", "participation"), 5: signer, 8: pharmacy(report.organisation)[0]}
    for box in copies.professionals:
        person: Field = (
            box.national_id,
            box.family_name,
            box.given_name,
            *[""] * 5,
            codes.ID_NAT_PS,
            "D",
            "",
            "",
            "RPPS",
        )
        yield "PRT", _recipient(person, box.address)
    if copies.patient:
        name = (patient.birth_family_name, patient.first_birth_given_name)
        traits: Field = (patient.nir, *name, *[""] * 5, ins_authority(report), "L", "", "", "INS")
        yield "PRT", _recipient(traits, f"{patient.nir}@patient.mssante.fr")


def _recipient(person: Field, address: str) -> Fields:
    return {2: "UC", 4: ("RCT", "", "participation"), 5: person, 15: ("", "", "X.400", address)}


def _flags(copies: Copies) -> tuple[tuple[str, str, bool], ...]:
    """Return every instruction the guide names, each answered: an absent one would be the platform's to guess."""
    return (
        ("MASQUE_PS", "Masqué aux professionnels de Santé", False),
        ("INVISIBLE_PATIENT", "Document Non Visible par le patient", False),
        ("INVISIBLE_REP_LEGAUX", "Non visible par les représentants Légaux du patient", False),
        ("CONNEXION_SECRETE", "Connexion Secrete", False),
        ("MODIF_CONF_CODE", "Modification Confidentiality Code", False),
        ("DESTDMP", "Destinataire DMP", copies.record),
        (
            "DESTMSSANTEPS",
            "Destinataire (Professionnel de Santé, organisation ou BAL applicative)",
            bool(copies.professionals),
        ),
        ("DESTMSSANTEPAT", "Destinataire Patient", copies.patient),
        ("ACK_RECEPTION", "Accusé de réception", False),
        ("ACK_LECTURE_MSS", "Accusé de lecture", False),
    )
