"""A lot as its pages show it: whether it may be used, for how many days and tests, and the one act that comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.controls import ControlLevel
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import kit
from temoin.catalogue.lots import NOT_CONTROLLED, NOT_OPENED
from temoin.catalogue.states import IN_USE, LotState
from temoin.catalogue.usable import LotTrouble
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.lot_use import LotUse
from temoin.web.wording import Mark, Words

SOON = 14  # days before its expiry from which a lot is marked
FEW = 5  # tests left from which it is
# Each control, and what it must show.
CONTROL_WORDS = {
    ControlLevel.POSITIVE: (_("Positive control"), _("It shows positive")),
    ControlLevel.NEGATIVE: (_("Negative control"), _("It shows negative")),
}
CONTROL_SHORT: dict[str, Words] = {ControlLevel.POSITIVE: _("positive"), ControlLevel.NEGATIVE: _("negative")}
RUN_WORDS: dict[str, Words] = {"right": _("right"), "wrong": _("wrong")}
TROUBLE: dict[LotTrouble, Mark] = {
    LotTrouble.RECALLED: Mark("warn", "!", _("Recalled")),
    LotTrouble.EXPIRED: Mark("warn", "!", _("Expired")),
    LotTrouble.CLOSED: Mark("over", "–", _("Closed")),
    LotTrouble.UNKNOWN_KIT: Mark("warn", "!", _("Kit unknown")),
    LotTrouble.CONTROL_FAILED: Mark("warn", "!", _("Control wrong")),
    LotTrouble.CONTROL_DUE: Mark("busy", "◔", _("Controls due")),
}
UNCONTROLLED = (LotTrouble.CONTROL_DUE, LotTrouble.CONTROL_FAILED)
GOOD: dict[str, Mark] = {
    LotState.OPEN: Mark("done", "✓", _("Open")),
    LotState.RECEIVED: Mark("calm", "○", _("In stock")),
}


@dataclass(frozen=True)
class LotLine:
    """One lot on a page."""

    use: LotUse
    kit: str
    kind: Words
    mark: Mark
    opening: Words
    may_open: bool
    may_close: bool
    may_shut: bool
    is_in_use: bool
    waits_for_controls: bool
    may_control: bool

    @property
    def is_shut_below(self) -> bool:
        """Tell whether the lot can be set aside though its row's button is another: its page then has a form for it."""
        return self.may_shut and (self.waits_for_controls or self.may_open or not self.may_close)

    @property
    def is_counted(self) -> bool:
        """Tell whether somebody told how many tests there were."""
        return self.use.left is not None

    @property
    def is_soon_over(self) -> bool:
        """Tell whether the last days of a lot that is used have come."""
        return self.is_in_use and self.use.days <= SOON

    @property
    def is_scarce(self) -> bool:
        """Tell whether few tests are left of a lot that is used."""
        return self.is_in_use and self.use.left is not None and self.use.left <= FEW


def lot_lines(seat: Seat, used: Iterable[LotUse]) -> list[LotLine]:
    return [_line(seat, one) for one in used]


def _line(seat: Seat, use: LotUse) -> LotLine:
    lot, trouble, language = use.lot, use.trouble, get_language() or "fr"
    of = kit(lot.kit)
    keeps_stock = has_right(by=seat, right=Right.RECEIVE_LOT)
    return LotLine(
        use=use,
        kit=of.label(language),
        kind=load_kinds()[of.kind].label(language) if of.is_known else _("Kit unknown to the catalogue"),
        mark=TROUBLE[trouble] if trouble else GOOD[lot.state],
        opening=_("Open again") if lot.opened_at else _("Open it"),
        may_open=keeps_stock and lot.state in {LotState.RECEIVED, LotState.CLOSED} and trouble not in NOT_OPENED,
        may_close=keeps_stock and lot.state == LotState.OPEN,
        may_shut=keeps_stock and lot.state in IN_USE,
        is_in_use=trouble is None,
        waits_for_controls=trouble in UNCONTROLLED and has_right(by=seat, right=Right.TAKE_SAMPLE),
        may_control=trouble not in NOT_CONTROLLED,
    )
