"""The page of files of results: the laboratories whose results they may bring, and how they write their dates."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.tables import Encoding
from temoin.intake.handing import LARGEST_HANDED, list_handed
from temoin.intake.held import FileKind, FileStage, HeldFile
from temoin.intake.progress import last_file
from temoin.intake.terms import (
    FileRules,
    allow_laboratory,
    forget_columns,
    keep_date_order,
    read_terms,
    withdraw_laboratory,
)
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.lengths import LONGEST
from temoin.pharmacies.seat import Seat
from temoin.web.fields import Choice, Field, Typed
from temoin.web.pages import show

NOT_SAID = "none"


def files(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what the pharmacy's files may say."""
    return files_page(request, seat, [])


def forget(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Forget what headings of the pharmacy's files stand for."""
    forget_columns(by=seat)
    messages.success(request, _("What headings stand for is forgotten: the next file asks again."))
    return redirect("files")


def allow(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Let files bring the results of a laboratory."""
    try:
        allow_laboratory(by=seat, number=request.POST.get("number", ""), name=request.POST.get("name", ""))
    except InvalidError as error:
        return files_page(request, seat, error.problems)
    messages.success(request, _("The laboratory is allowed: its results are taken in from now on."))
    return redirect("files")


def withdraw(request: HttpRequest, seat: Seat, number: str) -> HttpResponse:
    withdraw_laboratory(by=seat, number=number)
    messages.success(request, _("The laboratory is withdrawn: its results are refused from now on."))
    return redirect("files")


def dates(request: HttpRequest, seat: Seat) -> HttpResponse:
    said = request.POST.get("dates", "")
    if said not in {NOT_SAID, *DateOrder}:
        return files_page(request, seat, [Problem("dates", "required", _("Choose one of the answers."))])
    keep_date_order(by=seat, order=None if said == NOT_SAID else DateOrder(said))
    messages.success(request, _("The order of dates is remembered."))
    return redirect("files")


def files_page(request: HttpRequest, seat: Seat, problems: list[Problem]) -> HttpResponse:
    """Return the page, with what was wrong in one of its forms."""
    terms = read_terms(by=seat)
    typed = Typed(request.POST if problems else {}, problems)
    return show(
        request,
        seat,
        "files.html",
        status=400 if problems else 200,
        terms=terms,
        last_file=last_file(by=seat),
        problems=problems,
        laboratory_fields=_laboratory_fields(typed),
        dates_field=_dates_field(typed, terms),
        file_field=_file_field(typed),
        kind_field=_kind_field(typed),
        encoding_field=_encoding_field(typed),
        handed=[{"id": one.id, "name": one.name or "–", "stage": _stage(one)} for one in list_handed(by=seat)],
    )


def _laboratory_fields(typed: Typed) -> list[Field]:
    hint = _("FINESS or CLIA number, as the files write it.")
    return [
        typed(
            "number",
            _("Number of the laboratory"),
            required=True,
            hint=hint,
            attributes={"maxlength": str(LONGEST["Laboratory.number"])},
        ),
        typed(
            "name",
            _("Name of the laboratory"),
            required=True,
            attributes={"maxlength": str(LONGEST["Laboratory.name"])},
        ),
    ]


def _dates_field(typed: Typed, terms: FileRules) -> Field:
    return typed(
        "dates",
        _("What 03/04/2026 means in your files"),
        "radio",
        initial=terms.date_order or NOT_SAID,
        required=True,
        hint=_("Saying another order on import, with --dates, replaces this one."),
        choices=[
            Choice(DateOrder.DMY.value, _("3 April: day, month, year")),
            Choice(DateOrder.MDY.value, _("March 4: month, day, year")),
            Choice(DateOrder.ISO.value, _("nothing: every date is written 2026-04-03"), _("Any other is refused.")),
            Choice(
                NOT_SAID,
                _("not said"),
                _("A column must show its order by one date with a number over 12, or the file is refused."),
            ),
        ],
    )


def _stage(held: HeldFile) -> str:
    if held.is_stopped:
        return _("stopped")
    return {
        FileStage.TRIED: _("checked"),
        FileStage.TAKEN: _("taken"),
        FileStage.REFUSED: _("refused"),
    }.get(held.stage, _("under way"))


def _file_field(typed: Typed) -> Field:
    return typed(
        "file",
        _("File"),
        "file",
        required=True,
        hint=_(
            "CSV, Excel (.xlsx), HL7 v2 or FHIR, 16 MB at most. "
            "It is checked first: nothing is stored before you say so."
        ),
        attributes={
            "accept": ".csv,.txt,.xlsx,.hl7,.json,.ndjson,.xml,text/csv",
            "data-largest": str(LARGEST_HANDED),
            "data-too-large": str(_("The file is over 16 MB: split it, or have it taken in by the command.")),
        },
    )


def _kind_field(typed: Typed) -> Field:
    return typed(
        "kind",
        _("What it brings"),
        "radio",
        initial=FileKind.RESULTS.value,
        required=True,
        choices=[
            Choice(FileKind.RESULTS.value, _("results"), _("You sign each of them.")),
            Choice(
                FileKind.PATIENTS.value,
                _("patients"),
                _("A list of appointments or of residents: identity and contact."),
            ),
        ],
    )


def _encoding_field(typed: Typed) -> Field:
    return typed(
        "encoding",
        _("How a CSV file is written"),
        "select",
        initial=Encoding.UTF_8.value,
        hint=_("Most programs write UTF-8. An Excel workbook needs no answer."),
        choices=[
            Choice(Encoding.UTF_8.value, "UTF-8"),
            Choice(Encoding.WINDOWS_1252.value, "Windows-1252"),
            Choice(Encoding.ISO_8859_15.value, "ISO 8859-15"),
        ],
    )
