"""Identifiers and codes that our HL7 v2 messages use, each from the guide that defines it."""

from __future__ import annotations

from typing import Final

from temoin.testing.report import ReportStatus

APPLICATION: Final = "TEMOIN"  # MSH-3, and the name space of our own identifiers
VERSION_ELR: Final = "2.5.1"
VERSION_CISIS: Final = "2.5"
CHARACTER_SET: Final = "UNICODE UTF-8"  # HL7 table 0211

# HL7 2.5.1 ELR to public health, release 1: the profile whose receiver acknowledges.
ELR_PROFILE: Final = ("PHLabReport-Ack", "ELR_Receiver", "2.16.840.1.113883.9.10", "ISO")
# CI-SIS, "Transmission d'un document CDA en HL7 v2", 2.1.
CISIS_PROFILE: Final = ("2.1", "CISIS_CDA_HL7_V2")
DOCUMENT_CODE: Final = ("11502-2", "CR d'examens biologiques", "LN")
DOCUMENT_FLAGS: Final = "MetaDMPMSS"
YES_NO: Final = "expandedYes-NoIndicator"

# Name spaces of national identifiers, as assigning authorities.
INS_NIR: Final = ("ASIP-SANTE-INS-NIR", "1.2.250.1.213.1.4.8", "ISO")
INS_NIR_DEMO: Final = ("ASIP-SANTE-INS-NIR", "1.2.250.1.213.1.4.11", "ISO")
ID_NAT_PS: Final = ("ASIP-SANTE-PS", "1.2.250.1.71.4.2.1", "ISO")
ID_NAT_STRUCT: Final = ("ASIP-SANTE-ST", "1.2.250.1.71.4.2.2", "ISO")
CLIA: Final = ("CLIA", "2.16.840.1.113883.4.7", "ISO")
GS1: Final = "2.51.1.1"
HIBCC: Final = "1.0.15961.10.816"
ICCBBA: Final = "2.16.840.1.113883.6.18.1.34"

# OBR-25 (HL7 table 0123) and OBX-11 (0085): final, correction of a final result, no result to be had.
STATUS: Final = {ReportStatus.FINAL: "F", ReportStatus.CORRECTED: "C", ReportStatus.CANCELLED: "X"}
# ORC-1 and OBX-11 of the French envelope: initial, replacement, deletion.
DOCUMENT_STATUS: Final = {
    ReportStatus.FINAL: ("NW", "F"),
    ReportStatus.CORRECTED: ("RO", "C"),
    ReportStatus.CANCELLED: ("CA", "D"),
}
# OBX-8 (table 0078 of 2.5.1, which has no code for a result that says nothing).
ABNORMAL: Final = {"positive": ("A", "Abnormal", "HL70078"), "negative": ("N", "Normal", "HL70078")}

# The tables that the codes of closed answers are from, as HL7 v2 names them (table 0396).
ANSWER_TABLES: Final = {"yes-no": "HL70136", "null-flavour": "NULLFL", "snomed": "SCT"}
ASKED: Final = "QST"  # OBX-29 of 2.8, which senders to public health use before it: an answer, and no result

UCUM: Final = "UCUM"  # table 0396

COMMENT: Final = ("RE", "Remark", "HL70364")
REASON: Final = ("1R", "Primary reason", "HL70364")
