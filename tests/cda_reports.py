"""Reports for the tests of the CDA format: one of each kind of the catalogue, and amended ones."""

from __future__ import annotations

from strategies import covid_positive

from temoin.catalogue.kinds import Kind
from temoin.testing.report import Finding, Report, ReportStatus

KEY, FORMER_KEY = "0f8fad5b-d9cb-469f-a165-70867728950e", "3b241101-e2bb-4255-8caf-4136c566a962"


def of_kind(kind: Kind, outcomes: tuple[str, ...] = ()) -> Report:
    """A Report of a kind of the catalogue, with the codes that signing takes from it."""
    findings = []
    told = outcomes or tuple(target.outcomes[0].code for target in kind.targets)
    for target, code in zip(kind.targets, told, strict=True):
        read = next(each for each in target.outcomes if each.code == code)
        findings.append(
            Finding(
                target=target.code,
                display=target.label("fr"),
                loinc=target.loinc,
                loinc_display=target.loinc_display,
                icd10=target.icd10,
                outcome=read.code,
                snomed=read.snomed,
                snomed_display=read.label("fr"),
            )
        )
    return covid_positive(
        kind=kind.code,
        kind_display=kind.label("fr"),
        chapter_loinc=kind.chapter.loinc,
        chapter_display=kind.chapter.label("fr"),
        findings=tuple(findings),
    )


def amended(status: ReportStatus, **changes: object) -> Report:
    return covid_positive(
        version=2, key=KEY, replaces_key=FORMER_KEY, status=status, reason="Erreur de lecture", **changes
    )
