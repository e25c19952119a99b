"""Which shares of a pharmacy's week are looked at, and from which on it is named: reviewed data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of


class SenderShare(StrEnum):
    """What a share is of."""

    UNTOLD_HOME = "untold-home"
    UNTOLD_REASON = "untold-reason"
    UNTOLD_SEX = "untold-sex"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    SLOW_SIGNATURE = "slow-signature"
    SLOW_RECEIPT = "slow-receipt"


@dataclass(frozen=True, slots=True)
class ShareRule:
    """From which percentage on a share is an alarm."""

    percent: int
    label: Label


@dataclass(frozen=True, slots=True)
class SilenceRule:
    """For how many days nothing may be signed by a pharmacy that signed something before."""

    days: int
    label: Label


@dataclass(frozen=True, slots=True)
class SenderRules:
    """All rules, and who reviewed them."""

    review: Review
    silence: SilenceRule
    shares: Mapping[SenderShare, ShareRule]

    def exceeded(self, shares: Mapping[SenderShare, float | None]) -> list[SenderShare]:
        """Return which rules a week exceeds, in their order."""
        return [share for share, rule in self.shares.items() if (shares.get(share) or 0) > rule.percent]


@cache
def load_sender_rules() -> SenderRules:
    return build_sender_rules(read_data("surveillance", "senders.toml"))


def build_sender_rules(file: Entry) -> SenderRules:
    """Check and build the file: each share has its rule."""
    told = dict(file.children("rules"))
    if told.keys() != set(SenderShare):
        raise file.error("rules", f"must be {', '.join(SenderShare)}")
    silence = file.table("silence")
    rules = SenderRules(
        review_of(file),
        SilenceRule(silence.days("days"), silence.label("label")),
        {share: _rule(told[share]) for share in SenderShare},
    )
    silence.finish()
    file.finish()
    return rules


def _rule(told: Entry) -> ShareRule:
    rule = ShareRule(told.whole("percent"), told.label("label"))
    if not 1 <= rule.percent <= 100:
        raise told.error("percent", "must be from 1 to 100")
    told.finish()
    return rule
