"""What the patient is told to do, in the words of the page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language

from temoin.catalogue.advice import Advice
from temoin.delivery.content import advice_of
from temoin.testing.report import Report, ReportStatus

_PARTS = {
    "meaning": "Ce que cela veut dire",
    "today": "Aujourd’hui",
    "protect": "Protéger les autres",
    "again": "Consulter",
    "urgent": "Urgence",
    "source": "Source",
}


@dataclass(frozen=True)
class AdviceLines:
    """One piece of advice in one language."""

    meaning: str
    today: str
    protect: str
    again: str
    urgent: str
    source: str


def advice_lines(report: Report) -> list[AdviceLines]:
    """Return what the printed result tells to do; nothing beside a result that is void."""
    if report.status is ReportStatus.CANCELLED:
        return []
    return [_lines(advice, get_language() or "fr") for advice in advice_of(report)]


def _lines(advice: Advice, language: str) -> AdviceLines:
    return AdviceLines(
        meaning=advice.meaning.text(language),
        today=advice.today.text(language),
        protect=advice.protect.text(language) if advice.protect else "",
        again=advice.again.text(language),
        urgent=advice.urgent.text(language),
        source=advice.source,
    )


def advice_facts(report: Report) -> list[list[tuple[str, str]]]:
    """Return the same in French, each part under its name, as the PDF has it."""
    if report.status is ReportStatus.CANCELLED:
        return []
    told = [_lines(advice, "fr") for advice in advice_of(report)]
    return [[(name, words) for part, name in _PARTS.items() if (words := getattr(lines, part))] for lines in told]
