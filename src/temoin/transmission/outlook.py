"""What the rules of this site's destinations say of a result, for who signs it and for who looks at it later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temoin.outbox.courier import couriers
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import Case, Decision, RuleSet


@dataclass(frozen=True)
class Destination:
    """A place where this site sends results, or could."""

    name: str
    rules: RuleSet
    is_enabled: bool


@dataclass(frozen=True)
class Outlook:
    """What the rules of one destination say of one result."""

    destination: Destination
    decision: Decision


def destinations() -> list[Destination]:
    """Return the destinations of results, by name."""
    found = [each for each in couriers().values() if isinstance(each, ReportCourier)]
    return sorted(
        (Destination(each.destination, each.rules, each.enabled) for each in found), key=lambda each: each.name
    )


def outlooks(case: Case) -> list[Outlook]:
    """Return what each destination that is switched on would do with a result; no row is asked."""
    return [Outlook(each, each.rules.decide(case)) for each in destinations() if each.is_enabled]


def delay_limits() -> dict[str, timedelta]:
    """Return how long after its signature the most urgent result may take to each destination: alarms count on it.

    A parcel's own kind of test is sealed: who watches many parcels goes by the strictest rule.
    """
    return {each.name: each.rules.shortest_delay for each in destinations() if each.is_enabled}
