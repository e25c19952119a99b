"""The history of a result: each signed version, and in words what it says otherwise than the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind
from temoin.testing.report import Address, Conduct, Doctor, Prescriber, Report, ReportStatus
from temoin.web.findings import ReadTarget, findings_of
from temoin.web.patient_form import SEX_WORDS, STATUS_WORDS
from temoin.web.wording import Words

# Where a part of the Report stands, and what the page calls it, in the order in which a person checks them.
TOLD: Mapping[str, Words] = {
    "read_at": _("Read at"),
    "comment": _("Comment"),
    "patient.birth_family_name": _("Birth name"),
    "patient.birth_given_names": _("Birth given names"),
    "patient.birth_date": _("Birth date"),
    "patient.sex": _("Sex"),
    "patient.birth_place": _("Birth place (INSEE code)"),
    "patient.nir": _("Social security number (NIR)"),
    "patient.used_family_name": _("Used name"),
    "patient.used_given_name": _("Used given name"),
    "patient.identity_status": _("Identity status"),
    "patient.email": _("E-mail"),
    "patient.phone": _("Telephone"),
    "patient.address": _("Address"),
    "doctor": _("Treating doctor"),
    "prescriber": _("Ordered by"),
    "conduct": _("What follows from the result"),
}
_CLOSED: Mapping[str, Mapping[str, Words]] = {
    "patient.sex": SEX_WORDS,
    "patient.identity_status": STATUS_WORDS,
}


@dataclass(frozen=True)
class Amendment:
    """One part of a result that a version says otherwise than the one before it; "" for what is not there."""

    label: Words
    before: Words
    after: Words


@dataclass(frozen=True)
class HistoryVersion:
    report: Report
    findings: list[ReadTarget]
    changes: list[Amendment]

    @property
    def is_void(self) -> bool:
        """Tell whether it takes the result back: what was read counts no more."""
        return self.report.status is ReportStatus.CANCELLED


def history(reports: Sequence[Report], kind: Kind) -> list[HistoryVersion]:
    """Return the versions, the latest first, each with what changed in it."""
    pairs = zip([None, *reports], reports, strict=False)
    chapters = [
        HistoryVersion(later, findings_of(later, kind), [*_changes(former, later, kind)] if former else [])
        for former, later in pairs
    ]
    return chapters[::-1]


def _changes(former: Report, later: Report, kind: Kind) -> Iterator[Amendment]:
    if later.status is ReportStatus.CANCELLED:
        return  # it says nothing otherwise: it is void
    read = {finding.target: finding.read for finding in former.findings}
    language = get_language() or "fr"
    for finding in later.findings:
        if (before := read.get(finding.target, "")) != finding.read:
            target = kind.target(finding.target)
            was, now = (capfirst(target.words_of(one, language)) if one else "" for one in (before, finding.read))
            yield Amendment(target.label(language), was, now)
    yield from changes_beside(former, later)


def changes_beside(former: Report, later: Report) -> Iterator[Amendment]:
    """Yield what a version says otherwise than the one before it, beside what was read."""
    for place, label in TOLD.items():
        values = [attrgetter(place)(report) for report in (former, later)]
        if values[0] != values[1]:
            yield Amendment(label, *(_said(place, value) for value in values))


def _said(place: str, value: Any) -> Words:
    match value:
        case datetime():
            return f"{value:%d/%m/%Y %H:%M}"
        case date():
            return f"{value:%d/%m/%Y}"
        case Address():
            town = " ".join(part for part in (value.postcode, value.city) if part)
            return ", ".join(part for part in (*value.lines, town, value.county, value.state, value.country) if part)
        case Doctor():
            return " ".join(part for part in (value.family_name, value.given_name, value.mailbox) if part)
        case Prescriber():
            return " ".join(part for part in (value.given_name, value.family_name, value.number) if part)
        case Conduct():
            return ", ".join(part for part in (value.display, value.medicine, value.dose) if part)
        case None:
            return ""
    return _CLOSED.get(place, {}).get(value, str(value))
