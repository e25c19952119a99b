"""A patient's rights: requests written down at the counter, answered by an owner, and the copy of all that is held."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from temoin.lib.errors import ConflictError, InvalidError, Problem
from temoin.oversight.copies import copy_of_patient
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.retention.case_states import CaseKind
from temoin.retention.cases import CaseView, answer_case, cases_of_patient, extend_case, open_case, read_case
from temoin.web.fields import Choice, Typed
from temoin.web.overtaken import overtaken
from temoin.web.pages import show
from temoin.web.rights_words import KIND_CHOICES, KIND_WORDS, STATE_MARK, due_mark
from temoin.web.times import page_today, read_day
from temoin.web.wording import Mark

_GRANT, _REFUSE = "grant", "refuse"
_ANSWERS = (
    Choice(_GRANT, gettext_lazy("Grant the request")),
    Choice(_REFUSE, gettext_lazy("Refuse it, and say why and where to complain (CNIL)")),
)
_OPEN_ALREADY = gettext_lazy("A request of this kind is open already: add to its answer, or answer it first.")
_SAY = gettext_lazy("Say whether the request is granted.")


def patient_rights(request: HttpRequest, seat: Seat, patient_id: UUID) -> HttpResponse:
    """Show a patient's requests, and a form that writes down a new one."""
    problems: list[Problem] = []
    if request.method == "POST":
        typed = request.POST
        try:
            case_id = open_case(
                by=seat,
                patient_id=patient_id,
                kind=typed.get("kind", ""),
                asked=typed.get("asked", ""),
                received_on=read_day(typed.get("received_on", "")),
            )
        except InvalidError as error:
            problems = error.problems
        except ConflictError:
            problems = [Problem("kind", "open", _OPEN_ALREADY)]
        else:
            messages.success(
                request, _("The request is written down. It stands in the work list until it is answered.")
            )
            return redirect("rights_case", case_id)
    fields = Typed(request.POST, problems)
    today = page_today().isoformat()
    return show(
        request,
        seat,
        "rights.html",
        status=400 if problems else 200,
        patient_id=patient_id,
        lines=[(case, KIND_WORDS[case.kind], _mark(case)) for case in cases_of_patient(by=seat, patient_id=patient_id)],
        kind=fields("kind", _("Which right?"), "radio", choices=KIND_CHOICES, required=True),
        asked=fields("asked", _("What the patient asks for"), "textarea", required=True),
        received_on=fields("received_on", _("The request came on"), "date", initial=today, required=True),
        problems=problems,
    )


def rights_case(request: HttpRequest, seat: Seat, case_id: UUID) -> HttpResponse:
    """Show a request with its day and its answer, and to an owner the form that answers it."""
    return _show_case(request, seat, case_id, [])


def answer(request: HttpRequest, seat: Seat, case_id: UUID) -> HttpResponse:
    """Keep the words of the answer, granted or refused: once."""
    typed = request.POST
    try:
        if typed.get("granted") not in {_GRANT, _REFUSE}:
            raise InvalidError([Problem("granted", "required", _SAY)])
        answer_case(by=seat, case_id=case_id, granted=typed["granted"] == _GRANT, answer=typed.get("answer", ""))
    except InvalidError as error:
        return _show_case(request, seat, case_id, error.problems)
    except ConflictError:
        return _overtaken(request, case_id, _("This request was answered before."))
    messages.success(request, _("The answer is written down. Hand it to the patient, or send it."))
    return redirect("rights_case", case_id)


def extend(request: HttpRequest, seat: Seat, case_id: UUID) -> HttpResponse:
    """Take two months more for a request."""
    try:
        extend_case(by=seat, case_id=case_id, reason=request.POST.get("why_later", ""))
    except InvalidError as error:
        return _show_case(request, seat, case_id, error.problems)
    except ConflictError:
        return _overtaken(request, case_id, _("More time was taken before, or the request was answered."))
    messages.success(request, _("Two months more: tell the patient now, with the reason."))
    return redirect("rights_case", case_id)


def _overtaken(request: HttpRequest, case_id: UUID, words: str) -> HttpResponse:
    return overtaken(request, words, redirect("rights_case", case_id), typed=("answer", "why_later"))


def copy(_request: HttpRequest, seat: Seat, case_id: UUID) -> HttpResponse:
    """Return the copy that a request of access asks for, made now and stored nowhere."""
    content = HttpResponse(copy_of_patient(by=seat, case_id=case_id), content_type="application/zip")
    content["Content-Disposition"] = 'attachment; filename="copy.zip"'
    return content


def _show_case(request: HttpRequest, seat: Seat, case_id: UUID, problems: list[Problem]) -> HttpResponse:
    case = read_case(by=seat, case_id=case_id)
    if problems and not case.is_open:  # its page has no form any more
        return _overtaken(request, case_id, _("This request was answered before."))
    typed, answers = Typed(request.POST, problems), Right.ANSWER_CASE in seat.rights
    return show(
        request,
        seat,
        "rights_case.html",
        status=400 if problems else 200,
        case=case,
        what=KIND_WORDS[case.kind],
        mark=_mark(case),
        has_copy=case.kind is CaseKind.ACCESS,
        can_copy=case.kind is CaseKind.ACCESS and answers,
        can_answer=case.is_open and answers,
        is_erasure=case.kind is CaseKind.ERASURE,
        granted=typed("granted", _("The answer"), "radio", choices=_ANSWERS, required=True),
        answer=typed("answer", _("Words of the answer"), "textarea", required=True),
        why_later=typed("why_later", _("Why more time is needed"), "textarea", required=True),
        may_extend=case.is_open and not case.why_later and page_today() <= case.due_on,
        problems=problems,
    )


def _mark(case: CaseView) -> Mark:
    return due_mark(case.due_on, page_today()) if case.is_open else STATE_MARK[case.state]
