"""A test before its result: its page, the sample, giving up, the ticket, and where its parcels are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.kits import load_kits
from temoin.catalogue.outcomes import load_specimens
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.outbox.actions import release_parcel
from temoin.outbox.queries import ParcelView
from temoin.pharmacies.policies import has_right, may_sign
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, pharmacy_of
from temoin.testing.actions import COUNTER, abandon_test, start_reading, take_sample, undo_start
from temoin.testing.queries import TestView, has_ticket, read_parcels, read_test, read_ticket
from temoin.testing.sample import STARTED
from temoin.testing.signing import renew_ticket
from temoin.testing.states import WITH_RESULT, RecordState
from temoin.transmission.rules.rule_set import Case
from temoin.web.fields import Typed
from temoin.web.history import history
from temoin.web.lawful_words import nobody_at, outlook_lines
from temoin.web.pages import show
from temoin.web.record_forms import (
    age_warnings,
    read_sample,
    read_start,
    result_fields,
    sample_fields,
    signer_words,
    start_fields,
)
from temoin.web.times import clock_warning, reading_window
from temoin.web.wording import STATE, parcel_line


def record(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show a test: where it stands, and the form of its next step."""
    return show_record(request, seat, read_test(by=seat, record_id=record_id))


def show_record(
    request: HttpRequest, seat: Seat, test: TestView, *, problems: list[Problem] | None = None
) -> HttpResponse:
    """Return a test's page, with what was typed and its problems when a step was refused."""
    typed = Typed(request.POST if request.method == "POST" else {}, problems or [])
    context: dict[str, Any] = {
        "test": test,
        "report": test.report,
        "mark": STATE[test.state],
        "problems": problems or [],
        "warnings": age_warnings(test.kind, test.traits.birth_date, test.traits.sex),
        "may_sign": may_sign(by=seat, signers=test.kind.signers),
        "signers": signer_words(test.kind),
        "has_result": test.state in WITH_RESULT,
        "shows_ticket": _shows_ticket(seat, test),
        "versions": history(test.reports, test.kind),
        **device_words(test),
        **parcels_context(test.id, test.parcels),
    }
    if test.report is not None:
        sent = {parcel.destination for parcel in test.parcels}
        nobody = nobody_at(doctor=test.report.doctor is not None, matricule=test.report.patient.carries_matricule)
        context["outlook"] = outlook_lines(Case.of(test.report), test.kind, sent=sent, nobody=nobody)
    if test.state is RecordState.REGISTERED:
        context["fields"] = sample_fields(seat, test, typed)
    if test.state is RecordState.SAMPLED:
        context["fields"] = result_fields(test.kind, typed)
        context["start_fields"] = start_fields(typed) if test.lot is not None else []
        context["is_start_wrong"] = any(problem.field.startswith(STARTED) for problem in typed.problems)
    return show(request, seat, "record.html", status=400 if problems else 200, **context)


def _shows_ticket(seat: Seat, test: TestView) -> bool:
    """Tell whether a ticket waits to be printed, or a lost one may be drawn anew."""
    if test.has_ticket and has_right(by=seat, right=Right.REGISTER_TEST):
        return True
    of_counter = test.state in WITH_RESULT and test.source == COUNTER and bool(test.traits.email)
    return of_counter and has_right(by=seat, right=Right.PRINT_RESULT)


def device_words(test: TestView) -> dict[str, Any]:
    """Return the specimen and the kit in words, and the reading window."""
    language = get_language() or "fr"
    known = load_specimens().get(test.specimen)
    words: dict[str, Any] = {"specimen": known.label(language) if known else "", "kit": "", "window": None}
    words |= {"is_to_start": False, "times": test.report.typed_times if test.report else test.typed_times}
    if test.lot is not None:
        words["kit"] = load_kits().kits[test.lot.kit].label(language)
        if test.steps is not None:
            words["window"] = reading_window(test.lot.kit, test.steps)
            words["is_to_start"] = words["window"] is None
    return words


def sample(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Record the sample."""
    try:
        runs = take_sample(by=seat, record_id=record_id, sample=read_sample(request.POST))
    except InvalidError as error:
        test = read_test(by=seat, record_id=record_id)
        return _refused(request, seat, test, error, needed=RecordState.REGISTERED)
    except ConflictError:
        messages.info(request, _("The sample was already recorded."))
    else:
        clock, wait = (
            _("The sample is recorded: the reading clock runs."),
            _("The sample is recorded: start the clock once it is on the kit."),
        )
        messages.success(request, clock if runs else wait)
        warn_of_clock(request)
    return redirect("test", record_id)


def start(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Record when the sample was put on the kit, or mend it."""
    try:
        start_reading(by=seat, record_id=record_id, start=read_start(request.POST))
    except InvalidError as error:
        test = read_test(by=seat, record_id=record_id)
        return _refused(request, seat, test, error, needed=RecordState.SAMPLED)
    except ConflictError:
        messages.info(request, _("This test is not waiting to be read: here is where it stands."))
    else:
        messages.success(request, _("The reading clock runs."))
        warn_of_clock(request)
    return redirect("test", record_id)


def take_start_back(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Take back the start of the reading clock."""
    try:
        undo_start(by=seat, record_id=record_id)
    except ConflictError:
        messages.info(request, _("This test is not waiting to be read: here is where it stands."))
    else:
        messages.success(request, _("The start of the clock was taken back."))
    return redirect("test", record_id)


def warn_of_clock(request: HttpRequest) -> None:
    """Tell a person whose computer has another time zone than the pharmacy."""
    if words := clock_warning(request.POST):
        messages.warning(request, words)


def _refused(
    request: HttpRequest, seat: Seat, test: TestView, error: InvalidError, *, needed: RecordState
) -> HttpResponse:
    if test.state is not needed:
        raise ConflictError("the form is of an earlier step")
    return show_record(request, seat, test, problems=error.problems)


def abandon(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Close a test that will have no result."""
    abandon_test(by=seat, record_id=record_id)
    messages.success(request, _("The test was abandoned. Nothing is transmitted."))
    return redirect("home")


def ticket(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show the counter ticket, to be printed or copied by hand. It names nobody."""
    try:
        code = read_ticket(by=seat, record_id=record_id)
    except NotFoundError:
        return _no_ticket(request, seat, read_test(by=seat, record_id=record_id))
    return show(request, seat, "ticket.html", code=code, place=pharmacy_of(seat), record_id=record_id)


def _no_ticket(request: HttpRequest, seat: Seat, test: TestView) -> HttpResponse:
    """Say where the code went, with what can be done; a test of another pharmacy was not found before."""
    can_renew = test.report is not None and bool(test.traits.email) and has_right(by=seat, right=Right.PRINT_RESULT)
    return show(request, seat, "ticket_gone.html", status=410, test=test, report=test.report, can_renew=can_renew)


def renew(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Replace a lost ticket: new code, new link."""
    try:
        renew_ticket(by=seat, record_id=record_id, expected_version=seen_version(request))
    except InvalidError as error:
        for problem in error.problems:
            messages.error(request, str(problem.message))
        return redirect("test", record_id)
    except ConflictError:
        messages.info(request, _("Another version was signed meanwhile: here is where it stands. No link was closed."))
        return redirect("test", record_id)
    messages.success(request, _("A new link is on its way; the former one is closed. Print the new ticket."))
    return redirect("ticket", record_id)


def seen_version(request: HttpRequest) -> int:
    """Return which version of the result the page showed; 0, which no result has, when the form does not say."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def parcels(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Return where the parcels are, alone, for the page that follows them live."""
    return show(
        request,
        seat,
        "parts/parcels.html",
        alone=True,
        has_ticket=has_ticket(by=seat, record_id=record_id),
        **parcels_context(record_id, read_parcels(by=seat, record_id=record_id)),
    )


def parcels_context(record_id: UUID, views: list[ParcelView]) -> dict[str, Any]:
    """Return what the list of parcels needs; the latest version first."""
    in_order = sorted(views, key=lambda parcel: (-parcel.sequence, parcel.destination))
    lines = [parcel_line(parcel) for parcel in in_order]
    return {
        "record_id": record_id,
        "lines": lines,
        "is_live": any(not line.parcel.is_settled for line in lines),
    }


def release(request: HttpRequest, seat: Seat, record_id: UUID, parcel_id: UUID) -> HttpResponse:
    """Send a refused parcel again."""
    if parcel_id not in {parcel.id for parcel in read_parcels(by=seat, record_id=record_id)}:
        raise NotFoundError
    try:
        release_parcel(by=seat, parcel_id=parcel_id, expected_version=request.POST.get("seen", ""))
    except ConflictError:
        messages.info(request, _("Nothing was sent: here is where it stands."))
    else:
        messages.success(request, _("It is on its way again."))
    return redirect("test", record_id)
