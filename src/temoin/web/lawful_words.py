"""The words for the rules of transmission: what goes where, in which form, how soon, under which text, and why not."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from temoin.catalogue.kinds import Kind, Target, load_kinds
from temoin.catalogue.outcomes import all_outcomes
from temoin.outbox.channel import Audience
from temoin.outbox.open_channels import destination_named, destinations
from temoin.testing.report import IdentityStatus, PatientForm
from temoin.transmission.outlook import Outlook, PossibleDestination, outlooks
from temoin.transmission.rules.rule_set import Basis, Case, Decision, Reason, Rule
from temoin.web.times import page_today
from temoin.web.wording import Mark, Words, destination_words

FORM: dict[PatientForm, Words] = {
    PatientForm.NAMED: gettext_lazy("with the name"),
    PatientForm.PSEUDONYMOUS: gettext_lazy("under a number in the place of the name"),
    PatientForm.ANONYMOUS: gettext_lazy("anonymously"),
}
IDENTITY: dict[IdentityStatus, Words] = {
    IdentityStatus.PROVISIONAL: gettext_lazy("provisional"),
    IdentityStatus.VALIDATED: gettext_lazy("validated"),
    IdentityStatus.RETRIEVED: gettext_lazy("retrieved"),
    IdentityStatus.QUALIFIED: gettext_lazy("qualified"),
}
TRANSMISSIBLE = Mark("done", "✓", gettext_lazy("Transmissible"))
NOT_TRANSMISSIBLE = Mark("over", "–", gettext_lazy("Not transmissible"))
CRISIS = Mark("warn", "!", gettext_lazy("Crisis mode"))


@dataclass(frozen=True)
class OutlookLine:
    """What one destination does with a result, in words."""

    destination: Words
    mark: Mark
    sentence: str
    remedy: str = ""
    only: list[str] = field(default_factory=list)  # what is told, when it is not the whole result
    basis: Basis | None = None
    is_crisis: bool = False


@dataclass(frozen=True)
class RuleLine:
    """One rule of a destination, in words."""

    tests: str
    targets: str
    outcomes: str
    identity: Words
    form: Words
    within: str
    basis: Basis


@dataclass(frozen=True)
class DestinationPage:
    """One destination with its rules, in words."""

    name: Words
    title: str
    is_enabled: bool
    is_crisis: bool
    is_unreviewed: bool
    reviewed_on: date
    reviewed_by: str
    lines: list[RuleLine]
    ended: list[Basis]  # texts that are not in force today


def destination_page(destination: PossibleDestination) -> DestinationPage:
    rules, today = destination.rules, page_today()
    return DestinationPage(
        name=destination_words(destination.name),
        title=rules.title.text(_lang()),
        is_enabled=destination.is_enabled,
        is_crisis=rules.is_crisis,
        is_unreviewed=rules.review.is_placeholder,
        reviewed_on=rules.review.on,
        reviewed_by=rules.review.by,
        lines=[_rule_line(rule) for rule in rules.rules],
        ended=[basis for basis in rules.bases if not basis.is_in_force(today)],
    )


def nobody_at(*, doctor: bool, matricule: bool) -> frozenset[str]:
    """Return the destinations where nobody gets a result, by whether a doctor is named and the matricule may travel."""
    known = {Audience.DOCTOR: doctor, Audience.PATIENT: matricule}
    return frozenset(each.name for each in destinations() if each.nobody is not None and not known[each.audience])


def outlook_lines(
    case: Case, kind: Kind, *, sent: AbstractSet[str] | None, nobody: AbstractSet[str]
) -> list[OutlookLine]:
    """Say what each destination does with a result.

    `sent` names those that a version went to, None before signing; `nobody` those where nobody is there to get it.
    """
    return [_outlook_line(outlook, kind, sent, nobody) for outlook in outlooks(case)]


def _rule_line(rule: Rule) -> RuleLine:
    return RuleLine(
        tests=_listed({code: kind.label(_lang()) for code, kind in load_kinds().items()}, rule.kinds),
        targets=_listed(_all_targets(), rule.targets),
        outcomes=_listed({code: one.label(_lang()) for code, one in all_outcomes().items()}, rule.outcomes),
        identity=IDENTITY[rule.identity],
        form=FORM[rule.form],
        within=delay_words(rule.within),
        basis=rule.basis,
    )


def delay_words(within: timedelta) -> str:
    """Say a delay in hours, or in minutes below one."""
    minutes = int(within.total_seconds()) // 60
    if minutes % 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    return ngettext("%(count)s hour", "%(count)s hours", minutes // 60) % {"count": minutes // 60}


def _outlook_line(outlook: Outlook, kind: Kind, sent: AbstractSet[str] | None, nobody: AbstractSet[str]) -> OutlookLine:
    destination, decision = outlook.destination, outlook.decision
    words, is_crisis = destination_words(destination.name), destination.rules.is_crisis
    line = OutlookLine(destination=words, mark=NOT_TRANSMISSIBLE, sentence="", is_crisis=is_crisis)
    if sent is not None and destination.name in sent and not decision.goes:
        return replace(line, mark=TRANSMISSIBLE, sentence=_("The amendment follows the version that was sent there."))
    if not decision.goes or decision.rule is None:
        sentence, remedy = why_not(decision)
        return replace(line, sentence=sentence, remedy=remedy)
    if destination.name in nobody - (sent or frozenset()):
        return replace(line, sentence=_nobody_words(destination.name))
    if sent is not None and destination.name not in sent:
        return replace(line, sentence=_("No version of this result was sent there."))
    told = [target.label(_lang()) for target in kind.targets if target.code in decision.targets]
    form = _("Will be sent %(form)s.") if sent is None else _("It goes there %(form)s.")
    return replace(
        line,
        mark=TRANSMISSIBLE,
        sentence=form % {"form": FORM[decision.rule.form]},
        only=told if len(told) < len(kind.targets) else [],
        basis=decision.rule.basis,
    )


def _nobody_words(name: str) -> str:
    """Say why nothing goes to a destination that the rules allow, but where this patient has nobody to get it."""
    known = destination_named(name)
    return "" if known is None or known.nobody is None else known.nobody.text(_lang())


def why_not(decision: Decision) -> tuple[str, str]:
    """Say why a result does not go, and what can be done."""
    if decision.reason is Reason.NO_RULE or decision.rule is None:
        return _("No rule of this destination takes such a result."), _("There is nothing to do.")
    return _refusal(decision.reason, decision.rule)


def _refusal(reason: Reason, rule: Rule) -> tuple[str, str]:
    if reason is Reason.IDENTITY:
        sentence = _("The identity is not known well enough: it must be %(status)s.")
        remedy = _("Qualify the identity on the patient's record, then sign or correct the result.")
        return sentence % {"status": IDENTITY[rule.identity]}, remedy
    sentence = _("The text that would allow it is not in force: %(article)s.")
    return sentence % {"article": rule.basis.article}, _("There is nothing to do here: the operator names the text.")


def _all_targets() -> dict[str, str]:
    targets: list[Target] = [target for kind in load_kinds().values() for target in kind.targets]
    return {target.code: target.label(_lang()) for target in targets}


def _listed(known: dict[str, str], chosen: AbstractSet[str]) -> str:
    if chosen == set(known):
        return _("all")
    return ", ".join(words for code, words in known.items() if code in chosen)


def _lang() -> str:
    return get_language() or "fr"
