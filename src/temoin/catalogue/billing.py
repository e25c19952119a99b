"""Acts that may be billed for a test, with who pays and the prices of each day, as reviewed data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import NEGATIVE, POSITIVE
from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of

_CONCLUSIVE = (POSITIVE, NEGATIVE)
_PRESCRIBED: Mapping[str, tuple[bool, ...]] = {"yes": (True,), "no": (False,), "either": (True, False)}


class Payer(StrEnum):
    """Who pays for a test."""

    INSURANCE = "insurance"
    PATIENT = "patient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """What is known of a test that may be billed; `says` is what its result means, "" for nothing conclusive."""

    kind: str
    day: date  # of the sample
    says: str
    is_prescribed: bool  # somebody who ordered it is named; a prescription may be there all the same
    is_overseas: bool


@dataclass(frozen=True, slots=True)
class Price:
    """An amount with what it holds for; `when` says it in words."""

    since: date
    until: date | None
    cents: int
    mainland_only: bool
    outcomes: tuple[str, ...]
    prescribed: tuple[bool, ...]
    when: Label

    def may_hold(self, test: Performed) -> bool:
        """Tell whether nothing that is known of the test speaks against it."""
        if test.day < self.since or (self.until is not None and test.day > self.until):
            return False
        if (self.mainland_only and test.is_overseas) or test.says not in self.outcomes:
            return False
        return not test.is_prescribed or True in self.prescribed


@dataclass(frozen=True, slots=True)
class Act:
    """What is billed for some kinds of test; without a code nothing is billed to the health insurance."""

    name: str
    kinds: tuple[str, ...]
    code: str
    payer: Payer
    since: date | None
    until: date | None
    rule: Label
    doubt: Label | None
    source: str
    prices: tuple[Price, ...]

    def holds_on(self, day: date) -> bool:
        """Tell whether the act is known for tests of that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class ActBook:
    """All acts, and who reviewed them."""

    review: Review
    acts: tuple[Act, ...]

    def act_for(self, test: Performed) -> Act | None:
        """Return the act of a test; None where none is known for its day."""
        return next((act for act in self.acts if test.kind in act.kinds and act.holds_on(test.day)), None)

    def prices_for(self, test: Performed) -> tuple[Price, ...]:
        """Return each price that may hold: several where a person must choose, none where nobody knows."""
        act = self.act_for(test)
        return tuple(price for price in act.prices if price.may_hold(test)) if act else ()


@cache
def load_acts() -> ActBook:
    return build_acts(read_data("catalogue", "acts.toml"))


def build_acts(file: Entry) -> ActBook:
    """Check and build the acts of a data file; a kind that nobody knows, or that two acts name at once, is refused."""
    review = review_of(file)
    acts = tuple(_act(name, entry) for name, entry in file.children("acts"))
    file.finish()
    named = [(kind, act) for act in acts for kind in act.kinds]
    for kind, act in named:
        if any(other is not act and kind in other.kinds and _overlap(act, other) for other in acts):
            raise file.error(f"acts.{act.name}", f"bills {kind}, which another act bills on the same days")
    return ActBook(review, acts)


def _overlap(one: Act, other: Act) -> bool:
    first, last = (
        max(one.since or date.min, other.since or date.min),
        min(one.until or date.max, other.until or date.max),
    )
    return first <= last


def _act(name: str, entry: Entry) -> Act:
    act = Act(
        name=name,
        kinds=entry.choices("kinds", tuple(load_kinds())),
        code=entry.optional_text("code"),
        payer=Payer(entry.choice("payer", tuple(Payer))),
        since=entry.optional_day("since"),
        until=entry.optional_day("until"),
        rule=entry.label("rule"),
        doubt=entry.label("doubt") if entry.has("doubt") else None,
        source=entry.text("source"),
        prices=tuple(_price(item) for item in entry.tables("prices")),
    )
    entry.finish()
    return act


def _price(entry: Entry) -> Price:
    cents = entry.count("cents")
    if cents is None:
        raise entry.error("cents", "is missing")
    price = Price(
        since=entry.day("since"),
        until=entry.optional_day("until"),
        cents=cents,
        mainland_only=entry.flag("mainland_only"),
        outcomes=entry.choices("outcomes", _CONCLUSIVE),
        prescribed=_PRESCRIBED[entry.choice("prescribed", tuple(_PRESCRIBED))],
        when=entry.label("when"),
    )
    entry.finish()
    return price
