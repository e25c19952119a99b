"""Patients: find, register with a first test, show, amend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from temoin.catalogue.kinds import load_kinds
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.lib.ids import hourly_id, new_id
from temoin.lib.phones import region_of_postcode
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import amend_patient, check_notice, register_patient
from temoin.patients.notice import CURRENT_NOTICE
from temoin.patients.queries import (
    ChangedError,
    Found,
    MergedError,
    near_matches,
    read_patient,
)
from temoin.patients.second_record import LikelyKnownError
from temoin.patients.traits import Traits, check_traits
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, pharmacy_of
from temoin.signin.sessions import owner_of
from temoin.testing.actions import register_test, take_sample
from temoin.testing.group_queries import list_groups
from temoin.testing.groups import OpenedGroup
from temoin.testing.lists import list_tests_of_patient
from temoin.testing.opening import Beforehand
from temoin.testing.queries import read_test
from temoin.testing.recent import just_now, recent_tests
from temoin.web.addresses import in_place, lead_on, lead_to_row, lead_to_test
from temoin.web.arrival_form import named_arrival
from temoin.web.fields import Typed
from temoin.web.hits import Doubts, Hit, doubts_about, hits, is_hit, lot_field, ready_kinds
from temoin.web.kept_forms import keep_posted
from temoin.web.named_test import row_of_group
from temoin.web.noted import asked_by_page, away_query, kept_noted, read_noted
from temoin.web.pages import page_links, page_number, show
from temoin.web.patient_facts import patient_facts
from temoin.web.patient_form import patient_groups, raw_traits, typed_traits
from temoin.web.patient_search import SCAN_HINT, search_patients
from temoin.web.record_forms import CONSENT, kind_field
from temoin.web.sampled_now import is_pressed, sample_now
from temoin.web.scan_field import SCAN, asks_to_read, open_questions, posted_scan, scan_field, scan_notices
from temoin.web.scanned_person import NAMES_SOMEBODY, find_scanned, scanned_values
from temoin.web.test_lines import kits_of, test_lines
from temoin.web.views.lots import use_box
from temoin.web.wording import STATE, Words
from temoin.web.workstation import remember, station_of

Values = Any  # a form as posted
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def find_patient(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Look for a patient, open the form or test of a number or ticket, or use a box in hand; it travels in the body."""
    if (arrival_id := named_arrival(seat, request.POST.get(SCAN, ""))) is not None:
        return redirect("arrival", arrival_id)
    if row := row_of_group(seat, request.POST.get(SCAN, "")):
        return redirect(row)
    search = search_patients(request, seat, takes_box=has_right(by=seat, right=Right.TAKE_SAMPLE))
    if search.is_box:
        return use_box(request, seat, search.lot)
    if search.test is not None:
        return lead_to_row(search.test.id) if search.test.is_under_way else lead_to_test(search.test.id)
    return show(
        request,
        seat,
        "find_patient.html",
        status=400 if search.problems else 200,
        search=search,
        scan_field=search.scan_field,
        fields=search.fields,
        problems=search.problems,
        is_question=True,
        has_searched=search.found is not None,
        found=hits(search.found or ()),
        candidates=search.found or [],
        away="",
        is_somebody=search.is_scanned and search.found != [],
        is_nobody=search.is_scanned and search.found == [],
        ready=ready_kinds(request, seat) if search.found else [],
        notice=CURRENT_NOTICE,
        may_be_one=_may_be_one(seat, search.found or ()),
    )


def _may_be_one(seat: Seat, found: Sequence[Found]) -> bool:
    """Tell whether two of the records found may be of one person, and whoever looks may say so."""
    return len(found) > 1 and has_right(by=seat, right=Right.MERGE_PATIENTS)


def new_patient(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Register a patient and the first test with one form: the ids come with it, so that a double click collides."""
    if asks_to_read(request):
        return _fill_by_scan(request, seat)
    if request.method != "POST" or "record_id" not in request.POST:
        return _show_new(request, seat, request.POST, [])
    patient_id, record_id = _posted_id(request, "patient_id"), _posted_id(request, "record_id")
    problems, traits = _check_new(request.POST, _region(seat))
    if problems or traits is None:
        return _show_new(request, seat, request.POST, problems)
    try:
        with tenant_scope(seat.pharmacy_id):  # one transaction: no patient without the test they came for
            register_patient(by=seat, traits=traits, put_aside=_put_aside(request.POST), patient_id=patient_id)
            _register(seat, patient_id, record_id, request)
    except LikelyKnownError:
        return _ask_who(request, seat, traits, patient_id)
    except ConflictError:
        return _already_there(request, seat, record_id)
    except InvalidError as error:
        return _show_new(request, seat, request.POST, error.problems)
    messages.success(request, _("The patient and the test are registered."))
    return _registered(request, record_id)


def _registered(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Lead to the test, or on to the next person where its sample was taken too; the workstation keeps the kind."""
    answer: HttpResponse = lead_to_test(record_id)
    if is_pressed(request.POST):
        messages.success(request, _("The sample is recorded: compare lot and kit with the box in your hand."))
        answer = lead_on(record_id)
    remember(request, answer, kind=request.POST.get("kind", ""))
    return in_place(request, answer)


def _fill_by_scan(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Fill the form from a document, and show who may be that person already. Nothing is recorded."""
    values = request.POST.dict()
    try:
        scan = posted_scan(request, NAMES_SOMEBODY)
    except InvalidError as error:
        return _show_new(request, seat, values, error.problems)
    if scan is None:
        return _show_new(request, seat, values, [])
    values |= scanned_values(scan)
    problems = open_questions(scan)
    near = [] if problems else find_scanned(seat, scan)
    return _show_new(request, seat, values, problems, near=near, notices=scan_notices(scan))


def _put_aside(typed: Values) -> set[UUID]:
    """Return the records that were shown, and that are of somebody else by this second press."""
    return {UUID(text) for text in typed.get("others", "").split() if _UUID.fullmatch(text)}


def _ask_who(request: HttpRequest, seat: Seat, traits: Traits, patient_id: UUID) -> HttpResponse:
    """Ask whether it is one of those alike; what was typed is kept for whoever looks at one of them and comes back."""
    keep_posted(request, owner_of(request.session), refused=True)
    near = [each for each in near_matches(by=seat, traits=traits) if each[0] != patient_id]
    return _show_new(request, seat, request.POST, [], near=near)


def _region(seat: Seat) -> str:
    """Return the numbering plan in which people at this counter say their numbers."""
    return region_of_postcode(pharmacy_of(seat).postcode)


def _check_new(typed: Values, region: str) -> tuple[list[Problem], Traits | None]:
    """Return every problem of the whole page at once."""
    problems: list[Problem] = []
    traits = None
    try:
        traits = check_traits(raw_traits(typed), region=region)
    except InvalidError as error:
        problems += error.problems
    try:
        check_notice(typed.get("consent", ""))
    except InvalidError as error:
        problems += error.problems
    if typed.get("kind", "") not in load_kinds():
        problems.append(Problem("kind", "unknown", gettext_lazy("Choose the test in the list.")))
    return problems, traits


def _show_new(
    request: HttpRequest,
    seat: Seat,
    typed: Values,
    problems: list[Problem],
    *,
    near: Sequence[Found] = (),
    notices: Sequence[Words] = (),
) -> HttpResponse:
    return show(
        request,
        seat,
        "new_patient.html",
        status=400 if problems else 200,
        scan_field=scan_field(hint=SCAN_HINT, problems=problems, autofocus=not typed),
        notices=notices,
        groups=patient_groups(typed, problems),
        problems=problems,
        near=near,
        may_be_one=_may_be_one(seat, near),
        others=" ".join(str(each) for each, _traits in near) or typed.get("others", ""),
        patient_id=typed.get("patient_id") or new_id(),
        record_id=typed.get("record_id") or hourly_id(),
        noted_at=kept_noted(typed, problems),
        away=away_query(typed) if near else "",
        **_kind_and_consent(request, seat, typed, problems),
    )


def new_test(request: HttpRequest, seat: Seat, patient_id: UUID) -> HttpResponse:
    problems: list[Problem] = []
    if request.method == "POST":
        record_id = _posted_id(request, "record_id")
        try:
            if doubts := _doubts(seat, patient_id, record_id, request):
                return _show_new_test(request, seat, patient_id, warnings=doubts.warnings)
            _register(seat, patient_id, record_id, request)
        except MergedError:
            raise  # the page of the record that stays comes instead
        except ConflictError:
            return _already_there(request, seat, record_id)
        except InvalidError as error:
            problems = error.problems
        else:
            if not is_pressed(request.POST):
                messages.success(request, _("The test is registered."))
            return _registered(request, record_id)
    return _show_new_test(request, seat, patient_id, problems=problems)


def _doubts(seat: Seat, patient_id: UUID, record_id: UUID, request: HttpRequest) -> Doubts:
    """Return what the list of those found does not show, and this page does."""
    if not is_hit(request.POST):
        return Doubts((), ())
    hit = Hit(patient_id, read_patient(by=seat, patient_id=patient_id), record_id)
    return doubts_about(hit, request.POST.get("kind", ""), by=seat)


def _show_new_test(
    request: HttpRequest,
    seat: Seat,
    patient_id: UUID,
    *,
    problems: Sequence[Problem] = (),
    warnings: Sequence[str] = (),
) -> HttpResponse:
    traits, typed = read_patient(by=seat, patient_id=patient_id), request.POST or asked_by_page(request.GET)
    return show(
        request,
        seat,
        "new_test.html",
        status=400 if problems else 200,
        facts=patient_facts(traits),
        patient_id=patient_id,
        record_id=typed.get("record_id") or hourly_id(),
        noted_at=kept_noted(typed, problems),
        problems=problems,
        warnings=warnings,
        **_recent(seat, patient_id),
        **_kind_and_consent(request, seat, typed, list(problems)),
    )


def _recent(seat: Seat, patient_id: UUID) -> dict[str, Any]:
    """Return the patient's tests of the last days in words, and which of them a second one would likely repeat."""
    if not has_right(by=seat, right=Right.READ_TEST):
        return {"recent": [], "just_now": []}
    tests = recent_tests(by=seat, patient_id=patient_id)
    return {"recent": [(test, STATE[test.state]) for test in tests], "just_now": just_now(tests)}


def _register(seat: Seat, patient_id: UUID, record_id: UUID, request: HttpRequest) -> None:
    """Register the test and, by the button that says so, its sample: both or neither."""
    typed = request.POST
    kind = typed.get("kind", "")
    with tenant_scope(seat.pharmacy_id):
        register_test(
            by=seat,
            patient_id=patient_id,
            kind=kind,
            notice_version=check_notice(typed.get("consent", "")),
            record_id=record_id,
            beforehand=Beforehand(noted_at=read_noted(typed)),
        )
        if is_pressed(typed):
            station, shown = station_of(request), typed.get(lot_field(kind), "")
            sample = sample_now(seat, kind, station=station, shown=shown)
            take_sample(by=seat, record_id=record_id, sample=sample, place=station.name, seen="")


def _kind_and_consent(request: HttpRequest, seat: Seat, typed: Values, problems: list[Problem]) -> dict[str, Any]:
    fields = Typed(typed, problems)
    return {
        "kind_field": kind_field(request, seat, fields),
        "consent": fields("consent", CONSENT, "checkbox", required=True),
        "notice": CURRENT_NOTICE,
    }


def _already_there(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    try:
        read_test(by=seat, record_id=record_id)
    except NotFoundError:
        raise ConflictError("registration") from None
    messages.info(request, _("This test was already registered: here it is."))
    return in_place(request, lead_to_test(record_id))


def _posted_id(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise NotFoundError from None


def patient(request: HttpRequest, seat: Seat, patient_id: UUID) -> HttpResponse:
    """Show a patient's record and, to whoever may see tests, the patient's own, page by page."""
    page = page_number(request)
    traits = read_patient(by=seat, patient_id=patient_id)
    tests = None
    if has_right(by=seat, right=Right.READ_TEST):
        tests = list_tests_of_patient(by=seat, patient_id=patient_id, page=page)
    return show(
        request,
        seat,
        "patient.html",
        facts=patient_facts(traits),
        patient_id=patient_id,
        groups=_open_groups(seat),
        shows_tests=tests is not None,
        lines=test_lines([*tests.under_way, *tests.done], kits_of(seat, tests.under_way)) if tests else [],
        pages=page_links(request.path, page, has_more=tests is not None and tests.has_more),
    )


def _open_groups(seat: Seat) -> list[OpenedGroup]:
    """Return the groups that a patient could join."""
    if not all(has_right(by=seat, right=right) for right in (Right.READ_TEST, Right.REGISTER_TEST)):
        return []
    return [line.group for line in list_groups(by=seat) if line.group.is_open]


def amend(request: HttpRequest, seat: Seat, patient_id: UUID) -> HttpResponse:
    known = read_patient(by=seat, patient_id=patient_id)
    problems: list[Problem] = []
    is_stale = False
    if request.method == "POST":
        try:
            amend_patient(
                by=seat,
                patient_id=patient_id,
                traits=check_traits(raw_traits(request.POST, known), region=_region(seat)),
                expected_version=request.POST.get("seen") or "-",
            )
        except InvalidError as error:
            problems = error.problems
        except ChangedError:
            known = read_patient(by=seat, patient_id=patient_id)
            problems = [Problem("", "changed", _CHANGED)]
            is_stale = True
        else:
            messages.success(request, _("The patient's record was changed."))
            return redirect("patient", patient_id)
    values = request.POST if request.method == "POST" else typed_traits(known, _region(seat))
    return show(
        request,
        seat,
        "amend_patient.html",
        status=400 if problems else 200,
        groups=patient_groups(values, problems),
        problems=problems,
        patient_id=patient_id,
        # After a refusal for what was typed, what was seen stays what was seen.
        seen=known.seen_version if is_stale else request.POST.get("seen") or known.seen_version,
        differing=_differing(request.POST, typed_traits(known, _region(seat))) if is_stale else [],
    )


_CHANGED = gettext_lazy("Somebody changed this record meanwhile: compare below, then save again.")


def _differing(typed: Values, now_known: Mapping[str, str]) -> list[tuple[Any, str]]:
    """Return the labels and present values of the fields in which the form differs from the record."""
    fields = [field for _title, group in patient_groups(now_known) for field in group]
    return [(field.label, field.value) for field in fields if field.value != typed.get(field.name, "")]
