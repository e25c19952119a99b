"""Our own certificate of a result of any kind, as an HC1 code; `docs/certificates.md` describes its content."""

from __future__ import annotations

from typing import Any

from temoin.formats.hcert.cbor import write_cbor
from temoin.formats.hcert.claims import EXPIRES_AT, ISSUED_AT, ISSUER, NUMBER, OWN
from temoin.formats.hcert.hc1 import write_hc1
from temoin.formats.hcert.icao import load_transliteration
from temoin.formats.hcert.issuing import Issuance, SignHash, check_standing
from temoin.formats.hcert.own import VERSION
from temoin.testing.report import PatientIdentity, Report

LONGEST_NAME = 80  # characters, as in the EU's certificates
LONGEST_PLACE = 60


def own_certificate(report: Report, issue: Issuance, *, key_id: bytes, sign: SignHash) -> str:
    """Return the code of our certificate."""
    check_standing(report)
    claims = {
        ISSUER: issue.issuer,
        EXPIRES_AT: int(issue.expires_at.timestamp()),
        ISSUED_AT: int(issue.issued_at.timestamp()),
        NUMBER: issue.number.encode("ascii"),
        OWN: own_content(report),
    }
    return write_hc1(key_id=key_id, payload=write_cbor(claims), sign=sign)


def own_content(report: Report) -> dict[str, Any]:
    """Return what our certificate says of a result."""
    place = report.organisation
    content = {
        "v": VERSION,
        "name": name_of(report.patient),
        "dob": report.patient.birth_date.isoformat(),
        "kind": report.kind,
        "found": [[finding.target, finding.outcome] for finding in report.findings],
        "sampled": report.sampled_at.isoformat(timespec="seconds"),
        "signed": report.signed_at.isoformat(timespec="seconds"),
        "place": [place.name[:LONGEST_PLACE], place.finess],
    }
    return {**content, "demo": True} if report.is_demo else content


def name_of(patient: PatientIdentity) -> dict[str, str]:
    """Return the names of the civil status, as an identity card has them, and in the letters of machines."""
    family, given = patient.birth_family_name[:LONGEST_NAME], patient.birth_given_names[:LONGEST_NAME]
    fold = load_transliteration().fold
    return {"fn": family, "gn": given, "fnt": fold(family), "gnt": fold(given)}
