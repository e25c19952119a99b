"""A rule set: which results go to a destination, in which form, how soon and under which text; and its decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from temoin.lib.label import Label
from temoin.testing.report import IdentityStatus, PatientForm, Report

# VALI saw a document and RECUP asked the national service: neither is more than the other, QUAL did both (RNIV).
_AT_LEAST: Mapping[IdentityStatus, frozenset[IdentityStatus]] = {
    IdentityStatus.PROVISIONAL: frozenset(IdentityStatus),
    IdentityStatus.VALIDATED: frozenset({IdentityStatus.VALIDATED, IdentityStatus.QUALIFIED}),
    IdentityStatus.RETRIEVED: frozenset({IdentityStatus.RETRIEVED, IdentityStatus.QUALIFIED}),
    IdentityStatus.QUALIFIED: frozenset({IdentityStatus.QUALIFIED}),
}
# From the form that tells most to the one that tells least.
FORMS = (PatientForm.NAMED, PatientForm.PSEUDONYMOUS, PatientForm.ANONYMOUS)


class Sender(StrEnum):
    """Who signs what a site sends."""

    PHARMACIST = "pharmacist"
    BIOLOGIST = "biologist"


class Reason(StrEnum):
    """Why a result goes, or does not; the first of the others that is true of a finding speaks for the result."""

    GOES = "goes"
    IDENTITY = "identity"  # a rule wants it, and a better known identity
    NOT_IN_FORCE = "not_in_force"  # a rule wants it, under a text that is not in force on the day
    NO_RULE = "no_rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The text under which results may be sent, and who may send under it."""

    code: str
    words: Label
    article: str
    source: str
    senders: tuple[Sender, ...]
    since: date
    until: date | None = None  # the last day

    def label(self, lang: str) -> str:
        """Return what the text lets be done, in a language."""
        return self.words.text(lang)

    def is_in_force(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of a rule set. The first that fits a finding decides."""

    kinds: frozenset[str]
    targets: frozenset[str]
    outcomes: frozenset[str]
    identity: IdentityStatus  # the least that must be known of who the person is
    form: PatientForm
    within: timedelta  # from the signature until the destination must hold it
    basis: Basis

    def fits(self, kind: str, target: str, outcome: str) -> bool:
        return kind in self.kinds and target in self.targets and outcome in self.outcomes


@dataclass(frozen=True, slots=True)
class RulesReview:
    """Who has read the rules as a lawyer or a physician; a placeholder until somebody has."""

    on: date
    by: str
    is_placeholder: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a decision needs to know of a result, signed or about to be."""

    kind: str
    outcomes: tuple[tuple[str, str], ...]  # target, outcome
    identity: IdentityStatus
    day: date  # of the signature: the text must be in force then

    @staticmethod
    def of(report: Report) -> Case:
        return Case(
            kind=report.kind,
            outcomes=tuple((one.target, one.outcome) for one in report.findings),
            identity=report.patient.identity_status,
            day=report.signed_at.date(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a result goes to a destination: then what of it, in which form, how soon, under which text."""

    reason: Reason
    rule: Rule | None = None  # that decided, or that would have
    targets: frozenset[str] = frozenset()

    @property
    def goes(self) -> bool:
        return self.reason is Reason.GOES


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The rules of one kind of destination, as a data file has them."""

    name: str
    title: Label
    is_crisis: bool
    is_demonstration: bool
    review: RulesReview
    rules: tuple[Rule, ...]

    @property
    def bases(self) -> tuple[Basis, ...]:
        """Return the texts of the rules, each once, in their order."""
        return tuple({rule.basis.code: rule.basis for rule in self.rules}.values())

    @property
    def shortest_delay(self) -> timedelta:
        """Return how soon the most urgent of its results must be there."""
        return min(rule.within for rule in self.rules)

    @property
    def least_form(self) -> PatientForm:
        return max((rule.form for rule in self.rules), key=FORMS.index)

    def decide(self, case: Case) -> Decision:
        """Decide on a result. All its findings go in one form: the most revealing that the rules allow for any of them.

        A finding that may go in a lesser form only, or not at all, stays behind: nothing is told beside the name
        that no rule tells under the name.
        """
        each = [(target, self._decide(case, target, outcome)) for target, outcome in case.outcomes]
        going = [(target, rule) for target, (reason, rule) in each if reason is Reason.GOES and rule is not None]
        if not going:
            reason, rule = min((one for _, one in each), key=_precedence, default=(Reason.NO_RULE, None))
            return Decision(reason=reason, rule=rule)
        form = min((rule.form for _, rule in going), key=FORMS.index)
        told = [(target, rule) for target, rule in going if rule.form is form]
        soonest = min((rule for _, rule in told), key=lambda rule: rule.within)
        return Decision(reason=Reason.GOES, rule=soonest, targets=frozenset(target for target, _ in told))

    def _decide(self, case: Case, target: str, outcome: str) -> tuple[Reason, Rule | None]:
        fitting = [rule for rule in self.rules if rule.fits(case.kind, target, outcome)]
        if not fitting:
            return Reason.NO_RULE, None
        lawful = [rule for rule in fitting if rule.basis.is_in_force(case.day)]
        if not lawful:
            return Reason.NOT_IN_FORCE, fitting[0]
        known = [rule for rule in lawful if case.identity in _AT_LEAST[rule.identity]]
        return (Reason.GOES, known[0]) if known else (Reason.IDENTITY, lawful[0])


def _precedence(found: tuple[Reason, Rule | None]) -> int:
    return list(Reason).index(found[0])
