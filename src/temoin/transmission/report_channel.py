"""What a channel of signed results says beside the rest: by which rule sets they go."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from temoin.outbox.channel import Channel, S
from temoin.transmission.rules.rule_set import RuleSet


class ReportChannel(Channel[S]):
    """A channel of signed results."""

    @abstractmethod
    def rule_sets(self, settings: S) -> Mapping[str, RuleSet]:
        """Return the rule set of each destination that is switched on, by the destination's name."""
