"""From a Report to the bytes of a BIO-TROD 2024.01 document (CI-SIS, CDA R2 N3)."""

from __future__ import annotations

from lxml import etree

from temoin.catalogue.outcomes import MEASURED
from temoin.formats.cda import codes
from temoin.formats.cda.body import add_body
from temoin.formats.cda.elements import CdaError
from temoin.formats.cda.header import add_header
from temoin.formats.cda.terms import Test, load_terms
from temoin.testing.report import Finding, PatientForm, Report, ReportStatus


def document(report: Report) -> bytes:
    """Return the document: the same bytes each time for the same Report; CdaError when it may not carry it."""
    tests = _tests(report)
    _check_version(report)
    if report.patient.form is not PatientForm.NAMED:
        raise CdaError("a CDA document is always named: it is for those who care for the person, and for the person")
    root = etree.Element(f"{{{codes.HL7}}}ClinicalDocument", nsmap={None: codes.HL7, "xsi": codes.XSI})
    add_header(root, report, tests)
    add_body(root, report, tests)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def has_document(content: object) -> bool:
    """Tell whether this is a Report of tests that BIO-TROD knows; a laboratory's method may not be one."""
    terms = load_terms()
    return isinstance(content, Report) and all(
        finding.loinc in terms.tests and (finding.quantity or finding.snomed in terms.results)
        for finding in content.findings
    )


def _tests(report: Report) -> tuple[Test, ...]:
    if not report.findings:
        raise CdaError("the Report has no finding")
    return tuple(_test(finding) for finding in report.findings)


def _test(finding: Finding) -> Test:
    """Return what the data file says of a finding, which must agree with the Report."""
    terms = load_terms()
    test, outcome = terms.tests.get(finding.loinc), _outcome(finding)
    if test is None or outcome is None:
        raise CdaError("a test or a result is not one of BIO-TROD")
    if (finding.target, finding.outcome) != (test.target, outcome):
        raise CdaError("a target or an outcome is not that of its code")
    if finding.icd10 not in {"", test.disease.code}:
        raise CdaError("a disease is not that of its test")
    return test


def _outcome(finding: Finding) -> str | None:
    if finding.quantity:
        return MEASURED
    result = load_terms().results.get(finding.snomed)
    return None if result is None else result.outcome


def _check_version(report: Report) -> None:
    """Refuse what the header could not tell: it knows an amended result by the document it replaces."""
    if (report.status is ReportStatus.FINAL) == bool(report.replaces_key):
        raise CdaError("a Report replaces another when it is corrected or cancelled, and only then")
