"""Reports for the tests of the CDA format: one of each kind of the catalogue, and amended ones."""

from __future__ import annotations

from strategies import covid_positive

from temoin.catalogue.kinds import Kind, Target
from temoin.lib.clock import now
from temoin.testing.build import findings
from temoin.testing.report import Report, ReportStatus
from temoin.testing.sample import Reading

KEY, FORMER_KEY = "0f8fad5b-d9cb-469f-a165-70867728950e", "3b241101-e2bb-4255-8caf-4136c566a962"


def readings_of(target: Target) -> list[str]:
    """What can be read for a target: its outcomes, or a few values of what is measured."""
    if target.measure is None:
        return [one.code for one in target.outcomes]
    return [f"{beyond}{unit.lowest} {unit.code}" for unit in target.measure.units for beyond in ("", "<", ">")]


def of_kind(kind: Kind, outcomes: tuple[str, ...] = ()) -> Report:
    """A Report of a kind of the catalogue, with the codes that signing takes from it."""
    told = outcomes or tuple(readings_of(target)[0] for target in kind.targets)
    reading = Reading(dict(zip((target.code for target in kind.targets), told, strict=True)), read_at=now())
    return covid_positive(
        kind=kind.code,
        kind_display=kind.label("fr"),
        chapter_loinc=kind.chapter.loinc,
        chapter_display=kind.chapter.label("fr"),
        findings=findings(kind, reading),
    )


def amended(status: ReportStatus, **changes: object) -> Report:
    return covid_positive(
        version=2, key=KEY, replaces_key=FORMER_KEY, status=status, reason="Erreur de lecture", **changes
    )
