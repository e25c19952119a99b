"""Two records of one person: looked for, laid side by side, and merged by a pharmacist."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from temoin.lib.errors import InvalidError, NotFoundError, Problem
from temoin.patients.merging import MergeReason, SeenRecords, completed
from temoin.patients.queries import ChangedError, Found, near_matches, read_patient
from temoin.pharmacies.seat import Seat
from temoin.testing.lists import list_tests_of_patient
from temoin.testing.merging import merge_patients
from temoin.web.fields import Choice, Typed
from temoin.web.pages import show
from temoin.web.patient_facts import patient_facts
from temoin.web.patient_search import search_patients
from temoin.web.test_lines import kits_of, test_lines
from temoin.web.two_records import compared

_WHY = (
    Choice(MergeReason.REGISTERED_TWICE, gettext_lazy("The patient was registered twice")),
    Choice(MergeReason.WRITTEN_OTHERWISE, gettext_lazy("The name was written otherwise, or another name was given")),
    Choice(MergeReason.FROM_FILE, gettext_lazy("A file of results brought the second record")),
)
_CHANGED = gettext_lazy("Somebody changed one of these records meanwhile: compare them again, then confirm.")
_TICKED = gettext_lazy("I compared both records: they are of one and the same person.")
_TICK = gettext_lazy("Confirm that both records are of this one person.")


def same_person(request: HttpRequest, seat: Seat, patient_id: UUID) -> HttpResponse:
    """Offer the records that may be of the same person as this one, and a search for any other."""
    traits = read_patient(by=seat, patient_id=patient_id)
    search = search_patients(request, seat)
    return show(
        request,
        seat,
        "same_person.html",
        status=400 if search.problems else 200,
        facts=patient_facts(traits),
        patient_id=patient_id,
        near=_others(near_matches(by=seat, traits=traits), patient_id),
        has_searched=search.found is not None,
        found=_others(search.found or [], patient_id),
        search=search,
        scan_field=search.scan_field,
        fields=search.fields,
        problems=search.problems,
        is_question=True,
    )


def _others(found: list[Found], patient_id: UUID) -> list[Found]:
    return [each for each in found if each[0] != patient_id]


def merge(request: HttpRequest, seat: Seat, patient_id: UUID, other_id: UUID) -> HttpResponse:
    """Show what becomes of the two records, the first of which stays; with the confirmation, merge them."""
    if patient_id == other_id:
        raise NotFoundError
    problems: list[Problem] = []
    is_stale = False
    if request.method == "POST":
        try:
            _merge(seat, patient_id, other_id, request.POST)
        except InvalidError as error:
            problems = error.problems
        except ChangedError:
            problems, is_stale = [Problem("", "changed", _CHANGED)], True
        else:
            messages.success(request, _("The two records are one: here it is, with the tests of both."))
            return redirect("patient", patient_id)
    return _show_both(request, seat, (patient_id, other_id), problems, is_stale=is_stale)


def _merge(seat: Seat, patient_id: UUID, other_id: UUID, typed: Any) -> None:
    if typed.get("confirmed") != "yes":
        raise InvalidError([Problem("confirmed", "required", _TICK)])
    merge_patients(
        by=seat,
        stays=SeenRecords(patient_id=patient_id, version=typed.get("seen_stays") or "-"),
        goes=SeenRecords(patient_id=other_id, version=typed.get("seen_goes") or "-"),
        reason=typed.get("reason", ""),
    )


def _show_both(
    request: HttpRequest, seat: Seat, both: tuple[UUID, UUID], problems: list[Problem], *, is_stale: bool
) -> HttpResponse:
    stays, goes = (read_patient(by=seat, patient_id=each) for each in both)
    # What was confirmed of the records as they were is not confirmed of them as they are.
    confirmed = "" if is_stale else request.POST.get("confirmed", "")
    typed = Typed({"reason": request.POST.get("reason", ""), "confirmed": confirmed}, problems)
    # After a refusal for what was typed, what was seen stays what was seen.
    seen = {} if is_stale else request.POST
    return show(
        request,
        seat,
        "merge_patients.html",
        status=400 if problems else 200,
        patient_id=both[0],
        other_id=both[1],
        rows=compared(stays, goes, completed(stays, goes)),
        are_two=bool(stays.nir and goes.nir and stays.nir != goes.nir),
        sides=[_tests(seat, each) for each in both],
        reason=typed("reason", _("Why are there two records?"), "radio", choices=_WHY, required=True),
        confirmed=typed("confirmed", _TICKED, "checkbox", required=True),
        seen_stays=seen.get("seen_stays") or stays.seen_version,
        seen_goes=seen.get("seen_goes") or goes.seen_version,
        problems=problems,
    )


def _tests(seat: Seat, patient_id: UUID) -> dict[str, Any]:
    tests = list_tests_of_patient(by=seat, patient_id=patient_id)
    return {
        "patient_id": patient_id,
        "lines": test_lines([*tests.under_way, *tests.done], kits_of(seat, tests.under_way)),
        "has_more": tests.has_more,
    }
