"""What a channel of signed results says beside the rest: by which rule sets they go."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path

from temoin.lib.section import Section
from temoin.outbox.channel import Channel, S
from temoin.transmission.rules.of_the_site import Rules
from temoin.transmission.rules.rule_set import RuleSet


class ReportChannel(Channel[S]):
    """A channel of signed results."""

    @abstractmethod
    def read(self, section: Section, folder: Path, rules: Rules) -> S:
        """Read the section of the settings file that bears the channel's name."""

    @abstractmethod
    def rule_sets(self, settings: S) -> Mapping[str, RuleSet]:
        """Return the rule set of each destination that is switched on, by the destination's name."""
