"""What is done with a lot in stock: opened, closed, recalled. What is printed on its box never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.controls import ControlLevel
from temoin.catalogue.kits import load_kits
from temoin.catalogue.models import Lot
from temoin.catalogue.states import LotState
from temoin.catalogue.usable import TROUBLE_WORDS, LotTrouble, trouble_of
from temoin.journal.act import Acts, act, acts_together
from temoin.journal.events import EventKind
from temoin.journal.queries import events_about
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, NotFoundError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.lib.typed import typed_line
from temoin.pharmacies.member_names import names_of
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today

LOT_EVENTS = (
    EventKind.LOT_RECEIVED,
    EventKind.LOT_OPENED,
    EventKind.LOT_CLOSED,
    EventKind.LOT_COUNTED,
    EventKind.LOT_CONTROLLED,
    EventKind.LOT_RECALLED,
    EventKind.LOT_RECALL_LIFTED,
)
NOT_CONTROLLED = (LotTrouble.RECALLED, LotTrouble.EXPIRED, LotTrouble.CLOSED, LotTrouble.UNKNOWN_KIT)
NOT_OPENED = (LotTrouble.RECALLED, LotTrouble.EXPIRED, LotTrouble.UNKNOWN_KIT)
_NOTICE_STANDS = _("The catalogue has the manufacturer's notice: the recall ends when a newer catalogue lifts it.")
_WRONG: dict[str, Any] = {"positive_ok_on": None, "negative_ok_on": None, "control_failed": True}
_NOT_OPENED = {**TROUBLE_WORDS, LotTrouble.EXPIRED: _("This lot has expired: set it aside and open another.")}


def open_lot(*, by: Seat, lot_id: UUID, place: str = "") -> None:
    """Record that a lot is used from now on, at a workstation; InvalidError when it has expired or is recalled.

    A closed lot is opened again in the same way: who opened it first, and where, stays. ConflictError when it is open.
    """
    check_right(by=by, right=Right.RECEIVE_LOT)
    with acts_together(by=by) as acts:
        lot = hold_lot(lot_id)
        trouble = trouble_of(lot, today(by.pharmacy_id))
        if trouble in NOT_OPENED:
            raise refuse("lot", trouble.value, _NOT_OPENED[trouble])
        _open(acts, lot, place)


def open_at_first_use(acts: Acts, lot_id: UUID, *, by: Holder, place: str) -> None:
    """Add to the acts of a sample that its lot is open from then on; two first samples at once open it once."""
    check_right(by=by, right=Right.TAKE_SAMPLE)
    lot = hold_lot(lot_id)
    if lot.state == LotState.RECEIVED:
        _open(acts, lot, place)


def _open(acts: Acts, lot: Lot, place: str) -> None:
    place = typed_line("opened_where", place, of="Lot")
    first: dict[str, Any] = {} if lot.opened_at else {"opened_at": now(), "opened_where": place}
    with acts.act(kind=EventKind.LOT_OPENED, subject_kind="lot", subject_id=lot.id, detail=place) as commit:
        commit.move(Lot, lot.id, "open", closed_at=None, **first)


def close_lot(*, by: Seat, lot_id: UUID) -> None:
    """Record that a lot is used up, or set aside; ConflictError when it is closed or recalled."""
    check_right(by=by, right=Right.RECEIVE_LOT)
    with act(by=by, kind=EventKind.LOT_CLOSED, subject_kind="lot", subject_id=lot_id) as commit:
        hold_lot(lot_id)
        commit.move(Lot, lot_id, "close", closed_at=now())


def record_control(*, by: Seat, lot_id: UUID, level: ControlLevel, is_right: bool, expected_controls: int) -> None:
    """Record one control run with a lot: the positive or the negative one, and whether it showed what it must.

    `expected_controls` is how many the person saw: ConflictError when another was recorded since, as by a double
    click. After a wrong one the lot waits until both are right. InvalidError for a lot that is not in use.
    """
    check_right(by=by, right=Right.TAKE_SAMPLE)
    detail = f"{level} {'right' if is_right else 'wrong'}"
    with act(by=by, kind=EventKind.LOT_CONTROLLED, subject_kind="lot", subject_id=lot_id, detail=detail) as commit:
        lot, day = hold_lot(lot_id), today(by.pharmacy_id)
        trouble = trouble_of(lot, day)
        if trouble in NOT_CONTROLLED:
            raise refuse("lot", trouble.value, TROUBLE_WORDS[trouble])
        found = _controlled(lot, level, day) if is_right else _WRONG
        commit.change(Lot, lot_id, only_if={"controls": expected_controls}, controls=expected_controls + 1, **found)


def _controlled(lot: Lot, level: ControlLevel, day: date) -> dict[str, Any]:
    """Return what a control that is right leaves of a lot: with the other one right too, no former one counts."""
    mine, other = ("positive_ok_on", "negative_ok_on")[:: 1 if level is ControlLevel.POSITIVE else -1]
    is_whole = getattr(lot, other) is not None
    return {mine: day, **({"control_failed": False} if is_whole else {})}


def recall_lot(*, by: Seat, lot_id: UUID, reference: str) -> None:
    """Mark a lot as recalled, under the reference of the manufacturer's notice: nobody tests with it any more."""
    check_right(by=by, right=Right.RECALL_LOT)
    with acts_together(by=by) as acts:
        hold_lot(lot_id)
        reference = _clean_reference(reference)
        with acts.act(kind=EventKind.LOT_RECALLED, subject_kind="lot", subject_id=lot_id, detail=reference) as commit:
            commit.move(Lot, lot_id, "recall", recalled_at=now(), recall_reference=reference)


def _clean_reference(reference: str) -> str:
    reference = typed_line("recall_reference", reference, of="Lot")
    if not reference:
        raise refuse("recall_reference", "required", _("Enter the reference of the manufacturer's notice."))
    return reference


def lift_recall(*, by: Seat, lot_id: UUID, expected_recall: str | None) -> None:
    """Take back that a lot was recalled: the wrong lot, or the manufacturer's own correction. It is closed then.

    `expected_recall` is when it was recalled as the person saw it, None where nobody looked: ConflictError for another.
    InvalidError while the catalogue has the manufacturer's notice: nobody could use the lot all the same.
    """
    check_right(by=by, right=Right.RECALL_LOT)
    with act(by=by, kind=EventKind.LOT_RECALL_LIFTED, subject_kind="lot", subject_id=lot_id) as commit:
        lot = hold_lot(lot_id)
        if load_kits().notice_of(lot.kit, lot.number) is not None:
            raise refuse("lot", "notice_stands", _NOTICE_STANDS)
        if expected_recall not in {None, lot.recalled_at.isoformat() if lot.recalled_at else ""}:
            raise ConflictError("this is not the recall that the person saw")
        commit.move(Lot, lot_id, "lift", recalled_at=None, recall_reference="", closed_at=now())


def hold_lot(lot_id: UUID) -> Lot:
    """Return a lot that nobody changes before the act in hand commits; another pharmacy's is unknown here."""
    lot: Lot | None = Lot.objects.select_for_update(no_key=True).filter(id=lot_id).first()
    if lot is None:
        raise NotFoundError
    return lot


@dataclass(frozen=True)
class LotEvent:
    """One thing that was done with a lot."""

    at: datetime
    kind: str
    who: str
    detail: str


def history_of_lot(*, by: Seat, lot_id: UUID) -> list[LotEvent]:
    """Return what was done with a lot, in order, by whom."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        events = events_about([lot_id], [kind.value for kind in LOT_EVENTS])
        names = names_of({event.actor_id for event in events if event.actor_id is not None})
    return [
        LotEvent(event.at, event.kind, names.get(event.actor_id, "") if event.actor_id else "", event.detail)
        for event in events
    ]
