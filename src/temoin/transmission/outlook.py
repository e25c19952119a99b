"""What the rules of this site's destinations say of a result, for who signs it and for who looks at it later."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.outbox.courier import couriers
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import Case, Decision, RuleSet


@dataclass(frozen=True)
class PossibleDestination:
    """A place where this site sends results, or could."""

    name: str
    rules: RuleSet
    is_enabled: bool


@dataclass(frozen=True)
class Outlook:
    """What the rules of one destination say of one result."""

    destination: PossibleDestination
    decision: Decision


def destinations() -> list[PossibleDestination]:
    found = [each for each in couriers().values() if isinstance(each, ReportCourier)]
    return sorted(
        (PossibleDestination(each.destination, each.rules, each.enabled) for each in found), key=lambda each: each.name
    )


def outlooks(case: Case) -> list[Outlook]:
    """Return what each destination that is switched on would do with a result; no row is asked."""
    return [Outlook(each, each.rules.decide(case)) for each in destinations() if each.is_enabled]
