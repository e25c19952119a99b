"""What a letter says, in both languages; the page that opens it chooses. `portal/letter.js` reads this shape."""

from __future__ import annotations

from typing import Any

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.lib.phones import phone_as_said
from temoin.testing.report import Finding, Report

_ADVICE = {
    "fr": "En cas de doute ou si votre état s’aggrave, parlez-en à votre pharmacien ou à votre médecin.",
    "en": "If in doubt, or if you get worse, talk to your pharmacist or your doctor.",
}


def letter_content(report: Report) -> dict[str, Any]:
    """Return what will be sealed for the patient."""
    patient = report.patient
    device = report.device
    kind = load_kinds()[report.kind]
    return {
        "v": 1,
        "lang": "fr",
        "demo": report.is_demo,
        "status": report.status.value,
        "version": report.version,
        "kind": {"fr": kind.label("fr"), "en": kind.label("en")},
        "patient": {
            "name": f"{patient.used_given_name or patient.first_birth_given_name} "
            f"{patient.used_family_name or patient.birth_family_name}",
            "birth_date": patient.birth_date.isoformat(),
        },
        "sampled_at": report.sampled_at.isoformat(),
        "signed_at": report.signed_at.isoformat(),
        "pharmacy": {
            "name": report.organisation.name,
            "phone": report.organisation.phone,
            "phone_said": phone_as_said(report.organisation.phone),
            "address": [
                *report.organisation.address.lines,
                f"{report.organisation.address.postcode} {report.organisation.address.city}".strip(),
            ],
        },
        "signer": f"{report.signer.given_name} {report.signer.family_name}",
        "device": {
            "name": device.name,
            "manufacturer": device.manufacturer,
            "reference": device.reference,
            "lot": device.lot,
            "expiry": device.expiry.isoformat() if device.expiry else None,
        },
        "findings": [_finding(report, finding) for finding in report.findings],
        "comment": report.comment,
        "advice": _ADVICE,
    }


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    target = load_kinds()[report.kind].target(finding.target)
    outcome = load_outcomes()[finding.outcome]
    return {
        "target": {"fr": target.label("fr"), "en": target.label("en")},
        "outcome": finding.outcome,
        "means": outcome.means,  # of a grade: "positive", where the page knows no grades
        "label": {"fr": outcome.label("fr"), "en": outcome.label("en")},
    }
