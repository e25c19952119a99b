"""From a signed Report to the copy that a destination may have: the findings and the traits that its rules name."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from typing import Any

from temoin.testing.coarse import PARTS_OF_FRANCE, age_band, departement
from temoin.testing.fields import copy_in
from temoin.testing.report import PatientForm, Report, ReportStatus


def reduced(report: Report, form: PatientForm, targets: AbstractSet[str], number: str = "") -> Report:
    """Return the copy: findings of these targets only, the person in this form; `number` stands for a pseudonym.

    What a copy without the name may tell is in `testing.fields`; whatever has no row there stays behind.
    """
    told = tuple(one for one in report.findings if one.target in targets)
    kept = report if len(told) == len(report.findings) else replace(report, findings=told)
    if form is PatientForm.NAMED:
        return kept
    return copy_in(
        form, kept, _pseudonymous(report, number) if form is PatientForm.PSEUDONYMOUS else _anonymous(report)
    )


def first_notice(report: Report) -> Report:
    """Return a later version as the first one that a destination hears of: there is nothing it could amend there."""
    return replace(report, status=ReportStatus.FINAL, replaces_key="", reason="")


def _pseudonymous(report: Report, number: str) -> dict[str, Any]:
    """CSP R.3113-2, 2°: sex, year of birth, postcode, and a number made by irreversible coding of the identity."""
    return {
        "patient.patient_id": number,
        "patient.birth_date": date(report.patient.birth_date.year, 1, 1),
        "patient.form": PatientForm.PSEUDONYMOUS,
    }


def _anonymous(report: Report) -> dict[str, Any]:
    home = report.patient.address
    return {
        # Formats ask for a number: this one names the result, which the copy tells anyway.
        "patient.patient_id": report.record_id,
        "patient.birth_date": date.min,
        "patient.form": PatientForm.ANONYMOUS,
        "patient.age_band": age_band(report.patient.birth_date, report.sampled_at.date()),
        "patient.address.county": departement(home),
        # Abroad a state or a region is what is nearest to a département.
        "patient.address.state": "" if home.country in PARTS_OF_FRANCE else home.state,
    }
