"""The words for patients' rights: what can be asked for, and how a request stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from temoin.retention.case_states import CaseKind, CaseState
from temoin.retention.cases import DueCase
from temoin.web.fields import Choice
from temoin.web.wording import Mark, Words

KIND_WORDS: dict[CaseKind, Words] = {
    CaseKind.ACCESS: _("Copy of all data"),
    CaseKind.CORRECTION: _("Correction of data"),
    CaseKind.ERASURE: _("Erasure of data"),
    CaseKind.OBJECTION: _("Objection to a use of data"),
}
KIND_DETAIL: dict[CaseKind, Words] = {
    CaseKind.ACCESS: _("GDPR, article 15: identity, results, sendings, and who looked"),
    CaseKind.CORRECTION: _("GDPR, article 16: change the record, or correct the result, then answer"),
    CaseKind.ERASURE: _("GDPR, article 17: not against a legal duty to keep, nor against public health"),
    CaseKind.OBJECTION: _("GDPR, article 21: such as to the copy for the treating doctor"),
}
KIND_CHOICES = tuple(Choice(kind.value, KIND_WORDS[kind], KIND_DETAIL[kind]) for kind in CaseKind)
STATE_MARK: dict[CaseState, Mark] = {
    CaseState.OPEN: Mark("calm", "…", _("to answer")),
    CaseState.GRANTED: Mark("done", "✓", _("granted")),
    CaseState.REFUSED: Mark("over", "–", _("not granted")),
}
OVERDUE = Mark("warn", "!", _("overdue"))
SOON, DUE_SOON = 7, Mark("warn", "!", _("due soon"))


@dataclass(frozen=True)
class DueLine:
    """An open request as the work list shows it."""

    case: DueCase
    what: Words
    mark: Mark


def due_line(case: DueCase, today: date) -> DueLine:
    """Return an open request in words, on this day."""
    return DueLine(case, KIND_WORDS[case.kind], due_mark(case.due_on, today))


def due_mark(due_on: date, today: date) -> Mark:
    """Return how urgent an open request is."""
    left = (due_on - today).days
    if left < 0:
        return OVERDUE
    return DUE_SOON if left <= SOON else STATE_MARK[CaseState.OPEN]
