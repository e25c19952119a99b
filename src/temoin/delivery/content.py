"""What a letter says, in every language; the page that opens it chooses. `portal/letter.js` reads this shape."""

from __future__ import annotations

from typing import Any

from temoin.catalogue.advice import Advice, FoundMeaning, load_advice
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import MEASURED, NEGATIVE, POSITIVE, outcome
from temoin.catalogue.patient_languages import kind_in_each, patient_languages, read_in_each, target_in_each
from temoin.certificates.issuing import SignedCertificate
from temoin.lib.phones import phone_as_said
from temoin.lib.zones import age_on
from temoin.testing.report import Device, Finding, PatientIdentity, Report


def advice_of(report: Report) -> tuple[Advice, ...]:
    """Return what the patient is told to do, by what was found and the age on the day of the sample."""
    found = [_found(report, finding) for finding in report.findings]
    return load_advice().about(found, age_on(report.sampled_at.date(), report.patient.birth_date))


def _found(report: Report, finding: Finding) -> FoundMeaning:
    lies = load_kinds()[report.kind].target(finding.target).range_of(finding.read) if finding.quantity else None
    return FoundMeaning(finding.target, outcome(finding.outcome).means, lies.code if lies else "")


def letter_content(
    report: Report,
    former: Report | None = None,
    language: str = "",
    certificate: SignedCertificate | None = None,
) -> dict[str, Any]:
    """Return what will be sealed for the patient, who asked for a language or for none.

    `former` is the version that this one corrects, if any.
    """
    kind = load_kinds()[report.kind]
    return {
        "v": 1,
        "lang": language or None,
        "demo": report.is_demo,
        "status": report.status.value,
        "version": report.version,
        "kind": kind_in_each(kind),
        "patient": _patient(report.patient),
        "sampled_at": report.sampled_at.isoformat(),
        "signed_at": report.signed_at.isoformat(),
        "pharmacy": _pharmacy(report),
        "signer": f"{report.signer.given_name} {report.signer.family_name}",
        "device": _device(report.device),
        "findings": [_finding(report, finding) for finding in report.findings],
        "comment": report.comment,
        "reason": report.reason,
        "before": _differing(report, former),
        "advice": [advice.key for advice in advice_of(report)],  # its words are in the page
        "headline": _headline(report),
        "certificate": None if certificate is None else certificate.content,
    }


def _patient(patient: PatientIdentity) -> dict[str, str]:
    given = patient.used_given_name or patient.first_birth_given_name
    family = patient.used_family_name or patient.birth_family_name
    return {"name": f"{given} {family}".strip(), "birth_date": patient.birth_date.isoformat()}


def _device(device: Device) -> dict[str, str | None]:
    return {
        "name": device.name,
        "manufacturer": device.manufacturer,
        "reference": device.reference,
        "lot": device.lot,
        "expiry": device.expiry.isoformat() if device.expiry else None,
    }


def _headline(report: Report) -> dict[str, str]:
    """Return the result in one line."""
    kind = load_kinds()[report.kind]
    means = {finding.target: outcome(finding.outcome).means for finding in report.findings}
    found = [target_in_each(kind.target(target)) for target, meant in means.items() if meant == POSITIVE]
    if found:
        return {code: text.format(found=_listed(found, code)) for code, text in _headlines("positive").items()}
    if set(means.values()) == {MEASURED}:
        read = [read_in_each(kind.target(finding.target), finding.read) for finding in report.findings]
        return {code: text.format(found=_listed(read, code)) for code, text in _headlines("measured").items()}
    return _headlines("negative" if set(means.values()) == {NEGATIVE} else "unclear")


def _headlines(name: str) -> dict[str, str]:
    return {code: language.headline[name] for code, language in patient_languages().items()}


def _listed(found: list[dict[str, str]], language: str) -> str:
    return ", ".join(words.get(language, words["fr"]) for words in found)


def _pharmacy(report: Report) -> dict[str, Any]:
    place = report.organisation
    town = f"{place.address.postcode} {place.address.city}".strip()
    return {
        "name": place.name,
        "phone": place.phone,
        "phone_said": phone_as_said(place.phone),
        "address": [*place.address.lines, town],
    }


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    target = load_kinds()[report.kind].target(finding.target)
    return {
        "target": target_in_each(target),
        "outcome": finding.outcome,
        "means": outcome(finding.outcome).means,  # of a grade: "positive", where the page knows no grades
        "label": read_in_each(target, finding.read),
    }


def _differing(report: Report, former: Report | None) -> list[dict[str, Any]]:
    """Return what the former version found and this one does not."""
    if former is None or former.kind != report.kind:
        return []
    found = {finding.target: finding.read for finding in report.findings}
    return [_finding(former, each) for each in former.findings if found.get(each.target) != each.read]
