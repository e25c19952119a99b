"""The section [rules], and the rule set that each destination's section names.

A rule set is refused when nobody on the site may send under its texts: LABOé-SI takes laboratories only (CSP R.3113-4),
and a crisis mode without a text is nobody's to switch on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin.lib.data_file import DataFileError
from temoin.lib.section import Section
from temoin.transmission.rules.loading import UNNAMED, OperatorText, load_rule_sets, parse_rule_set
from temoin.transmission.rules.rule_set import Basis, RuleSet, Sender


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Who signs here, and the rule sets there are."""

    sets: Mapping[str, RuleSet]
    files: tuple[Path, ...] = ()  # of the operator's own sets
    sender: Sender = Sender.PHARMACIST

    def named_in(self, section: Section, *, enabled: bool, key: str = "rules") -> RuleSet:
        """Return the rule set that a destination's section names; an enabled one must be usable on this site."""
        name = section.required(key, str)
        if name not in self.sets:
            raise section.wrong(key, f'is "{name}", which is no rule set; there are {", ".join(sorted(self.sets))}')
        found = self.sets[name]
        objection = next(filter(None, map(self._objection, found.bases)), "") if enabled else ""
        if objection:
            raise section.wrong(key, f'is "{name}", {objection}')
        return found

    def _objection(self, basis: Basis) -> str:
        """Return why nobody here may send under a text, "" when they may."""
        if self.sender not in basis.senders:
            return (
                f"whose text ({basis.article}, {basis.source}) lets a {' or '.join(basis.senders)} send, while [rules] "
                f"sender is {self.sender}: name another rule set, or set enabled = false"
            )
        if basis.since == UNNAMED.since:
            return "which waits for the text that orders it: name it in [rules.text] (title, source, since)"
        return ""


def read_rules(root: Section, folder: Path) -> Rules:
    """Read the optional section [rules]: who signs here, the text of a crisis, a folder of own rule sets."""
    if not root.has("rules"):
        return Rules(sets=load_rule_sets())
    section = root.section("rules")
    sender = section.word("sender", Sender) if section.has("sender") else Sender.PHARMACIST
    text = _text(section.section("text")) if section.has("text") else None
    own = section.path("folder", folder) if section.has("folder") else None
    section.end()
    files = () if own is None else tuple(sorted(own.glob("*.toml")))
    sets = dict(load_rule_sets(text))
    for file in files:
        if file.stem in sets:
            raise section.wrong("folder", f"holds {file.name}, the name of a rule set that comes with the program")
        sets[file.stem] = _own(file, text)
    return Rules(sets=sets, files=files, sender=sender)


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


def _text(section: Section) -> OperatorText:
    text = OperatorText(
        title=section.required("title", str),
        source=section.url("source"),
        since=section.required("since", date),
        until=section.optional("until", date),
    )
    section.end()
    if not text.source.startswith("https://"):
        raise section.wrong("source", "must be where anyone can read the text, at an address that begins with https://")
    if text.until is not None and text.until < text.since:
        raise section.wrong("until", "is before since")
    return text


def _own(file: Path, text: OperatorText | None) -> RuleSet:
    try:
        return parse_rule_set(file.name, file.read_text(encoding="utf-8"), text)
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"The rule file {file} cannot be read.") from None
    except DataFileError as error:
        raise ConfigError(f"The rule file {file} is wrong: {error}.") from None
