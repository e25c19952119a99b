"""What the patient knows of a result: telling them by telephone or on paper is an act too, and can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from temoin.catalogue.patient_languages import patient_languages
from temoin.catalogue.usable import recall_of
from temoin.delivery.calls import list_calls
from temoin.delivery.telling import ToldBy, note_told, take_back_told
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import read_test
from temoin.testing.report import ReportStatus
from temoin.testing.signing import send_link_again
from temoin.web.advice import advice_lines
from temoin.web.fields import Choice, Typed
from temoin.web.findings import findings_of
from temoin.web.history import history
from temoin.web.letter_words import BECAUSE, TAKEN_BACK, TOLD, told_line, told_of
from temoin.web.pages import show
from temoin.web.views.records import seen_version

LONGEST_NUMBER = 9  # digits


def told(request: HttpRequest, seat: Seat, record_id: UUID, way: str) -> HttpResponse:
    """Show what is to be said or handed over; with the confirmation of that page, note that it was."""
    if way not in set(ToldBy):
        raise NotFoundError
    if request.method != "POST":
        return _what_to_tell(request, seat, record_id, ToldBy(way))
    try:
        note_told(by=seat, record_id=record_id, expected_version=seen_version(request), way=ToldBy(way))
    except ConflictError:
        messages.info(request, _("Another version was signed meanwhile: read it before you tell the patient."))
    else:
        messages.success(request, _("Noted: the patient was told."))
    return _back(request, record_id)


def _what_to_tell(request: HttpRequest, seat: Seat, record_id: UUID, way: ToldBy) -> HttpResponse:
    test = read_test(by=seat, record_id=record_id)
    report = test.report
    if report is None:
        raise NotFoundError
    return show(
        request,
        seat,
        "tell.html",
        test=test,
        report=report,
        way=way.value,
        title=TOLD[way],
        by_phone=way is ToldBy.PHONE,
        phone=(test.traits.phone or report.patient.phone) if way is ToldBy.PHONE else "",
        spoken=patient_languages().get(test.traits.language),
        findings=findings_of(report, test.kind),
        is_void=report.status is ReportStatus.CANCELLED,
        changes=history(test.reports, test.kind)[0].changes,
        advice=advice_lines(report),
        recall=recall_of(test.lot) if test.lot is not None else None,
        from_calls="calls" in request.GET,
        from_lot=_lot_in(request.GET),
    )


def untell(request: HttpRequest, seat: Seat, record_id: UUID, telling_id: UUID) -> HttpResponse:
    """Ask why a note that the patient was told is taken back; with the reason, take it back."""
    problems: list[Problem] = []
    if request.method == "POST":
        try:
            take_back_told(by=seat, record_id=record_id, telling_id=telling_id, reason=request.POST.get("reason", ""))
        except InvalidError as error:
            problems = error.problems
        except ConflictError:
            messages.info(request, _("The note was taken back before."))
            return _back(request, record_id)
        else:
            messages.success(request, _("Taken back: the patient counts as not told."))
            return _back(request, record_id)
    choices = [Choice(reason.value, words) for reason, words in TAKEN_BACK.items()]
    why = Typed(request.POST, problems)("reason", _("Why?"), "radio", choices=choices, required=True)
    return show(
        request,
        seat,
        "untell.html",
        status=400 if problems else 200,
        record_id=record_id,
        line=told_of(seat, record_id, telling_id),
        why=why,
        problems=problems,
        from_calls="calls" in request.GET or "calls" in request.POST,
    )


def send_again(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Send a new link for the code that the patient has."""
    asked = {name: request.POST.get(name, "") for name in ("after", "way")}
    try:
        send_link_again(by=seat, record_id=record_id, expected_version=seen_version(request), **asked)
    except InvalidError as error:
        for problem in error.problems:
            messages.error(request, str(problem.message))
    except ConflictError:
        messages.info(
            request, _("Something was sent or signed meanwhile: here is how it stands. Nothing was sent now.")
        )
    else:
        messages.success(request, _("A new link is on its way; the former one is closed. The ticket's code stays."))
    return redirect("test", record_id)


def calls(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show whom to call, from the result on that the address tells."""
    text = request.GET.get("from", "")
    is_number = text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER
    found = list_calls(by=seat, first=int(text) if is_number else 0)
    spoken = patient_languages()
    lines = [(call, BECAUSE[call.because], spoken.get(call.language)) for call in found.calls]
    told_to = [(one.name, told_line(one.telling)) for one in found.noted]
    undoes = has_right(by=seat, right=Right.PRINT_RESULT)
    noted = [(name, line, undoes and line.stands) for name, line in told_to]
    return show(request, seat, "calls.html", found=found, lines=lines, noted=noted)


def _back(request: HttpRequest, record_id: UUID) -> HttpResponse:
    if lot_id := _lot_in(request.POST):
        return redirect("concerned", lot_id)
    return redirect("calls") if "calls" in request.POST else redirect("test", record_id)


def _lot_in(values: Mapping[str, str]) -> UUID | None:
    """Return the recalled lot whose list the person came from."""
    try:
        return UUID(values.get("lot", ""))
    except ValueError:
        return None
