"""The French envelope as a receiving platform checks it: an ORU^R01 2.5 around a CDA document of tests in pharmacies.

Written from the CI-SIS volume on CDA documents in HL7 v2; shares no code with the sender.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from uuid import UUID

from lxml import etree

from temoin_sandbox.codes import is_ins
from temoin_sandbox.hl7 import (
    REQUIRED,
    SEQUENCE,
    TYPE,
    UNKNOWN_CODE,
    AnsweredFault,
    SeenMessage,
    header_faults,
    time_faults,
)

PROFILE = "CISIS_CDA_HL7_V2"
ORDERS = {"NW": "F", "RO": "C", "CA": "D"}  # ORC-1 and the OBX-11 that goes with it: first, replacement, deletion
FLAGS = {
    "MASQUE_PS",
    "INVISIBLE_PATIENT",
    "INVISIBLE_REP_LEGAUX",
    "CONNEXION_SECRETE",
    "MODIF_CONF_CODE",
    "DESTDMP",
    "DESTMSSANTEPS",
    "DESTMSSANTEPAT",
    "ACK_RECEPTION",
    "ACK_LECTURE_MSS",
}
_CDA = "{urn:hl7-org:v3}"
_BIO_TROD = "1.2.250.1.213.1.1.1.59"
_INS_ROOTS = {f"1.2.250.1.213.1.4.{arc}" for arc in (8, 9, 10, 11)}


def is_envelope(seen: SeenMessage) -> bool:
    """Tell whether MSH-21 names the French profile."""
    return seen.at("MSH", 21, 2) == PROFILE


def envelope_faults(seen: SeenMessage) -> list[AnsweredFault]:
    """Return what is wrong, rejections first."""
    return [*header_faults(seen, "2.5")] or [*_segments(seen)] or [*_order(seen), *_flags(seen), *_document(seen)]


def _segments(seen: SeenMessage) -> Iterator[AnsweredFault]:
    names = " ".join(each[0] for each in seen.segments)
    if re.fullmatch(r"MSH PID PV1 ORC OBR OBX(?: PRT)+(?: OBX)+", names) is None:
        yield AnsweredFault("MSH^1", SEQUENCE)


def _order(seen: SeenMessage) -> Iterator[AnsweredFault]:
    for name, field in (("PID", 3), ("PID", 5), ("OBR", 3), ("OBR", 16)):
        if not seen.at(name, field):
            yield AnsweredFault(f"{name}^1^{field}", REQUIRED)
    for name, field in (("PID", 7), ("OBR", 7), ("ORC", 9)):
        yield from time_faults(seen, name, field)
    if ORDERS.get(seen.at("ORC", 1)) != seen.at("OBX", 11):
        yield AnsweredFault("OBX^1^11", UNKNOWN_CODE)
    if seen.at("PID", 3, 5) == "INS" and not (is_ins(seen.at("PID", 3)) and seen.at("PID", 32) == "QUAL"):
        yield AnsweredFault("PID^1^3", TYPE)


def _flags(seen: SeenMessage) -> Iterator[AnsweredFault]:
    """Every instruction is answered, once, and the platform is not asked to carry what nobody may receive."""
    count = seen.count("OBX")
    said = {seen.at("OBX", 3, which=which): seen.at("OBX", 5, which=which) for which in range(1, count)}
    if set(said) != FLAGS or count - 1 != len(FLAGS) or set(said.values()) - {"Y", "N"}:
        yield AnsweredFault("OBX^2^3", UNKNOWN_CODE)
    if "Y" in {said.get("DESTDMP"), said.get("DESTMSSANTEPAT")} and seen.at("PID", 3, 5) != "INS":
        yield AnsweredFault("PID^1^3", REQUIRED)


def _document(seen: SeenMessage) -> Iterator[AnsweredFault]:
    carried = [seen.at("OBX", 2), *(seen.at("OBX", 5, part) for part in (2, 3, 4))]
    if carried != ["ED", "TEXT", "XML", "Base64"]:
        yield AnsweredFault("OBX^1^5", TYPE)
        return
    try:
        root = etree.fromstring(b64decode(seen.at("OBX", 5, 5), validate=True), _PARSER)
    except (ValueError, etree.XMLSyntaxError):
        yield AnsweredFault("OBX^1^5", TYPE)
        return
    if not _agrees(root, seen):
        yield AnsweredFault("OBX^1^5", TYPE)


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _agrees(root: etree._Element, seen: SeenMessage) -> bool:
    """Tell whether the document is what the envelope says: key, result, version, and whether it replaces another."""
    replaced = root.find(f"{_CDA}relatedDocument[@typeCode='RPLC']")
    version = _attribute(root, "versionNumber", "value")
    patients = {each.get("root") for each in root.iterfind(f"{_CDA}recordTarget/{_CDA}patientRole/{_CDA}id")}
    return (
        root.tag == f"{_CDA}ClinicalDocument"
        and root.find(f"{_CDA}templateId[@root='{_BIO_TROD}']") is not None
        and _attribute(root, "id", "root") == _oid(seen.control_id)
        and _attribute(root, "setId", "root") == _oid(seen.at("OBR", 3))
        and version.isdigit()
        and (int(version) > 1) == (replaced is not None) == (seen.at("OBX", 11) != "F")
        and (seen.at("PID", 3, 5) == "INS" or not patients & _INS_ROOTS)
    )


def _attribute(root: etree._Element, name: str, attribute: str) -> str:
    found = root.find(f"{_CDA}{name}")
    return "" if found is None else found.get(attribute, "")


def _oid(identifier: str) -> str:
    """Return a UUID as the object identifier that a CDA document names it by (ITU-T X.667)."""
    try:
        return f"2.25.{UUID(identifier).int}"
    except ValueError:
        return "none"
