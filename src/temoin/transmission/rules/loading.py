"""Strict reading of rule sets: one TOML file each, whose name is the set's; faults name file, entry and field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from types import MappingProxyType

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import all_outcomes
from temoin.lib.data_file import Entry, parse_data
from temoin.testing.report import IdentityStatus, PatientForm
from temoin.transmission.rules.rule_set import Basis, Rule, RuleSet, RulesReview, Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorText:
    """The text that the operator names for a rule set whose own is not written yet: a crisis has its decree."""

    title: str
    source: str
    since: date
    until: date | None = None


# A set that waits for the operator's text is in force on no day.
UNNAMED = OperatorText(title="–", source="https://", since=date.max)


@cache
def load_rule_sets(text: OperatorText | None = None) -> Mapping[str, RuleSet]:
    folder = resources.files("temoin.transmission.rules").joinpath("data")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    sets = (parse_rule_set(name, folder.joinpath(name).read_text("utf-8"), text) for name in names)
    return MappingProxyType({each.name: each for each in sets})


def parse_rule_set(file: str, content: str, text: OperatorText | None = None) -> RuleSet:
    """Check and build the rule set of a data file; DataFileError names what is wrong."""
    return build_rule_set(parse_data(file, content), text)


def build_rule_set(entry: Entry, text: OperatorText | None = None) -> RuleSet:
    """Check and build a rule set, named after its file."""
    bases = {code: _basis(code, each, text or UNNAMED) for code, each in entry.children("bases")}
    rule_set = RuleSet(
        name=entry.file.removesuffix(".toml"),
        title=entry.label("title"),
        is_crisis=entry.flag("crisis"),
        is_demonstration=entry.flag("demonstration"),
        review=_review(entry.table("review")),
        rules=tuple(_rule(each, bases) for each in entry.tables("rules")),
    )
    entry.finish()
    if unused := set(bases) - {basis.code for basis in rule_set.bases}:
        raise entry.error(f"bases.{min(unused)}", "is the basis of no rule")
    return rule_set


def _review(entry: Entry) -> RulesReview:
    review = RulesReview(on=entry.day("on"), by=entry.text("by"), is_placeholder=entry.flag("placeholder"))
    entry.finish()
    return review


def _basis(code: str, entry: Entry, text: OperatorText) -> Basis:
    from_settings = entry.flag("from_settings")
    basis = Basis(
        code=code,
        words=entry.label("label"),
        article=text.title if from_settings else entry.text("article"),
        source=text.source if from_settings else entry.text("source"),
        senders=tuple(Sender(word) for word in entry.choices("senders", tuple(Sender))),
        since=text.since if from_settings else entry.day("since"),
        until=text.until if from_settings else entry.optional_day("until"),
    )
    entry.finish()
    if not basis.source.startswith("https://"):
        raise entry.error("source", "must be an address that begins with https://")
    if basis.until is not None and basis.until < basis.since:
        raise entry.error("until", "is before since")
    return basis


def _rule(entry: Entry, bases: Mapping[str, Basis]) -> Rule:
    kinds = load_kinds()
    targets = tuple(dict.fromkeys(target.code for kind in kinds.values() for target in kind.targets))
    rule = Rule(
        kinds=frozenset(entry.choices_or_all("kinds", tuple(kinds))),
        targets=frozenset(entry.choices_or_all("targets", targets)),
        outcomes=frozenset(entry.choices_or_all("outcomes", tuple(all_outcomes()))),
        identity=IdentityStatus(entry.choice("identity", tuple(IdentityStatus))),
        form=PatientForm(entry.choice("form", tuple(PatientForm))),
        within=timedelta(minutes=entry.minutes("within_minutes")),
        basis=bases[entry.choice("basis", tuple(bases))],
    )
    entry.finish()
    if not any(_can_find(kind, rule) for kind in rule.kinds):
        raise entry.error("targets", "can be found with these outcomes by none of these kinds of test")
    return rule


def _can_find(kind: str, rule: Rule) -> bool:
    wanted = (target for target in load_kinds()[kind].targets if target.code in rule.targets)
    return any(target.allows(outcome) for target in wanted for outcome in rule.outcomes)
