"""What the logigram of an act leads to, before the test and with its result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind
from temoin.catalogue.logigram_inputs import Facts
from temoin.catalogue.logigrams import ActDecision, Medicine, load_logigrams
from temoin.lib.errors import refuse
from temoin.testing.answers import AskedPerson
from temoin.testing.report import Conduct

FRENCH = "fr"


def decision_before(kind: Kind, person: AskedPerson, answers: Mapping[str, str], today: date) -> ActDecision | None:
    """Return what is done before the test; None where the kind has no logigram."""
    return load_logigrams().decide_before(kind.code, _facts(person, answers, today))


def decision_after(
    kind: Kind, person: AskedPerson, answers: Mapping[str, str], today: date, *, outcomes: Mapping[str, str]
) -> ActDecision | None:
    """Return what is done with a result; None where the kind has no logigram."""
    means = tuple(kind.target(target).outcome_of(read).means for target, read in outcomes.items())
    facts = _facts(person, answers, today, means=means)
    return load_logigrams().decide_after(kind.code, facts)


def medicines_for(decision: ActDecision | None, age: int) -> tuple[Medicine, ...]:
    """Return what may be delivered to somebody of this age."""
    if decision is None or decision.row is None:
        return ()
    return tuple(one for one in decision.row.medicines if one.suits(age))


def conduct_of(decision: ActDecision | None, medicine: str, age: int) -> Conduct | None:
    """Return what a Report tells of a decision and of the medicine delivered; None where nothing was decided."""
    may_be = {one.code: one for one in medicines_for(decision, age)}
    if medicine and medicine not in may_be:
        raise refuse("medicine", "not_allowed", _("This medicine is not one that this result allows: choose another."))
    if decision is None or decision.row is None:
        return None
    row, delivered = decision.row, may_be.get(medicine)
    return Conduct(
        outcome=row.outcome.code,
        display=row.outcome.words.text(FRENCH),
        reason=row.reason.text(FRENCH),
        source=row.source,
        medicine=delivered.words.text(FRENCH) if delivered else "",
        dose=delivered.dose.text(FRENCH) if delivered else "",
    )


def _facts(person: AskedPerson, answers: Mapping[str, str], today: date, means: tuple[str, ...] = ()) -> Facts:
    return Facts(age=person.age(today), sex=person.sex, answers=answers, means=means)
