"""One lot of kits: what became of it, and the acts on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.actions import read_lot
from temoin.catalogue.controls import ControlLevel
from temoin.catalogue.kits import kit, load_kits
from temoin.catalogue.lots import LotEvent, close_lot, history_of_lot, lift_recall, open_lot, recall_lot, record_control
from temoin.catalogue.states import LotState
from temoin.catalogue.usable import recall_of, rule_of_lot
from temoin.journal.events import EventKind
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.lib.lengths import LONGEST
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.lot_use import count_lot, tests_told, use_of_lots
from temoin.web.fields import Typed
from temoin.web.journal_words import event_words
from temoin.web.kit_words import KitWords
from temoin.web.lot_lines import CONTROL_SHORT, CONTROL_WORDS, RUN_WORDS, lot_lines
from temoin.web.pages import show
from temoin.web.wording import Words
from temoin.web.workstation import workstation

_MOST_DIGITS = 6


def lot(request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    return _show(request, seat, lot_id, [])


def _show(request: HttpRequest, seat: Seat, lot_id: UUID, problems: list[Problem]) -> HttpResponse:
    found = read_lot(by=seat, lot_id=lot_id)
    (line,) = lot_lines(seat, use_of_lots(by=seat, lots=[found]))
    rule, notice = rule_of_lot(found), load_kits().notice_of(found.kit, found.number)
    typed = Typed({"recall_reference": notice.reference if notice else "", **request.POST.dict()}, problems)
    keeps_stock, recalls = (has_right(by=seat, right=right) for right in (Right.RECEIVE_LOT, Right.RECALL_LOT))
    longest = {"maxlength": str(LONGEST["Lot.recall_reference"])}
    return show(
        request,
        seat,
        "lot.html",
        status=400 if problems else 200,
        line=line,
        lot=found,
        problems=problems,
        history=[_done_words(event) for event in history_of_lot(by=seat, lot_id=lot_id)],
        notice=notice,
        recall=recall_of(found),
        seen_recall=found.recalled_at.isoformat() if found.recalled_at else "",
        seen_tests=tests_told(found),
        kit=KitWords(kit(found.kit)),
        rule=rule,
        rule_source=rule.source.text(get_language() or "fr") if rule else "",
        levels=[(level.value, *CONTROL_WORDS[level], getattr(found, f"{level}_ok_on")) for level in ControlLevel],
        may_run=line.may_control and has_right(by=seat, right=Right.TAKE_SAMPLE),
        may_count=keeps_stock and found.state != LotState.RECALLED,
        may_shut=line.is_shut_below,
        may_recall=recalls and found.state != LotState.RECALLED,
        may_lift=recalls and found.state == LotState.RECALLED and notice is None,
        count=typed("left", _("Tests left"), required=True, attributes={"inputmode": "numeric", "maxlength": "6"}),
        reference=typed("recall_reference", _("Reference of the notice"), required=True, attributes=longest),
    )


def _done_words(event: LotEvent) -> tuple[LotEvent, Words, Words]:
    """Return what was done, in words, with its detail: a control's says which it was and what it showed."""
    if event.kind != EventKind.LOT_CONTROLLED:
        return event, event_words(event.kind), event.detail
    level, _space, outcome = event.detail.partition(" ")
    return event, event_words(event.kind), f"{CONTROL_SHORT[level]}, {RUN_WORDS[outcome]}"


def open_one(request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    act = partial(open_lot, by=seat, lot_id=lot_id, place=workstation(request))
    return _done(request, seat, lot_id, act, words=_("The lot is open."))


def close_one(request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    act = partial(close_lot, by=seat, lot_id=lot_id)
    return _done(request, seat, lot_id, act, words=_("The lot is closed."))


def count_one(request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    text = request.POST.get("left", "").strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    left, seen = int(text) if is_number else None, request.POST.get("seen", "-")
    act = partial(count_lot, by=seat, lot_id=lot_id, left=left, expected_tests=seen)
    return _done(request, seat, lot_id, act, words=_("The count is corrected."))


def control_one(request: HttpRequest, seat: Seat, lot_id: UUID, level: str) -> HttpResponse:
    """Record what one control showed: each is one press."""
    shown, seen = request.POST.get("is_right", ""), request.POST.get("seen", "")
    if level not in set(ControlLevel) or shown not in {"yes", "no"}:
        raise NotFoundError  # a word that is neither button would set the lot aside
    act = partial(
        record_control,
        by=seat,
        lot_id=lot_id,
        level=ControlLevel(level),
        is_right=shown == "yes",
        expected_controls=int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= _MOST_DIGITS else -1,
    )
    right, wrong = _("The control is recorded."), _("The control was wrong: nobody tests with this lot.")
    return _done(request, seat, lot_id, act, words=right if shown == "yes" else wrong)


def recall_one(request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    act = partial(recall_lot, by=seat, lot_id=lot_id, reference=request.POST.get("recall_reference", ""))
    return _done(request, seat, lot_id, act, words=_("The lot is recalled: nobody can test with it any more."))


def lift_one(request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    act = partial(lift_recall, by=seat, lot_id=lot_id, expected_recall=request.POST.get("seen", ""))
    words = _("The recall is lifted. The lot is closed: open it again if it is used.")
    return _done(request, seat, lot_id, act, words=words)


def _done(request: HttpRequest, seat: Seat, lot_id: UUID, act: Callable[[], None], *, words: Words) -> HttpResponse:
    """Do it and say so; what is refused is said on the lot's page, beside its field."""
    try:
        act()
    except InvalidError as error:
        return _show(request, seat, lot_id, error.problems)
    except ConflictError:
        messages.info(request, _("A colleague was first, or you pressed twice: here is where the lot stands."))
        return redirect("lot", lot_id)
    messages.success(request, str(words))
    return redirect("lots") if request.POST.get("at") == "lots" else redirect("lot", lot_id)
