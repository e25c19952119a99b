"""Receiving a lot, and the lots of a kind."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kits import kits_for, load_kits
from temoin.catalogue.models import Lot
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.ids import LotId, new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,19}")  # GS1 AI (10): up to 20 characters


def receive_lot(*, by: Seat, kit: str, number: str, expiry: date | None, udi: str = "") -> LotId:
    """Add a lot to the stock; refuse an unknown kit, a malformed number or a past expiry. ConflictError when known."""
    check_right(by=by, right=Right.RECEIVE_LOT)
    problems = []
    if kit not in load_kits().kits:
        problems.append(Problem("kit", "unknown", _("Choose the kit in the list.")))
    if not _NUMBER.fullmatch(number):
        problems.append(Problem("number", "malformed", _("Enter the lot number as printed on the box.")))
    if expiry is None or expiry < now().date():
        problems.append(Problem("expiry", "expired", _("Enter an expiry date that is not past: set this box aside.")))
    if problems or expiry is None:
        raise InvalidError(problems)
    lot = Lot(
        pharmacy_id=by.pharmacy_id,
        id=new_id(),
        kit=kit,
        number=number,
        expiry=expiry,
        udi=udi,
        received_at=now(),
    )
    with act(by=by, kind=EventKind.LOT_RECEIVED, subject_kind="lot", subject_id=lot.id) as commit:
        commit.insert(lot)
    return LotId(lot.id)


def lots_in_stock(*, by: Seat, kind: str | None = None) -> list[Lot]:
    """Return the pharmacy's lots, the first to expire first; only those of a kind of test when one is named."""
    with tenant_scope(by.pharmacy_id):
        lots = Lot.objects.order_by("expiry", "number")
        if kind is not None:
            lots = lots.filter(kit__in=[kit.code for kit in kits_for(kind)])
        return list(lots)


def lot_of(lot_id: UUID) -> Lot | None:
    """Return a lot of the pharmacy in scope."""
    found: Lot | None = Lot.objects.filter(id=lot_id).first()
    return found
