"""A result: review, sign, correct, cancel, print."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from temoin.catalogue.kits import kit
from temoin.catalogue.outcomes import POSITIVE
from temoin.delivery.own_words import own_page, spoken_beside_french
from temoin.formats.pdf import report_pdf
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.patients.traits import Traits
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import TestView, read_result_for_print, read_test
from temoin.testing.reaching import way_to_patient
from temoin.testing.report import IdentityStatus, Report, ReportStatus
from temoin.testing.sample import Reading, check_entry, check_reading, clean_reading
from temoin.testing.signing import cancel_result, correct_result, sign_result
from temoin.testing.states import RECORD, RecordState
from temoin.testing.tickets import ticket_waits
from temoin.transmission.rules.rule_set import Case
from temoin.web.addresses import AT_COUNTER, in_place, is_at_counter, lead_to_test
from temoin.web.advice import advice_facts, advice_lines
from temoin.web.fields import Typed
from temoin.web.findings import findings_of, findings_to_sign
from temoin.web.lawful_words import nobody_at, outlook_lines
from temoin.web.letter_words import lost_words
from temoin.web.overtaken import overtaken
from temoin.web.pages import show
from temoin.web.patient_form import sends_to_doctors
from temoin.web.pdf_file import pdf_answer
from temoin.web.question_forms import attests, review_context
from temoin.web.record_forms import read_reading, reason_field, result_fields, typed_reading
from temoin.web.test_steps import moments_of_report, moments_to_sign
from temoin.web.times import local_minute, page_today
from temoin.web.views.records import device_words, seen_version, show_record, warn_of_clock


def sign(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show what is about to be signed; with the confirmation of that page, sign it."""
    if request.POST.get("back"):
        return _back_to_the_form(request, seat, record_id)
    try:
        reading = read_reading(request.POST)
        if request.POST.get("reviewed") != "yes":
            warn_of_clock(request)  # before the signature: the time can still be mended
            return _review(request, seat, record_id, reading)
        sign_result(by=seat, record_id=record_id, reading=reading, seen=request.POST.get("seen", ""))
    except InvalidError as error:
        test = read_test(by=seat, record_id=record_id)
        if test.state is not RecordState.SAMPLED:
            return _already_signed(request, record_id)
        return show_record(request, seat, test, problems=error.problems)
    except ConflictError:
        return in_place(request, _already_signed(request, record_id))
    messages.success(request, _("The result is signed and on its way."))
    on = redirect(f"{reverse('home')}?next=1") if is_at_counter(request.POST) else lead_to_test(record_id)
    return in_place(request, on)


def _back_to_the_form(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show the form again as it was filled in, before anything was signed."""
    test = read_test(by=seat, record_id=record_id)
    if test.state is not RecordState.SAMPLED:
        return _already_signed(request, record_id)
    return show_record(request, seat, test)


def _as_typed(request: HttpRequest, test: TestView, reading: Reading) -> list[tuple[str, str]]:
    """Return what the form held; a time that was left open is the one at which the reading was made, by *Now*."""
    typed = {field.name: field.value for field in result_fields(test.kind, Typed(request.POST))}
    pressed = "" if reading.is_typed else reading.read_at.isoformat()
    return list({**typed, "read_at": local_minute(reading.read_at), "read_at-instant": pressed}.items())


def _review(request: HttpRequest, seat: Seat, record_id: UUID, reading: Reading) -> HttpResponse:
    test = read_test(by=seat, record_id=record_id)
    if test.state is not RecordState.SAMPLED or test.steps is None:
        raise ConflictError("not waiting for a result")
    used = kit(test.lot.kit) if test.lot is not None else None
    reading = clean_reading(reading, test.kind, used)  # what is reviewed is what will be signed
    check_reading(reading, test.kind, used, test.steps)
    check_entry(reading, used, test.steps)
    doctor, findings = _doctor(test.traits), findings_to_sign(reading, test.kind)
    nobody = nobody_at(doctor=bool(doctor), matricule=test.carries_matricule)
    return show(
        request,
        seat,
        "review.html",
        test=test,
        reading=reading,
        findings=findings,
        is_positive=any(finding.means == POSITIVE for finding in findings),
        read_at=reading.read_at.isoformat() if reading.is_typed else local_minute(reading.read_at),
        pressed="" if reading.is_typed else reading.read_at.isoformat(),
        at=AT_COUNTER if is_at_counter(request.POST) else "",
        typed=_as_typed(request, test, reading),
        ticket_waits=bool(way_to_patient(test.traits)) and ticket_waits(by=seat, record_id=record_id),
        lost_way=lost_words(test.traits, test.source),
        doctor=doctor,
        outlook=outlook_lines(_case(test, reading), test.kind, sent=None, nobody=nobody),
        moments=moments_to_sign(test, reading),
        **review_context(test, reading, Typed(request.POST)),
        **device_words(test),
    )


def _doctor(traits: Traits) -> str:
    """Return the doctor whom the signature will send the result to, "" for none."""
    if not (traits.doctor_copy and sends_to_doctors()):
        return ""
    return f"{traits.doctor_family_name} {traits.doctor_given_name}".strip()


def _case(test: TestView, reading: Reading) -> Case:
    """Return what the rules of transmission need to know of a result before it is signed."""
    return Case(
        kind=test.kind.code,
        outcomes=tuple((one.code, one.outcome_of(reading.outcomes[one.code]).code) for one in test.kind.targets),
        identity=IdentityStatus(test.traits.identity_status),
        day=page_today(),
    )


def _already_signed(request: HttpRequest, record_id: UUID) -> HttpResponse:
    told = _("This test is not waiting for a result: here is where it stands. Nothing was sent twice.")
    return overtaken(request, told, lead_to_test(record_id), typed=("comment",))


def correct(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    test, report = _signed_test(seat, record_id)
    if not RECORD.allows("correct", test.state):
        return _already_changed(request, record_id)
    problems: list[Problem] = []
    if request.method == "POST":
        try:
            _sign_correction(request, seat, record_id)
        except InvalidError as error:
            problems = error.problems
        except ConflictError:
            return _already_changed(request, record_id)
        else:
            messages.success(request, _("The correction is signed and on its way."))
            return lead_to_test(record_id)
    typed = Typed(request.POST if request.method == "POST" else typed_reading(report), problems)
    return show(
        request,
        seat,
        "correct.html",
        status=400 if problems else 200,
        test=test,
        report=report,
        problems=problems,
        fields=result_fields(test.kind, typed),
        reason=reason_field(typed, _("Reason for the correction")),
    )


def _sign_correction(request: HttpRequest, seat: Seat, record_id: UUID) -> None:
    correct_result(
        by=seat,
        record_id=record_id,
        expected_version=seen_version(request),
        reading=read_reading(request.POST),
        reason=request.POST.get("reason", ""),
    )


def cancel(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Declare a signed result void, with a reason."""
    test, report = _signed_test(seat, record_id)
    if not RECORD.allows("cancel", test.state):
        return _already_changed(request, record_id)
    problems: list[Problem] = []
    if request.method == "POST":
        try:
            reason = request.POST.get("reason", "")
            cancel_result(by=seat, record_id=record_id, expected_version=seen_version(request), reason=reason)
        except InvalidError as error:
            problems = error.problems
        except ConflictError:
            return _already_changed(request, record_id)
        else:
            messages.success(request, _("The result is cancelled; the cancellation is on its way."))
            return lead_to_test(record_id)
    typed = Typed(request.POST, problems)
    return show(
        request,
        seat,
        "cancel.html",
        status=400 if problems else 200,
        test=test,
        report=report,
        problems=problems,
        reason=reason_field(typed, _("Reason for the cancellation")),
        findings=findings_of(report, test.kind),
    )


def _signed_test(seat: Seat, record_id: UUID) -> tuple[TestView, Report]:
    test = read_test(by=seat, record_id=record_id)
    if test.report is None:
        raise ConflictError("nothing is signed")
    return test, test.report


def _already_changed(request: HttpRequest, record_id: UUID) -> HttpResponse:
    told = _("This result was already corrected or cancelled: here is where it stands.")
    return overtaken(request, told, lead_to_test(record_id), typed=("reason", "comment"))


def print_result(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show the result as the patient takes it home: every mention that the law asks for."""
    test = read_result_for_print(by=seat, record_id=record_id)
    if test.report is None:
        raise NotFoundError
    return show(
        request,
        seat,
        "print_result.html",
        advice=advice_lines(test.report),
        test=test,
        report=test.report,
        findings=findings_of(test.report, test.kind),
        is_void=test.report.status is ReportStatus.CANCELLED,
        attests=attests(test.report),
        is_corrected=test.report.status is ReportStatus.CORRECTED,
        spoken=spoken_beside_french(test.traits.language),
        moments=moments_of_report(test.report),
        **device_words(test),
    )


def result_pdf(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:  # noqa: ARG001 nothing is asked
    """Return the result as a tagged PDF that a screen reader reads, with the advice of the printed one.

    Who asked for letters in another language has a page in it before the French one.
    """
    test = read_result_for_print(by=seat, record_id=record_id)
    if test.report is None:
        raise NotFoundError
    own = own_page(test.report, test.traits.language)
    return pdf_answer("resultat", report_pdf(test.report, advice_facts(test.report), own))
