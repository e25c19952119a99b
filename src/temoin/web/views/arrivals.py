"""Patients' own forms at the counter: one look, the identity document compared, one press; and the poster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from temoin.arrivals.actions import AcceptedTest, KnownPerson, NewPerson, accept_arrival, refuse_arrival
from temoin.arrivals.pairs import keep_pairs
from temoin.arrivals.posters import make_poster, standing_poster, withdraw_poster
from temoin.arrivals.queries import OpenedArrival, read_arrival
from temoin.catalogue.kinds import load_kinds
from temoin.formats.pdf.poster import OTHERS, STEPS, TITLE, WITHOUT_PHONE, poster_file
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.lib.ids import hourly_id, new_id
from temoin.patients.actions import check_notice
from temoin.patients.merging import with_contact
from temoin.patients.queries import ChangedError, Found, MergedError, near_matches, read_patient
from temoin.patients.second_record import LikelyKnownError
from temoin.patients.traits import Traits, check_traits
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import read_test
from temoin.web.addresses import lead_to_row
from temoin.web.arrival_form import AlikePerson, alike_people, arrival_fields, region_of, values_of
from temoin.web.pages import show
from temoin.web.patient_form import raw_traits
from temoin.web.pdf_file import pdf_answer
from temoin.web.question_forms import read_answers
from temoin.web.settings import WEB

_OVER = gettext_lazy("Somebody looked after this form already, or its twelve hours are over.")
_CHANGED = gettext_lazy("Somebody changed this record meanwhile: compare it again, then press again.")


def arrival(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Open a patient's form: what they wrote stands in the fields of a new patient, and likely records beside it."""
    try:
        opened = read_arrival(by=seat, arrival_id=arrival_id)
    except ConflictError:
        messages.info(request, str(_OVER))
        return redirect("home")
    if opened.filled is None:
        return show(request, seat, "broken_arrival.html", arrival=opened)
    return _show(request, seat, opened, values_of(opened.filled))


def accept(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Register the person, or take the record that is theirs, and the test; pressed twice, it is done once."""
    record_id, patient_id = _posted_id(request, "record_id"), _posted_id(request, "patient_id")
    try:
        traits, test = _check(request, seat, record_id)
        accept_arrival(by=seat, arrival_id=arrival_id, person=_person(request, seat, traits, patient_id), test=test)
    except LikelyKnownError:
        return _again(request, seat, arrival_id, [])
    except (ChangedError, MergedError):
        return _again(request, seat, arrival_id, [Problem("", "changed", _CHANGED)])
    except InvalidError as error:
        return _again(request, seat, arrival_id, error.problems)
    except ConflictError:
        return _already(request, seat, record_id)
    messages.success(request, _("The test is registered; the patient has its code on their telephone."))
    return lead_to_row(record_id)


def refuse(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Put a form aside: nothing of it stays."""
    try:
        refuse_arrival(by=seat, arrival_id=arrival_id)
    except ConflictError:
        messages.info(request, str(_OVER))
    else:
        messages.success(request, _("The form was put aside; nothing of it is kept."))
    return redirect("home")


def poster(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the poster, to be printed; with it the keys of this month and the next are made."""
    keep_pairs(by=seat)
    standing = standing_poster(by=seat)
    address = f"{WEB().site.portal_url}/form/#{standing.token}" if standing else ""
    return show(
        request,
        seat,
        "poster.html",
        poster=standing,
        address=address,
        poster_title=TITLE,
        steps=STEPS,
        others=OTHERS,
        without_phone=WITHOUT_PHONE.format(site=WEB().site.portal_url),
    )


def poster_pdf(request: HttpRequest, seat: Seat) -> HttpResponse:  # noqa: ARG001 the same for whoever asks
    """Return the poster as a tagged PDF, made now and kept nowhere."""
    standing = standing_poster(by=seat)
    if standing is None:
        raise NotFoundError
    site = WEB().site.portal_url
    address = f"{site}/form/#{standing.token}"
    return pdf_answer("affiche", poster_file(place=standing.place, address=address, site=site, at=standing.made_at))


def new_poster(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Make a poster in the place of the one that was shown."""
    try:
        make_poster(by=seat, instead_of=_posted_id(request, "instead_of") if request.POST.get("instead_of") else None)
    except ConflictError:
        messages.info(request, _("Somebody made another poster meanwhile: here it is."))
    else:
        messages.success(request, _("The poster is ready: print it. A former one leads nowhere any more."))
    return redirect("poster")


def end_poster(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Withdraw the poster that was shown."""
    with suppress(ConflictError):  # it was withdrawn already
        withdraw_poster(by=seat, poster_id=_posted_id(request, "instead_of"))
    messages.success(request, _("The poster leads nowhere any more: take it off the wall."))
    return redirect("poster")


def _check(request: HttpRequest, seat: Seat, record_id: UUID) -> tuple[Traits, AcceptedTest]:
    """Return what was typed, or raise InvalidError with every problem of the page at once."""
    typed, problems = request.POST, list[Problem]()
    traits = None
    try:
        traits = check_traits(raw_traits(typed), region=region_of(seat))
    except InvalidError as error:
        problems += error.problems
    try:
        check_notice(typed.get("consent", ""))
    except InvalidError as error:
        problems += error.problems
    if typed.get("kind", "") not in load_kinds():
        problems.append(Problem("kind", "unknown", gettext_lazy("Choose the test in the list.")))
    if problems or traits is None:
        raise InvalidError(problems)
    asked = {question.code for question in load_kinds()[typed["kind"]].questions}
    answers = {name: value for name, value in read_answers(typed.dict()).items() if name in asked}
    return traits, AcceptedTest(record_id=record_id, kind=typed["kind"], notice=typed["consent"], answers=answers)


def _person(request: HttpRequest, seat: Seat, traits: Traits, patient_id: UUID) -> NewPerson | KnownPerson:
    if not request.POST.get("known"):
        shown = {UUID(text) for text in request.POST.get("others", "").split() if _is_id(text)}
        return NewPerson(patient_id=patient_id, traits=traits, put_aside=shown)
    known_id = _posted_id(request, "known")
    if not request.POST.get("take_contact"):
        return KnownPerson(patient_id=known_id)
    amended = with_contact(read_patient(by=seat, patient_id=known_id), traits)
    return KnownPerson(patient_id=known_id, amended=amended, seen_version=request.POST.get(f"seen-{known_id}", "-"))


def _again(request: HttpRequest, seat: Seat, arrival_id: UUID, problems: Sequence[Problem]) -> HttpResponse:
    """Show the form with what was typed: nothing was recorded."""
    try:
        opened = read_arrival(by=seat, arrival_id=arrival_id)
    except ConflictError:
        return _already(request, seat, _posted_id(request, "record_id"))
    return _show(request, seat, opened, request.POST, problems=problems)


def _show(
    request: HttpRequest,
    seat: Seat,
    opened: OpenedArrival,
    values: Mapping[str, Any],
    *,
    problems: Sequence[Problem] = (),
) -> HttpResponse:
    near, traits = _near(seat, values)
    alike: list[AlikePerson] = alike_people(near, traits)
    return show(
        request,
        seat,
        "arrival.html",
        status=400 if problems else 200,
        arrival=opened,
        problems=list(problems),
        alike=alike,
        others=" ".join(str(each) for each, _traits in near) or values.get("others", ""),
        patient_id=values.get("patient_id") or new_id(),
        record_id=values.get("record_id") or hourly_id(),
        **arrival_fields(request, seat, values, problems),
    )


def _near(seat: Seat, values: Mapping[str, Any]) -> tuple[list[Found], Traits | None]:
    """Return the records that may be this person's, once the form can be read."""
    try:
        traits = check_traits(raw_traits(values), region=region_of(seat))
    except InvalidError:
        return [], None
    return near_matches(by=seat, traits=traits), traits


def _already(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    try:
        read_test(by=seat, record_id=record_id)
    except NotFoundError:
        messages.info(request, str(_OVER))
        return redirect("home")
    messages.info(request, _("This test was already registered: here it is."))
    return lead_to_row(record_id)


def _posted_id(request: HttpRequest, name: str) -> UUID:
    text = request.POST.get(name, "")
    if not _is_id(text):
        raise NotFoundError
    return UUID(text)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
