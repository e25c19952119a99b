"""The pages of the lots, of one lot, and of whom its recall concerns: their part of the table of every page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase

from temoin.pharmacies.professions import Right
from temoin.web.access import GuardedRoute
from temoin.web.views import lot, lots, quality, recall

View = Callable[..., HttpResponseBase]
WRITE = ("POST",)


def _of_lot(name: str, path: str, view: View, access: Right) -> GuardedRoute:
    """Return an act on one lot."""
    return GuardedRoute(name=name, path=f"lots/<uuid:lot_id>/{path}", view=view, access=access, methods=WRITE)


LOTS = [
    GuardedRoute(name="lots", path="lots/", view=lots.lots, access=Right.READ_TEST),
    GuardedRoute(name="receive_lot", path="lots/receive/", view=lots.receive, access=Right.RECEIVE_LOT, methods=WRITE),
    GuardedRoute(
        name="name_workstation", path="lots/workstation/", view=lots.workplace, access=Right.RECEIVE_LOT, methods=WRITE
    ),
    GuardedRoute(name="quality", path="lots/quality/", view=quality.quality, access=Right.READ_TEST),
    GuardedRoute(name="read_shelf", path="lots/shelf/", view=quality.shelf, access=Right.TAKE_SAMPLE, methods=WRITE),
    GuardedRoute(name="lot", path="lots/<uuid:lot_id>/", view=lot.lot, access=Right.READ_TEST),
    _of_lot("open_lot", "open/", lot.open_one, Right.RECEIVE_LOT),
    _of_lot("close_lot", "close/", lot.close_one, Right.RECEIVE_LOT),
    _of_lot("count_lot", "count/", lot.count_one, Right.RECEIVE_LOT),
    _of_lot("control_lot", "control/<str:level>/", lot.control_one, Right.TAKE_SAMPLE),
    _of_lot("recall_lot", "recall/", lot.recall_one, Right.RECALL_LOT),
    _of_lot("lift_recall", "recall/lift/", lot.lift_one, Right.RECALL_LOT),
    GuardedRoute(
        name="concerned",
        shows_patients=True,
        path="lots/<uuid:lot_id>/people/",
        view=recall.concerned,
        access=Right.READ_TEST,
    ),
    GuardedRoute(
        name="recall_letters",
        shows_patients=True,
        path="lots/<uuid:lot_id>/people/letters/",
        view=recall.letters,
        access=Right.RECALL_LOT,
        step_up=True,
    ),
    GuardedRoute(
        name="concerned_file",
        shows_patients=True,
        path="lots/<uuid:lot_id>/people/list.csv",
        view=recall.export,
        access=Right.RECALL_LOT,
        step_up=True,
    ),
]
