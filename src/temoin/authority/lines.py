"""What the pages' tables say, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import formats
from django.utils.translation import get_language

from temoin.surveillance.counts import SignatureDelay
from temoin.surveillance.dataset_words import VALUES
from temoin.surveillance.sender_queries import ListedSender, SenderWeekRead, rule_labels
from temoin.surveillance.sender_rules import SenderShare
from temoin.surveillance.tables import Receipt

NO_NUMBER = "–"


@dataclass(frozen=True)
class SenderRuleLine:
    """A rule, and how many pharmacies it names."""

    code: str
    label: str
    count: int
    is_chosen: bool = False


@dataclass(frozen=True)
class SenderLine:
    """A pharmacy of the list."""

    id: UUID
    name: str
    place: str
    tests: int
    last_day: date | None
    rules: Sequence[str]


@dataclass(frozen=True)
class WeekLine:
    """A week of a sender, each figure as it is read."""

    week: date
    tests: int
    days: Sequence[int]
    shares: Sequence[tuple[str, bool]]  # and whether a rule names it
    signed: Sequence[str]
    receipts: Sequence[str]


def rule_lines(counts: Mapping[str, int], chosen: str = "") -> list[SenderRuleLine]:
    return [SenderRuleLine(code, label, counts[code], code == chosen) for code, label in rule_words().items()]


def rule_words() -> dict[str, str]:
    """Return what each rule is called in the language of the page."""
    return {code: label.text(_language()) for code, label in rule_labels().items()}


def share_words() -> list[str]:
    words = rule_words()
    return [words[share] for share in SenderShare]


def sender_line(one: ListedSender) -> SenderLine:
    words = rule_words()
    named = ["silent", *one.alarms] if one.is_silent else one.alarms
    place = f"{one.postcode} {one.city}".strip()
    return SenderLine(one.id, one.name, place, one.tests, one.last_day, [words[rule] for rule in named])


def week_line(one: SenderWeekRead) -> WeekLine:
    shares = [(_percent(one.shares[share]), share in one.alarms) for share in SenderShare]
    signed = _parts(one.signed, SignatureDelay)
    return WeekLine(one.week, one.tests, one.days, shares, signed, _parts(one.receipts, Receipt))


def band_words(bands: Iterable[str]) -> list[str]:
    """Return what bands of time are called, as the published files call them."""
    return [VALUES[band].text(_language()) for band in bands]


def _parts(counts: Mapping[str, int], bands: Iterable[str]) -> list[str]:
    """Return each band's share of all; a dash where nothing is known."""
    whole = sum(counts.values())
    return [_percent(100 * counts.get(band, 0) / whole if whole else None) for band in bands]


def _percent(share: float | None) -> str:
    if share is None:
        return NO_NUMBER
    return formats.number_format(round(share)) + ("\u202f%" if _language() == "fr" else "%")


def _language() -> str:
    return "fr" if (get_language() or "fr").startswith("fr") else "en"
