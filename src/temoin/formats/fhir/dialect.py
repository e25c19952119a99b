"""What the national dialects have in common: what they carry of a Report, and a named error for what they cannot."""

from collections.abc import Collection
from uuid import NAMESPACE_URL, uuid5

from temoin.formats.fhir.codes import REPORT_KEY_SYSTEM
from temoin.lib.countries import UnknownCountryError, two_letters
from temoin.testing.report import Finding, PatientForm, Report, ReportStatus

_NAMESPACE = uuid5(NAMESPACE_URL, REPORT_KEY_SYSTEM)


class DialectError(ValueError):
    """The dialect cannot carry this Report; `code` says why and quotes nothing of it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def stable_id(key: str, use: str) -> str:
    """Return a UUID that is the same at each writing of the same version."""
    return str(uuid5(_NAMESPACE, f"{key}/{use}"))


def country(code: str) -> str:
    """Return the two letters of a country; "" when none is known, which stops no notification."""
    if not code:
        return ""
    try:
        return two_letters(code)
    except UnknownCountryError:
        raise DialectError("unknown_country") from None


def told_findings(report: Report, targets: Collection[str]) -> list[Finding]:
    """Return the findings that the dialect has a word for; which of them may go is for the rules to decide."""
    if report.status is ReportStatus.CANCELLED:
        raise DialectError("not_withdrawable")
    if report.patient.form is not PatientForm.NAMED:
        raise DialectError("needs_name")  # both countries ask for the person in some form of their own
    if report.laboratory is not None:
        raise DialectError("other_laboratory")  # both know a laboratory by its number, and have none of that one
    told = [finding for finding in report.findings if finding.target in targets]
    if not told:
        raise DialectError("not_notifiable")
    if any(finding.outcome == "unsatisfactory" for finding in told):
        raise DialectError("not_expressible")
    return told
