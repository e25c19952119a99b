"""Receiving a lot, by scan or by hand, and the lots of a kind."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db.models import Case, Q, When
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.code_words import CODE_WORDS
from temoin.catalogue.in_hand import kit_received_before
from temoin.catalogue.kits import kit, kit_of_gtin, kits_for, load_kits
from temoin.catalogue.models import Lot
from temoin.catalogue.states import IN_USE, LotState
from temoin.catalogue.usable import trouble_of
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import InvalidError, NotFoundError, Problem, refuse
from temoin.lib.ids import LotId, new_id
from temoin.lib.lengths import LONGEST
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.scanning.reading import read_scan
from temoin.scanning.scan import BoxCode, ScanKind, ScanTrouble

PAGE = 100  # lots on one page of the stock
MOST_TESTS = 100_000  # of one lot in one pharmacy
# GS1 AI (10): up to 20 characters of the GS1 character set 82; makers also print spaces.
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 !\"%&'()*+,./:;<=>?_-]{0,19}")


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box of kits as it is received: what was typed, or scanned, or not yet told."""

    kit: str = ""
    number: str = ""
    expiry: date | None = None
    udi: str = ""
    tests: int | None = None  # that it holds; None where nobody told


def receive_lot(
    *, by: Seat, kit: str = "", number: str = "", expiry: date | None = None, udi: str = "", tests: int | None = None
) -> LotId:
    """Add a lot to the stock; what is not given is read from the UDI.

    InvalidError for a bad code, an unknown kit, a malformed number or a past expiry; ConflictError when known.
    """
    box = complete_box(by=by, box=Box(kit=kit, number=number, expiry=expiry, udi=udi, tests=tests))
    expiry = _check_box(box, today(by.pharmacy_id))
    lot = Lot(
        pharmacy_id=by.pharmacy_id,
        id=new_id(),
        kit=box.kit,
        number=box.number,
        expiry=expiry,
        udi=box.udi,
        received_at=now(),
        tests=box.tests or _tests_in(box.kit),
    )
    with act(by=by, kind=EventKind.LOT_RECEIVED, subject_kind="lot", subject_id=lot.id) as commit:
        commit.insert(lot)
    return LotId(lot.id)


def _tests_in(code: str) -> int | None:
    return kit(code).tests


def complete_box(*, by: Seat, box: Box) -> Box:
    """Return the box with what its UDI tells; InvalidError when the code is bad, or says otherwise than what is typed.

    A device that the catalogue does not know is that of the kit which this pharmacy last received under it.
    """
    check_right(by=by, right=Right.RECEIVE_LOT)
    if not box.udi:
        return box
    code = _read_code(box.udi, today(by.pharmacy_id))
    listed = kit_of_gtin(code.gtin)
    problems = []
    if listed is not None and box.kit not in {"", listed.code}:
        problems.append(Problem("kit", "other", _("The scanned code is that of another kit: scan this box again.")))
    if code.lot and box.number not in {"", code.lot}:
        problems.append(Problem("number", "other", _("The scanned code has another lot number: scan this box again.")))
    if code.expiry and box.expiry not in {None, code.expiry}:
        problems.append(Problem("expiry", "other", _("The scanned code has another date: scan this box again.")))
    if problems:
        raise InvalidError(problems)
    return replace(
        box,
        kit=box.kit or (listed.code if listed else kit_received_before(by.pharmacy_id, code)),
        number=box.number or code.lot,
        expiry=box.expiry or code.expiry,
        udi=code.text,
    )


def _read_code(text: str, day: date) -> BoxCode:
    """Return what the code of a box says; InvalidError on the field "udi" when it is not that of a device."""
    scan = read_scan(text, today=day)
    if scan.box is None or len(scan.box.text) > LONGEST["Lot.udi"]:
        trouble = scan.faults[0] if scan.kind is ScanKind.BOX and scan.faults else ScanTrouble.GS1_FORM
        raise refuse("udi", trouble.value, CODE_WORDS[trouble])
    if not scan.box.device:
        raise refuse(
            "udi", "no_device", _("This code does not name the device: scan the box's other code, which holds (01).")
        )
    return scan.box


def problems_of_box(*, by: Seat, box: Box) -> list[Problem]:
    """Return what is wrong with a box, or not yet told of it, for whoever fills a form in."""
    check_right(by=by, right=Right.RECEIVE_LOT)
    return _problems(box, today(by.pharmacy_id))


def _check_box(box: Box, day: date) -> date:
    problems = _problems(box, day)
    if problems or box.expiry is None:
        raise InvalidError(problems)
    return box.expiry


def _problems(box: Box, day: date) -> list[Problem]:
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
    if box.tests is not None and not 1 <= box.tests <= MOST_TESTS:
        problems.append(Problem("tests", "malformed", _("Enter how many tests the box holds, or nothing.")))
    return problems


def lots_in_stock(*, by: Holder, kind: str = "") -> list[Lot]:
    """Return the lots, of a kind of test if given, that may be used today: the open ones, then the first to expire."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        kits = [kit.code for kit in kits_for(kind)] if kind else list(load_kits().kits)
        return _good_lots(kits, today(by.pharmacy_id))


def lots_to_use(*, by: Seat, place: str = "", scanned: Sequence[UUID] = ()) -> dict[str, Lot]:
    """Return by kind of test the lot to be used up: the one scanned or open here, else any open, else the next.

    `scanned` are the lots whose boxes were scanned at this workstation, the latest first.

    Of kits whose specimens the catalogue knows: of another nobody can say which one it would be.
    """
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        known = load_kits().kits
        found: dict[str, Lot] = {}
        turn = {lot_id: number for number, lot_id in enumerate(scanned)}
        good = _good_lots([code for code, kit in known.items() if kit.specimens], today(by.pharmacy_id))
        for lot in sorted(good, key=lambda lot: (turn.get(lot.id, len(turn)), not _is_open_at(lot, place))):
            found.setdefault(known[lot.kit].kind, lot)
    return found


def _is_open_at(lot: Lot, place: str) -> bool:
    return bool(place) and lot.state == LotState.OPEN and lot.opened_where == place


def _good_lots(kits: Collection[str], day: date) -> list[Lot]:
    open_first = Case(When(state=LotState.OPEN.value, then=0), default=1)
    kept = Lot.objects.filter(kit__in=list(kits), state__in=[state.value for state in IN_USE], expiry__gte=day)
    return [lot for lot in kept.order_by(open_first, "expiry", "number", "id") if trouble_of(lot, day) is None]


def page_of_lots(*, by: Seat, page: int) -> tuple[list[Lot], bool]:
    """Return a page of the pharmacy's lots, and whether more follow: what is open, what is next, then the rest."""
    check_right(by=by, right=Right.READ_TEST)
    first = page * PAGE
    with tenant_scope(by.pharmacy_id):
        good = Q(expiry__gte=today(by.pharmacy_id))
        place = Case(
            When(good & Q(state=LotState.OPEN.value), then=0),
            When(good & Q(state=LotState.RECEIVED.value), then=1),
            default=2,
        )
        rows = list(Lot.objects.order_by(place, "expiry", "number", "id")[first : first + PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def read_lot(*, by: Seat, lot_id: UUID) -> Lot:
    """Return a lot of the pharmacy; another's is unknown here."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        lot = lot_of(lot_id)
    if lot is None:
        raise NotFoundError
    return lot


def kits_of_lots(*, by: Seat, lot_ids: Collection[UUID]) -> dict[UUID, str]:
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return dict(Lot.objects.filter(id__in=lot_ids).values_list("id", "kit"))


def lot_of(lot_id: UUID) -> Lot | None:
    found: Lot | None = Lot.objects.filter(id=lot_id).first()
    return found
