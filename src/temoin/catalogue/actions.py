"""Receiving a lot, by scan or by hand, and the lots of a kind."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Case, When
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kits import kit_of_gtin, kits_for, load_kits
from temoin.catalogue.models import Lot
from temoin.catalogue.udi import DEVICE, read_udi
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.ids import LotId, new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today

PAGE = 100  # lots on one page of the stock
STILL_SHOWN = timedelta(days=7)  # an expired lot is offered so long, marked: who holds the box sees why it is refused
# GS1 AI (10): up to 20 characters of the GS1 character set 82; makers also print spaces.
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 !\"%&'()*+,./:;<=>?_-]{0,19}")


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box of kits as it is received: what was typed, or scanned, or not yet told."""

    kit: str = ""
    number: str = ""
    expiry: date | None = None
    udi: str = ""


def receive_lot(*, by: Seat, kit: str = "", number: str = "", expiry: date | None = None, udi: str = "") -> LotId:
    """Add a lot to the stock; what is not given is read from the UDI.

    InvalidError for a bad code, an unknown kit, a malformed number or a past expiry; ConflictError when known.
    """
    box = complete_box(by=by, box=Box(kit=kit, number=number, expiry=expiry, udi=udi))
    expiry = _check_box(box, today(by.pharmacy_id))
    lot = Lot(
        pharmacy_id=by.pharmacy_id,
        id=new_id(),
        kit=box.kit,
        number=box.number,
        expiry=expiry,
        udi=box.udi,
        received_at=now(),
    )
    with act(by=by, kind=EventKind.LOT_RECEIVED, subject_kind="lot", subject_id=lot.id) as commit:
        commit.insert(lot)
    return LotId(lot.id)


def complete_box(*, by: Seat, box: Box) -> Box:
    """Return the box with what its UDI tells; InvalidError when the code is bad, or says otherwise than what is typed.

    A GTIN that the catalogue does not know is that of the kit which this pharmacy last received under it.
    """
    check_right(by=by, right=Right.RECEIVE_LOT)
    if not box.udi:
        return box
    udi = read_udi(box.udi)
    listed = kit_of_gtin(udi.gtin)
    problems = []
    if listed is not None and box.kit not in {"", listed.code}:
        problems.append(Problem("kit", "other", _("The scanned code is that of another kit: scan this box again.")))
    if udi.lot and box.number not in {"", udi.lot}:
        problems.append(Problem("number", "other", _("The scanned code has another lot number: scan this box again.")))
    if udi.expiry and box.expiry not in {None, udi.expiry}:
        problems.append(Problem("expiry", "other", _("The scanned code has another date: scan this box again.")))
    if problems:
        raise InvalidError(problems)
    return Box(
        kit=box.kit or (listed.code if listed else _kit_received_before(by, udi.gtin)),
        number=box.number or udi.lot,
        expiry=box.expiry or udi.expiry,
        udi=udi.text,
    )


def _kit_received_before(by: Seat, gtin: str) -> str:
    with tenant_scope(by.pharmacy_id):
        boxes = Lot.objects.filter(udi__startswith=f"({DEVICE}){gtin}").order_by("-received_at")
        return boxes.values_list("kit", flat=True).first() or ""


def _check_box(box: Box, day: date) -> date:
    problems = []
    if box.kit not in load_kits().kits:
        is_scanned = box.udi and not box.kit
        problems.append(
            Problem("kit", "unknown_device", _("This device is new here: choose its kit, and it will be known."))
            if is_scanned
            else Problem("kit", "unknown", _("Choose the kit in the list."))
        )
    if not _NUMBER.fullmatch(box.number):
        problems.append(Problem("number", "malformed", _("Enter the lot number as printed on the box.")))
    if box.expiry is None:
        problems.append(Problem("expiry", "required", _("Enter the last day of use as printed on the box.")))
    elif box.expiry < day:
        problems.append(Problem("expiry", "expired", _("Enter an expiry date that is not past: set this box aside.")))
    if problems or box.expiry is None:
        raise InvalidError(problems)
    return box.expiry


def lots_in_stock(*, by: Seat, kind: str) -> list[Lot]:
    """Return the lots of a kind of test, the first to expire first; those that expired long ago are gone."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        kits = [kit.code for kit in kits_for(kind)]
        since = today(by.pharmacy_id) - STILL_SHOWN
        return list(Lot.objects.filter(kit__in=kits, expiry__gte=since).order_by("expiry", "number"))


def lots_to_use(*, by: Seat) -> dict[str, Lot]:
    """Return by kind of test the lot to be used up: of those still good, the first to expire."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        good = Lot.objects.filter(expiry__gte=today(by.pharmacy_id))
        firsts = good.order_by("kit", "expiry", "number", "id").distinct("kit")  # one row a kit of the catalogue
        found: dict[str, Lot] = {}
        for lot in sorted(firsts, key=lambda lot: lot.expiry):
            found.setdefault(load_kits().kits[lot.kit].kind, lot)
    return found


def page_of_lots(*, by: Seat, page: int) -> tuple[list[Lot], bool]:
    """Return a page of the pharmacy's lots, and whether more follow: the first to expire first, the expired last."""
    check_right(by=by, right=Right.READ_TEST)
    first = page * PAGE
    with tenant_scope(by.pharmacy_id):
        is_over = Case(When(expiry__lt=today(by.pharmacy_id), then=True), default=False)
        rows = list(Lot.objects.order_by(is_over, "expiry", "number", "id")[first : first + PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def kits_of_lots(*, by: Seat, lot_ids: Collection[UUID]) -> dict[UUID, str]:
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return dict(Lot.objects.filter(id__in=lot_ids).values_list("id", "kit"))


def lot_of(lot_id: UUID) -> Lot | None:
    found: Lot | None = Lot.objects.filter(id=lot_id).first()
    return found
