"""The box in somebody's hand: which lot of the stock it is, and whether it may be used."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kits import kit_of_gtin
from temoin.catalogue.models import Lot
from temoin.catalogue.usable import TROUBLE_WORDS, trouble_of
from temoin.lib.errors import refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.scanning.scan import BoxCode

_OTHER_DATE = _("The stock has another last day for this lot than the box: see to it at Lots before you use it.")


@dataclass(frozen=True)
class LotInHand:
    """A lot of the stock whose box was scanned, and that may be used."""

    id: UUID
    number: str


def lot_in_hand(*, by: Seat, code: BoxCode) -> LotInHand | None:
    """Return the lot in stock whose box was scanned; None for one that was not received, or a code that is not whole.

    InvalidError where it may not be used, or the box has another last day than the stock.
    """
    check_right(by=by, right=Right.TAKE_SAMPLE)
    listed = kit_of_gtin(code.gtin)
    kit = listed.code if listed else kit_received_before(by.pharmacy_id, code)
    with tenant_scope(by.pharmacy_id):
        lot = Lot.objects.filter(kit=kit, number=code.lot).first()
    if lot is None:
        return None
    if code.expiry not in {None, lot.expiry}:
        raise refuse("udi", "other_date", _OTHER_DATE)
    if (trouble := trouble_of(lot, today(by.pharmacy_id))) is not None:
        raise refuse("udi", trouble.value, TROUBLE_WORDS[trouble])
    return LotInHand(lot.id, lot.number)


def kit_received_before(pharmacy_id: UUID, code: BoxCode) -> str:
    """Return the kit of the box of this device that the pharmacy received last; "" when it received none."""
    # A code of HIBC ends the device with the second part's mark, or with the check character where there is none.
    same = Q(udi__startswith=f"{code.device}/") | Q(udi=f"{code.device}{code.link}")
    with tenant_scope(pharmacy_id):
        same_device = same if code.is_hibc else Q(udi__startswith=code.device)
        boxes = Lot.objects.filter(same_device).order_by("-received_at")
        return boxes.values_list("kit", flat=True).first() or ""
