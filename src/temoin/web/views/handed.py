"""The pages of a file that is handed in: what taking it would do, one press to take it, and what became of its rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.profiles import OWN_COLUMNS, own_profile, plain_heading
from temoin.formats.csv.template import template
from temoin.intake import handing
from temoin.intake.handing import (
    forget_file,
    hand_in,
    read_handed,
    receipt_of,
    refusal_of,
    rows_to_correct,
    say_of_file,
    take_file,
    told_of,
    try_file,
)
from temoin.intake.held import HeldFile, Stage
from temoin.intake.sameness import Sameness
from temoin.intake.terms import read_terms
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.spreadsheet import guarded_cell
from temoin.pharmacies.seat import Seat
from temoin.web.fields import Choice, Field, Typed
from temoin.web.pages import show
from temoin.web.views.files import files_page

SHOWN = 100  # rows on the page; all of them are in the file to correct
_ORDER_CODES = frozenset({"dates_unsaid", "dates_not_dmy", "dates_not_mdy", "dates_not_iso"})
_HEADING = "heading-"


def hand_in_file(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Take a file from the browser, keep it sealed, and begin its trial."""
    upload = request.FILES.get("file")
    try:
        file_id = hand_in(
            by=seat,
            name=upload.name or "" if upload else "",
            content=upload.read() if upload else b"",
            encoding=request.POST.get("encoding", ""),
            dates=request.POST.get("dates", ""),
        )
    except InvalidError as error:
        return files_page(request, seat, error.problems)
    try_file(by=seat, file_id=file_id, start=handing.start_behind)
    return redirect("handed_file", file_id)


def handed_file(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    return _page(request, seat, file_id, [])


def state(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    """Tell a page that follows a file how far it is."""
    del request
    held = read_handed(by=seat, file_id=file_id)
    is_going = held.stage.is_running and not held.is_stopped
    return JsonResponse({"rows": held.rows, "done": held.done, "going": is_going})


def say(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    """Take in what headings stand for, or the order of dates, and try the file again."""
    headings = {name: heading for name, heading in request.POST.items() if name.startswith("of-")}
    columns = {str(heading): request.POST.get(name.removeprefix("of-"), "") for name, heading in headings.items()}
    try:
        say_of_file(by=seat, file_id=file_id, dates=request.POST.get("dates", ""), columns=columns)
    except InvalidError as error:
        return _page(request, seat, file_id, error.problems)
    return try_again(request, seat, file_id)


def try_again(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    del request
    try_file(by=seat, file_id=file_id, start=handing.start_behind)
    return redirect("handed_file", file_id)


def take(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    """Sign and store the good rows."""
    del request
    take_file(by=seat, file_id=file_id, start=handing.start_behind)
    return redirect("handed_file", file_id)


def forget(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    del request
    forget_file(by=seat, file_id=file_id)
    return redirect("files")


def to_correct(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponseBase:
    """Stream the refused rows as a file that can be mended and handed in again."""
    del request
    answer = StreamingHttpResponse(
        _lines(rows_to_correct(by=seat, file_id=file_id)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = 'attachment; filename="a-corriger.csv"'
    return answer


def receipt(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    del request
    content = orjson.dumps(receipt_of(by=seat, file_id=file_id), option=orjson.OPT_INDENT_2)
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="recu.json"'
    return answer


def model(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Give a file to fill in, with the pharmacy's own number."""
    del request
    content = template(get_language() or "fr", finess=read_terms(by=seat).own_number)
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="temoin-results-1.csv"'
    return answer


class _Echo:
    """A file that gives back each line written to it."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterator[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([guarded_cell(cell) for cell in row])


def _page(request: HttpRequest, seat: Seat, file_id: UUID, problems: list[Problem]) -> HttpResponse:
    held = read_handed(by=seat, file_id=file_id)
    typed = Typed(request.POST if problems else {}, problems)
    return show(
        request,
        seat,
        "handed.html",
        status=400 if problems else 200,
        held=held,
        problems=problems,
        is_going=held.stage.is_running and not held.is_stopped,
        is_trial=held.stage in {Stage.TRYING, Stage.TRIED},
        is_done=held.stage in {Stage.TRIED, Stage.TAKEN},
        sums=_sums(held),
        good=sum(held.count(one.value) for one in (Sameness.STORED, Sameness.CORRECTED, Sameness.CANCELLED)),
        refused=held.count(Sameness.REFUSED.value),
        told=_told(seat, held) if held.stage is not Stage.TRYING else [],
        shown=SHOWN,
        **_refusal(held, typed, seat),
    )


def _sums(held: HeldFile) -> list[tuple[str, int]]:
    labels = {
        Sameness.STORED: _("new results"),
        Sameness.CORRECTED: _("corrections"),
        Sameness.CANCELLED: _("cancellations"),
        Sameness.ALREADY_STORED: _("already stored"),
        Sameness.REFUSED: _("refused"),
    }
    return [(label, held.count(verdict.value)) for verdict, label in labels.items()]


def _told(seat: Seat, held: HeldFile) -> list[dict[str, Any]]:
    names = ("column", "code", "reason", "remedy")
    return [
        {
            "row": one["row"],
            "is_refused": one["verdict"] == Sameness.REFUSED,
            "problems": [dict(zip(names, problem, strict=True)) for problem in one["problems"]],
        }
        for one in islice(told_of(by=seat, held=held), SHOWN)
    ]


def _refusal(held: HeldFile, typed: Typed, seat: Seat) -> dict[str, Any]:
    """Return why the file is refused, and the fields by which a person can say what it lacks."""
    if held.stage is not Stage.REFUSED:
        return {"refusal": None, "headings": [], "order_field": None}
    error, lang = refusal_of(held), get_language() or "fr"
    return {
        "refusal": {"reason": error.message(lang), "remedy": error.remedy(lang)},
        "headings": _heading_fields(error.headings, held, typed, seat),
        "order_field": order_field(typed) if error.code in _ORDER_CODES else None,
    }


def _heading_fields(headings: tuple[str, ...], held: HeldFile, typed: Typed, seat: Seat) -> list[tuple[str, Field]]:
    """Return a field for each heading that says nothing by itself; its choices are the columns that are still free."""
    own, said = own_profile(), {**read_terms(by=seat).columns, **held.columns}
    taken = set(own.names(headings))
    fields = []
    for place, heading in enumerate(headings):
        plain = plain_heading(heading)
        if plain in own.headings or not plain:
            continue
        field = typed(
            f"{_HEADING}{place}",
            heading,
            "select",
            initial=said.get(plain, ""),
            choices=_free_columns(taken),
            is_one_of=True,
        )
        fields.append((heading, field))
    return fields


def _free_columns(taken: set[str]) -> list[Choice]:
    is_french = (get_language() or "fr").startswith("fr")
    free = sorted((one for one in OWN_COLUMNS if one.name not in taken), key=lambda one: not one.is_required)
    return [
        Choice(one.name, one.french if is_french else one.english, _("needed") if one.is_required else "")
        for one in free
    ]


def order_field(typed: Typed) -> Field:
    return typed(
        "dates",
        _("What 03/04/2026 means in this file"),
        "radio",
        choices=[
            Choice(DateOrder.DMY.value, _("3 April: day, month, year")),
            Choice(DateOrder.MDY.value, _("March 4: month, day, year")),
        ],
    )
