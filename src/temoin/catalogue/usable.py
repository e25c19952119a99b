"""Whether a lot may be used: decided here, for every list, form and action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.controls import ControlRule, load_controls
from temoin.catalogue.kits import kit, load_kits
from temoin.catalogue.models import Lot
from temoin.catalogue.states import LotState
from temoin.lib.errors import Problem
from temoin.lib.zones import bounds_of_day
from temoin.pharmacies.seat import today
from temoin.pharmacies.zones import zone_of


class LotTrouble(StrEnum):
    """Why a lot may not be used."""

    RECALLED = "recalled"
    EXPIRED = "expired"
    CLOSED = "closed"
    UNKNOWN_KIT = "unknown_kit"
    CONTROL_FAILED = "control_failed"
    CONTROL_DUE = "control_due"


@dataclass(frozen=True)
class LotRecall:
    """That a lot is recalled: since when, so that who was told before must be told again, and by which notice."""

    since: datetime
    reference: str


# Each says what is wrong and what to do: the sentence stands at the field where the lot was chosen.
TROUBLE_WORDS: Mapping[LotTrouble, str | Promise] = {
    LotTrouble.RECALLED: _("This lot was recalled by its manufacturer: set it aside and test with another."),
    LotTrouble.EXPIRED: _("This lot had expired at sampling: set it aside and test with another."),
    LotTrouble.CLOSED: _("This lot is closed: open it again at Lots if the box is still in use, or choose another."),
    LotTrouble.UNKNOWN_KIT: _(
        "The catalogue does not know the kit of this lot any more: test with another lot, and tell your operator."
    ),
    LotTrouble.CONTROL_FAILED: _(
        "A control of this lot was wrong: set it aside, or run both controls again at Lots, and test with another."
    ),
    LotTrouble.CONTROL_DUE: _("The controls of this lot are due: run both at Lots first, or choose another lot."),
}


def trouble_of(lot: Lot, day: date) -> LotTrouble | None:
    """Return why a lot may not be used on a day of the pharmacy's calendar; None when it may."""
    if is_recalled(lot):
        return LotTrouble.RECALLED
    if lot.expiry < day:
        return LotTrouble.EXPIRED
    if not kit(lot.kit).is_known:
        return LotTrouble.UNKNOWN_KIT
    if lot.state == LotState.CLOSED:
        return LotTrouble.CLOSED
    if lot.control_failed:
        return LotTrouble.CONTROL_FAILED
    return LotTrouble.CONTROL_DUE if is_control_due(lot, day) else None


def is_recalled(lot: Lot) -> bool:
    """Tell whether a pharmacist, or a notice in the catalogue, says that a lot is recalled."""
    return lot.state == LotState.RECALLED or load_kits().notice_of(lot.kit, lot.number) is not None


def recall_of(lot: Lot) -> LotRecall | None:
    """Return since when a lot is recalled, and under which reference: as a pharmacist said, or else the catalogue."""
    if lot.recalled_at is not None:
        return LotRecall(lot.recalled_at, lot.recall_reference)
    notice = load_kits().notice_of(lot.kit, lot.number)
    if notice is None:
        return None
    day = min(notice.told_on, today(lot.pharmacy_id))  # a review dated ahead leaves nobody to be told for ever
    return LotRecall(bounds_of_day(day, zone_of(lot.pharmacy_id))[0], notice.reference)


def lot_problems(lot: Lot, day: date) -> list[Problem]:
    """Return what speaks against the use of a lot, at the field where it was chosen."""
    trouble = trouble_of(lot, day)
    return [Problem("lot", trouble.value, TROUBLE_WORDS[trouble])] if trouble else []


def rule_of_lot(lot: Lot) -> ControlRule | None:
    return load_controls().rule_of(kit(lot.kit))


def last_controlled(lot: Lot) -> date | None:
    """Return the day since which both controls of a lot are right; None while one is wanting."""
    days = (lot.positive_ok_on, lot.negative_ok_on)
    return None if None in days else min(day for day in days if day)


def is_control_due(lot: Lot, day: date) -> bool:
    """Tell whether nobody may be tested with a lot on a day before its controls are run."""
    rule = rule_of_lot(lot)
    return rule is not None and rule.is_due(last_controlled(lot), day)
