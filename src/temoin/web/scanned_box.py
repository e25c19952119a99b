"""A box of tests scanned at the counter: its lot is the one in use at this workstation from then on."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.in_hand import LotInHand, lot_in_hand
from temoin.lib.errors import InvalidError, refuse
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.scanning.scan import BoxCode, Scan
from temoin.web.scan_field import SCAN

_NOT_IN_STOCK = _("This lot is not in the stock: whoever looks after the stock adds it at Lots.")


def scanned_lot(seat: Seat, scan: Scan) -> LotInHand | None:
    """Return the lot of a box that may be used; None for whoever may add one that is not in the stock yet.

    InvalidError on the scan where the lot may not be used, or is for others to add.
    """
    try:
        lot = lot_in_hand(by=seat, code=scan.box or BoxCode(text=""))
    except InvalidError as error:
        raise InvalidError([replace(each, field=SCAN) for each in error.problems]) from None
    if lot is None and not has_right(by=seat, right=Right.RECEIVE_LOT):
        raise refuse(SCAN, "not_in_stock", _NOT_IN_STOCK)
    return lot
