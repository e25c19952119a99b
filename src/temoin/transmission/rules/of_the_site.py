"""The section [rules], and the rule set that each destination's section names.

A rule set is refused when nobody on the site may send under its texts: LABOé-SI takes laboratories only (CSP R.3113-4),
and a crisis mode without a text is nobody's to switch on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, InstanceOf, ValidationInfo, model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.data_file import DataFileError
from temoin.lib.section import FILE, Day, Place, Text, Url, fitting, refuse_setting, section, setting_fault
from temoin.transmission.rules.loading import UNNAMED, OperatorText, load_rule_sets, parse_rule_set
from temoin.transmission.rules.rule_set import Basis, RuleSet, Sender


@section
class TextSection:
    """The text that orders a crisis, as the operator names it."""

    title: Text
    source: Annotated[
        Url,
        fitting(
            lambda url: url.startswith("https://"),
            "must be where anyone can read the text, at an address that begins with https://",
        ),
    ]
    since: Day
    until: Day | None = None

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.until is not None and self.until < self.since:
            refuse_setting("is before since", "until")
        return self


@section
class RulesSection:
    """Who signs here, the text of a crisis, and a folder of own rule sets: all optional."""

    sender: Sender = Sender.PHARMACIST
    text: TextSection | None = None
    folder: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Who signs here, and the rule sets there are."""

    sets: Mapping[str, RuleSet]
    files: tuple[Path, ...] = ()  # of the operator's own sets
    sender: Sender = Sender.PHARMACIST

    def objection(self, found: RuleSet) -> str:
        """Return why nobody here may send by a rule set, "" when they may."""
        return next(filter(None, map(self._objection, found.bases)), "")

    def _objection(self, basis: Basis) -> str:
        if self.sender not in basis.senders:
            return (
                f"whose text ({basis.article}, {basis.source}) lets a {' or '.join(basis.senders)} send, while [rules] "
                f"sender is {self.sender}: name another rule set, or set enabled = false"
            )
        if basis.since == UNNAMED.since:
            return "which waits for the text that orders it: name it in [rules.text] (title, source, since)"
        return ""


def rules_of_the_site(told: RulesSection, *, file: str = FILE) -> Rules:
    """Return the rule sets that come with the program and the operator's own, under the text that the section names."""
    text = None if told.text is None else OperatorText(**vars(told.text))
    files = () if told.folder is None else tuple(sorted(told.folder.glob("*.toml")))
    sets = dict(load_rule_sets(text))
    for own in files:
        if own.stem in sets:
            reason = f"holds {own.name}, the name of a rule set that comes with the program"
            raise setting_fault(file, "rules", "folder", reason)
        sets[own.stem] = _own(own, text)
    return Rules(sets=sets, files=files, sender=told.sender)


def _named(value: object, info: ValidationInfo) -> object:
    if isinstance(value, RuleSet):
        return value
    sets = _rules(info).sets
    if not isinstance(value, str) or value not in sets:
        refuse_setting(f"names what is no rule set; there are {', '.join(sorted(sets))}")
    return sets[value]


# The rule set that a destination's section names.
NamedRules = Annotated[InstanceOf[RuleSet], BeforeValidator(_named)]


def check_lawful(info: ValidationInfo, found: RuleSet, *, enabled: bool, key: str = "rules") -> None:
    """Refuse a destination that is switched on under texts by which nobody on this site may send."""
    if enabled and info.context and (objection := _rules(info).objection(found)):
        refuse_setting(f'is "{found.name}", {objection}', key)


def _rules(info: ValidationInfo) -> Rules:
    rules: Rules = (info.context or {})["rules"]
    return rules


def check_alarms_in_time(rule_sets: Mapping[str, RuleSet], minutes: int) -> None:
    """Refuse an alarm that would come after the delay that the rules of a destination set.

    A parcel's kind of test is sealed: who watches parcels goes by the most urgent rule of the destination.
    """
    for destination, rules in rule_sets.items():
        delay = int(rules.shortest_delay.total_seconds()) // 60
        if minutes > delay:
            raise ConfigError(
                f"minutes in [alarms] is {minutes}, and by the rules {rules.name} a result must be at {destination} "
                f"within {delay}: set minutes to {delay} or less."
            )


def _own(file: Path, text: OperatorText | None) -> RuleSet:
    try:
        return parse_rule_set(file.name, file.read_text(encoding="utf-8"), text)
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"The rule file {file} cannot be read.") from None
    except DataFileError as error:
        raise ConfigError(f"The rule file {file} is wrong: {error}.") from None
