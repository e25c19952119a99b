"""The rows of the pages' table that are about files: what they may say, and those that are handed in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase

from temoin.pharmacies.professions import Right
from temoin.web.access import GuardedRoute
from temoin.web.views import files, handed

_WRITE = ("POST",)
_HANDED = "files/<uuid:file_id>/"


def _file_page(
    name: str,
    path: str,
    view: Callable[..., HttpResponseBase],
    methods: tuple[str, ...] = ("GET",),
    *,
    shows: bool = False,
) -> GuardedRoute:
    return GuardedRoute(
        name=name, path=path, view=view, access=Right.IMPORT_RESULTS, methods=methods, shows_patients=shows
    )


FILES = [
    _file_page("hand_in_file", "files/hand-in/", handed.hand_in_file, _WRITE),
    _file_page("model_of_file", "files/model/", handed.model),
    _file_page("model_of_patients", "files/model/patients/", handed.model_of_patients),
    _file_page("forget_columns", "files/headings/forget/", files.forget, _WRITE),
    _file_page("handed_file", _HANDED, handed.handed_file, shows=True),
    _file_page("handed_file_state", f"{_HANDED}state/", handed.state),
    _file_page("say_of_file", f"{_HANDED}say/", handed.say, _WRITE),
    _file_page("try_file", f"{_HANDED}try/", handed.try_again, _WRITE),
    _file_page("take_file", f"{_HANDED}take/", handed.take, _WRITE),
    _file_page("forget_file", f"{_HANDED}forget/", handed.forget, _WRITE),
    _file_page("rows_to_correct", f"{_HANDED}to-correct/", handed.to_correct, shows=True),
    _file_page("receipt_of_file", f"{_HANDED}receipt/", handed.receipt),
    GuardedRoute(name="files", path="files/", view=files.files, access=Right.IMPORT_RESULTS),
    GuardedRoute(
        name="keep_date_order", path="files/dates/", view=files.dates, access=Right.IMPORT_RESULTS, methods=_WRITE
    ),
    GuardedRoute(
        name="allow_laboratory",
        path="files/laboratories/allow/",
        view=files.allow,
        access=Right.ALLOW_LABORATORIES,
        methods=_WRITE,
    ),
    GuardedRoute(
        name="withdraw_laboratory",
        path="files/laboratories/<str:number>/withdraw/",
        view=files.withdraw,
        access=Right.ALLOW_LABORATORIES,
        methods=_WRITE,
    ),
]
