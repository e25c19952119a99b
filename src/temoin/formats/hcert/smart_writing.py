"""The SMART Health Card of a result: a small FHIR bundle, without anything that a verifier does not need.

https://spec.smarthealth.cards, version 1.4.0; the resources are those of the vaccination and testing guide,
https://build.fhir.org/ig/HL7/fhir-shc-vaccination-ig/, in their minimised profiles.
"""

from __future__ import annotations

import zlib
from hashlib import sha256
from typing import Any

import orjson

from temoin.formats.hcert.claims import mark_of
from temoin.formats.hcert.inflating import RAW
from temoin.formats.hcert.issuing import Issuance, SignHash, check_standing
from temoin.formats.hcert.own_writing import LONGEST_NAME, LONGEST_PLACE
from temoin.formats.hcert.smart import encode_base64url
from temoin.testing.report import Finding, Report

# Version 1.4 asks for the first alone; verifiers from before it choose by the others.
_TYPES = ["https://smarthealth.cards#health-card", "https://smarthealth.cards#laboratory"]
_COVID19 = "https://smarthealth.cards#covid19"
_COVID19_ICD10 = "U07.1"
_DEMONSTRATION = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}


def smart_card(report: Report, issue: Issuance, *, key_id: str, sign: SignHash) -> str:
    """Return the card as a JWS, which a QR code holds in digits and a file as it is."""
    check_standing(report)
    head = {"zip": "DEF", "alg": "ES256", "kid": key_id}
    message = f"{encode_base64url(orjson.dumps(head))}.{encode_base64url(_packed(_claims(report, issue)))}"
    signature = sign(sha256(message.encode("ascii")).digest())
    return f"{message}.{encode_base64url(signature)}"


def card_number(number: str) -> str:
    """Return what a card is revoked by: the mark itself, so that issuers' lists of cards are made of our marks."""
    return encode_base64url(mark_of(number.encode("ascii")))


def _packed(claims: dict[str, Any]) -> bytes:
    engine = zlib.compressobj(9, wbits=RAW)
    return engine.compress(orjson.dumps(claims)) + engine.flush()


def _claims(report: Report, issue: Issuance) -> dict[str, Any]:
    is_covid19 = any(finding.icd10 == _COVID19_ICD10 for finding in report.findings)
    credential = {
        "type": [*_TYPES, _COVID19] if is_covid19 else _TYPES,
        "rid": card_number(issue.number),
        "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": card_bundle(report)},
    }
    times = {"nbf": int(issue.issued_at.timestamp()), "exp": int(issue.expires_at.timestamp())}
    return {"iss": issue.issuer, **times, "vc": credential}


def card_bundle(report: Report) -> dict[str, Any]:
    """Return patient and findings, each named by its place in the bundle."""
    given = report.patient.birth_given_names[:LONGEST_NAME].split()
    name = {"family": report.patient.birth_family_name[:LONGEST_NAME], "given": given}
    patient = {
        "resourceType": "Patient",
        **_standing(report),
        "name": [{part: told for part, told in name.items() if told}],
        "birthDate": report.patient.birth_date.isoformat(),
    }
    resources = [patient, *(_observation(report, finding) for finding in report.findings)]
    entries = [{"fullUrl": f"resource:{number}", "resource": each} for number, each in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _standing(report: Report) -> dict[str, Any]:
    """Mark what is no real result: the one thing besides its own that a card may say of a resource."""
    return {"meta": {"security": [_DEMONSTRATION]}} if report.is_demo else {}


def _observation(report: Report, finding: Finding) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        **_standing(report),
        "status": report.status.value,
        "code": {"coding": [{"system": "http://loinc.org", "code": finding.loinc}]},
        "subject": {"reference": "resource:0"},
        "effectiveDateTime": report.sampled_at.isoformat(timespec="seconds"),
        "performer": [{"display": report.organisation.name[:LONGEST_PLACE]}],
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": finding.snomed}]},
    }
