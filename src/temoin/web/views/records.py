"""A test before its result: its page, the sample, giving up, the ticket, and where its parcels are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.kits import kit
from temoin.catalogue.outcomes import load_specimens
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.lib.sample_number import MARK
from temoin.outbox.actions import release_parcel
from temoin.outbox.queries import ParcelView
from temoin.pharmacies.policies import has_right, may_sign
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.actions import (
    abandon_test,
    answer_questions,
    start_reading,
    take_sample,
    undo_sample,
    undo_start,
)
from temoin.testing.amended import fate_of
from temoin.testing.numbers import number_on_label
from temoin.testing.queries import TestView, read_parcels, read_test
from temoin.testing.reaching import way_to_patient
from temoin.testing.report import COUNTER, Report, ReportStatus
from temoin.testing.sample import STARTED
from temoin.testing.signing import RenewedError, renew_ticket
from temoin.testing.states import WITH_RESULT, AmendmentFate, RecordState
from temoin.testing.tickets import has_ticket, link_shown
from temoin.transmission.rules.rule_set import Case
from temoin.web.addresses import in_place, is_at_counter, lead_on, lead_to_test
from temoin.web.fields import Typed
from temoin.web.findings import findings_of
from temoin.web.history import history
from temoin.web.lawful_words import nobody_at, outlook_lines
from temoin.web.letter_words import knowledge_context
from temoin.web.pages import show
from temoin.web.patient_facts import patient_facts
from temoin.web.question_forms import questions_context, read_answers
from temoin.web.reading_window import reading_window
from temoin.web.record_forms import (
    age_warnings,
    read_sample,
    read_start,
    result_fields,
    sample_fields,
    signer_words,
    start_fields,
)
from temoin.web.test_steps import moments_of, steps_of
from temoin.web.ticket_paper import ticket_paper
from temoin.web.times import clock_warning
from temoin.web.wording import STATE, parcel_line
from temoin.web.workstation import workstation


def record(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show a test: where it stands, and the form of its next step."""
    return show_record(request, seat, read_test(by=seat, record_id=record_id))


def show_record(
    request: HttpRequest, seat: Seat, test: TestView, *, problems: list[Problem] | None = None
) -> HttpResponse:
    """Return a test's page, with what was typed and its problems when a step was refused."""
    typed = Typed(request.POST if request.method == "POST" else {}, problems or [])
    may_renew = _may_renew(seat, test)
    context: dict[str, Any] = {
        "test": test,
        "report": test.report,
        "mark": STATE[test.state],
        "steps": steps_of(test),
        "moments": moments_of(test),
        "facts": patient_facts(test.traits),
        "problems": problems or [],
        "warnings": age_warnings(test.kind, test.traits.birth_date, test.traits.sex),
        "may_sign": may_sign(by=seat, signers=test.kind.signers),
        "signers": signer_words(test.kind),
        "has_sample": bool(test.specimen or test.lot),
        "shows_looks": test.state in WITH_RESULT and has_right(by=seat, right=Right.READ_JOURNAL),
        "may_renew": may_renew,
        "shows_ticket": may_renew or (test.has_ticket and has_right(by=seat, right=Right.REGISTER_TEST)),
        "versions": history(test.reports, test.kind) if len(test.reports) > 1 else [],
        **device_words(test),
        **parcels_context(seat, test.id, test.parcels),
    }
    if test.report is not None:
        context |= _result_context(seat, test, test.report) | knowledge_context(seat, test)
    context |= _next_step(seat, test, typed) | questions_context(seat, test, typed)
    return show(request, seat, "record.html", status=400 if problems else 200, **context)


def _next_step(seat: Seat, test: TestView, typed: Typed) -> dict[str, Any]:
    """Return what the next step of a test under way needs, and whether whoever looks may give the test up."""
    samples = has_right(by=seat, right=Right.TAKE_SAMPLE)
    if test.state is RecordState.REGISTERED:
        return {"is_to_sample": True, "fields": sample_fields(seat, test, typed), "may_abandon": samples}
    if test.state is not RecordState.SAMPLED:
        return {}
    return {
        "is_to_read": True,
        "fields": result_fields(test.kind, typed),
        "start_fields": start_fields(typed) if test.lot is not None else [],
        "may_mend_start": samples and test.lot is not None,
        "may_undo_sample": samples and test.source == COUNTER,
        "is_start_wrong": any(problem.field.startswith(STARTED) for problem in typed.problems),
        "may_abandon": samples,
    }


def _is_amended(test: TestView) -> bool:
    """Tell whether a correction or cancellation waits that a program proposed."""
    return test.amendment is not None and fate_of(test.amendment, test.reports) is AmendmentFate.WAITS


def _result_context(seat: Seat, test: TestView, report: Report) -> dict[str, Any]:
    """Return what the page of a signed test shows: what was read, and where the law lets it go."""
    sent = {parcel.destination for parcel in test.parcels}
    nobody = nobody_at(doctor=report.doctor is not None, matricule=report.patient.carries_matricule)
    is_void = report.status is ReportStatus.CANCELLED
    corrects = has_right(by=seat, right=Right.CORRECT_RESULT) and may_sign(by=seat, signers=test.kind.signers)
    return {
        "findings": findings_of(report, test.kind),
        "may_decide": _is_amended(test) and has_right(by=seat, right=Right.CORRECT_RESULT),
        "is_void": is_void,
        "may_correct": corrects and not is_void,
        "outlook": outlook_lines(Case.of(report), test.kind, sent=sent, nobody=nobody),
    }


def _may_renew(seat: Seat, test: TestView) -> bool:
    """Tell whether a lost ticket may be drawn anew."""
    of_counter = test.state in WITH_RESULT and test.source == COUNTER and bool(way_to_patient(test.traits))
    return of_counter and has_right(by=seat, right=Right.PRINT_RESULT)


def device_words(test: TestView) -> dict[str, Any]:
    """Return the specimen and the kit in words, and the reading window."""
    language = get_language() or "fr"
    known = load_specimens().get(test.specimen)
    words: dict[str, Any] = {"specimen": known.label(language) if known else "", "kit": "", "window": None}
    words |= {"is_to_start": False}
    if test.lot is not None:
        words["kit"] = kit(test.lot.kit).label(language)
        if test.steps is not None:
            words["window"] = reading_window(test.lot.kit, test.steps)
            words["is_to_start"] = words["window"] is None and test.state is RecordState.SAMPLED
    return words


def sample(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    try:
        place, seen = workstation(request), _seen(request)
        runs = take_sample(by=seat, record_id=record_id, sample=read_sample(request.POST), place=place, seen=seen)
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
    return in_place(request, lead_on(record_id) if is_at_counter(request.POST) else lead_to_test(record_id))


def answer(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Record what was answered to the questions of a test, before its result."""
    try:
        answer_questions(by=seat, record_id=record_id, answers=read_answers(request.POST), seen=_seen(request))
    except InvalidError as error:
        return show_record(request, seat, read_test(by=seat, record_id=record_id), problems=error.problems)
    except ConflictError:
        messages.info(request, _("The result is signed: the answers stay as they are."))
    else:
        messages.success(request, _("The answers are recorded."))
    return lead_to_test(record_id)


def _seen(request: HttpRequest) -> str:
    """Return the state in which the page showed the test; "" of a form that shows none."""
    return request.POST.get("seen", "")


def take_sample_back(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    try:
        undo_sample(by=seat, record_id=record_id, seen=_seen(request))
    except ConflictError:
        messages.info(request, _("This test is not waiting to be read: here is where it stands."))
    else:
        messages.success(request, _("The sample was taken back: record it again."))
    return lead_to_test(record_id)


def start(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Record when the sample was put on the kit, or mend it."""
    try:
        start_reading(by=seat, record_id=record_id, start=read_start(request.POST), seen=_seen(request))
    except InvalidError as error:
        test = read_test(by=seat, record_id=record_id)
        return _refused(request, seat, test, error, needed=RecordState.SAMPLED)
    except ConflictError:
        messages.info(request, _("This test is not waiting to be read: here is where it stands."))
    else:
        messages.success(request, _("The reading clock runs."))
        warn_of_clock(request)
    return in_place(request, redirect("home") if is_at_counter(request.POST) else lead_to_test(record_id))


def take_start_back(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    try:
        undo_start(by=seat, record_id=record_id, seen=_seen(request))
    except ConflictError:
        messages.info(request, _("This test is not waiting to be read: here is where it stands."))
    else:
        messages.success(request, _("The start of the clock was taken back."))
    return lead_to_test(record_id)


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
    try:
        abandon_test(by=seat, record_id=record_id, seen=_seen(request))
    except ConflictError:
        messages.info(request, _("Somebody went on with this test meanwhile: here is where it stands."))
        return lead_to_test(record_id)
    messages.success(request, _("The test was abandoned. Nothing is transmitted."))
    return redirect("home")


def ticket(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show the counter ticket, to be printed or copied by hand. It names nobody."""
    try:
        paper = ticket_paper(request, seat, record_id)
    except NotFoundError:
        return _no_ticket(request, seat, read_test(by=seat, record_id=record_id))
    return show(request, seat, "ticket.html", record_id=record_id, ticket=paper)


def label(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show the label of the cassette, which bears the sample number and names nobody."""
    number = number_on_label(by=seat, record_id=record_id)
    return show(request, seat, "label.html", number=number, drawing=f"{MARK}{number}", record_id=record_id)


def _no_ticket(request: HttpRequest, seat: Seat, test: TestView) -> HttpResponse:
    """Say where the code went, with what can be done; a test of another pharmacy was not found before."""
    may_print = test.report is not None and has_right(by=seat, right=Right.PRINT_RESULT)
    return show(
        request,
        seat,
        "ticket_gone.html",
        status=410,
        test=test,
        report=test.report,
        is_abandoned=test.state is RecordState.ABANDONED,
        is_of_a_file=test.source != COUNTER,
        can_renew=may_print and bool(way_to_patient(test.traits)),
        may_print=may_print,
        newest_link=link_shown(by=seat, record_id=test.id),
    )


def renew(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Replace a lost ticket: new code, new link."""
    try:
        after = request.POST.get("after", "")
        renew_ticket(by=seat, record_id=record_id, expected_version=seen_version(request), after=after)
    except InvalidError as error:
        for problem in error.problems:
            messages.error(request, str(problem.message))
        return lead_to_test(record_id)
    except RenewedError:
        messages.info(
            request, _("A new link was sent meanwhile, and none by this press. This is the ticket as it stands.")
        )
        return redirect("ticket", record_id)
    except ConflictError:
        messages.info(request, _("Another version was signed meanwhile: here is where it stands. No link was closed."))
        return lead_to_test(record_id)
    messages.success(request, _("A new link is on its way; the former one is closed. Print the new ticket."))
    return redirect("ticket", record_id)


def seen_version(request: HttpRequest) -> int:
    """Return which version of the result the page showed; 0, which no result has, when the form does not say."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def parcels(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Return where the parcels are, alone, for the page that follows them live."""
    ticket = has_ticket(by=seat, record_id=record_id)
    return show(
        request,
        seat,
        "parts/parcels.html",
        adds_ticket=ticket is not None,
        has_ticket=ticket,
        **parcels_context(seat, record_id, read_parcels(by=seat, record_id=record_id)),
    )


def parcels_context(seat: Seat, record_id: UUID, views: list[ParcelView]) -> dict[str, Any]:
    """Return what the list of parcels needs; the latest version first."""
    in_order = sorted(views, key=lambda parcel: (-parcel.sequence, parcel.destination))
    releases = Right.RELEASE_PARCEL in seat.rights
    lines = [parcel_line(parcel, releases=releases) for parcel in in_order]
    return {
        "record_id": record_id,
        "lines": lines,
        "is_live": any(not line.parcel.is_settled for line in lines),
    }


def release(request: HttpRequest, seat: Seat, record_id: UUID, parcel_id: UUID) -> HttpResponse:
    if parcel_id not in {parcel.id for parcel in read_parcels(by=seat, record_id=record_id)}:
        raise NotFoundError
    try:
        release_parcel(by=seat, parcel_id=parcel_id, expected_version=request.POST.get("seen", ""))
    except ConflictError:
        messages.info(request, _("Nothing was sent: here is where it stands."))
    else:
        messages.success(request, _("It is on its way again."))
    return lead_to_test(record_id)
