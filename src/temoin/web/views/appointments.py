"""Appointments at the counter: the days to come, moving, cancelling and calling, and the hours that are offered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from temoin.arrivals.appointed import (
    Appointment,
    appointments_to_come,
    call_arrival,
    cancel_appointment,
    free_hours,
    move_appointment,
    uncall_arrival,
)
from temoin.arrivals.calendar import calendar_to_set, last_set, set_hours
from temoin.arrivals.posters import standing_poster
from temoin.arrivals.telling import HowTold, note_called, read_call_sheet, untold_patients
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.lib.zones import day_of, read_instant, wall_clock
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.web.addresses import in_place
from temoin.web.fields import Choice, Field, Typed
from temoin.web.hours_form import differences, hours_fields, in_order, read_form, values_of
from temoin.web.pages import show
from temoin.web.settings import WEB
from temoin.web.wording import Words

_OVER = gettext_lazy("This appointment was looked after, moved or cancelled meanwhile: here is how it stands.")
_CHANGED = gettext_lazy(
    "%(name)s set other hours meanwhile (%(when)s). Your form is as you left it: set the hours again to replace those."
)
_CALLS: dict[str, Words] = {
    "called": gettext_lazy("Noted as called."),
    "undo-called": gettext_lazy("The call was taken back."),
}


def appointments(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the appointments of today and of the days to come, by number and hour."""
    found = appointments_to_come(by=seat)
    days = [(day, list(each)) for day, each in groupby(found, lambda one: day_of(one.starts_at, page_zone()))]
    standing = standing_poster(by=seat)
    address = f"{WEB().site.portal_url}/appointments/#{standing.token}" if standing else ""
    untold = untold_patients(by=seat)
    return show(request, seat, "appointments.html", days=days, address=address, untold=untold)


def appointment(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Show one appointment with the hours to which it can be moved."""
    return _page(request, seat, arrival_id, [])


def move(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Move an appointment to the hour that was chosen."""
    try:
        at = read_instant(request.POST.get("starts_at", ""))
        way = move_appointment(by=seat, arrival_id=arrival_id, starts_at=at, expected_hour=_seen(request))
    except ValueError:
        return _page(request, seat, arrival_id, [Problem("starts_at", "required", gettext_lazy("Choose an hour."))])
    except InvalidError as error:
        return _page(request, seat, arrival_id, error.problems)
    except ConflictError:
        messages.info(request, str(_OVER))
    else:
        messages.success(request, _("The appointment is moved. Its number and code stay the same."))
        return _lead_on(request, arrival_id, way)
    return redirect("appointments")


def cancel(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Cancel an appointment: nothing of its form stays once its patient was told."""
    try:
        way = cancel_appointment(by=seat, arrival_id=arrival_id, expected_hour=_seen(request))
    except ConflictError:
        messages.info(request, str(_OVER))
    else:
        messages.success(request, _("The appointment is cancelled. Its form is deleted once the patient knows."))
        return _lead_on(request, arrival_id, way)
    return redirect("appointments")


def contact(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Show whom to call about an appointment that was moved or cancelled, as the form says."""
    try:
        sheet = read_call_sheet(by=seat, arrival_id=arrival_id)
    except ConflictError:
        messages.info(request, _("This patient knows already, or the day is over."))
        return redirect("appointments")
    return show(request, seat, "appointment_contact.html", sheet=sheet)


def told(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Note that the team told the patient."""
    try:
        note_called(by=seat, arrival_id=arrival_id, told=_seen(request) if request.POST.get("seen") else None)
    except ConflictError:
        messages.info(request, _("Nothing was noted: the patient knows already, the hour changed, or the day is over."))
    else:
        messages.success(request, _("Noted: the patient knows."))
    return redirect("appointments")


def _lead_on(request: HttpRequest, arrival_id: UUID, way: HowTold) -> HttpResponse:
    """Say how the patient learns of it; lead to the telephone number where nobody can write to them."""
    if way is HowTold.CALL:
        return redirect("appointment_contact", arrival_id)
    if way is HowTold.MAIL:
        messages.info(request, _("The patient is told by e-mail within minutes. Until then they stand below."))
    elif way is HowTold.NOBODY:
        messages.warning(request, _("Nobody could be told: the form of this appointment cannot be read."))
    return redirect("appointments")


def call(request: HttpRequest, seat: Seat, arrival_id: UUID) -> HttpResponse:
    """Note that a number was called, or take it back."""
    done = request.POST.get("do", "")
    if done not in _CALLS:
        raise NotFoundError
    try:
        (call_arrival if done == "called" else uncall_arrival)(by=seat, arrival_id=arrival_id)
    except ConflictError:
        messages.info(request, _("Somebody else was faster: here is how it stands."))
    else:
        messages.success(request, str(_CALLS[done]))
    return in_place(request, redirect("home"))


def hours(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show and set the hours at which appointments can be taken."""
    there = calendar_to_set(by=seat)
    values: Mapping[str, str] = values_of(there.hours)
    seen = there.version
    problems: list[Problem] = []
    changes: list[str] = []
    if request.method == "POST":
        values, seen = in_order(request.POST), request.POST.get("seen") or "-"
        try:
            set_hours(by=seat, hours=read_form(values), expected_version=seen)
        except ConflictError:
            seen, changes = there.version, differences(values, there.hours)
            problems = [Problem("", "changed", _who_changed(seat))]
        except InvalidError as error:
            problems = error.problems
        else:
            messages.success(request, _("The hours are set: the page of appointments offers them from now on."))
            return redirect("appointment_hours")
    fields = hours_fields(Typed(values, problems))
    leads = has_right(by=seat, right=Right.REGISTER_TEST)
    status = 400 if problems else 200
    told = {"problems": problems, "changes": changes, "leads": leads, "seen": seen}
    return show(request, seat, "appointment_hours.html", status=status, **told, **fields)


def _who_changed(seat: Seat) -> str:
    last = last_set(by=seat)
    name, when = (last.name, f"{_local(last.at):%d/%m/%Y %H:%M}") if last else ("", "")
    return str(_CHANGED) % {"name": name or _("Somebody"), "when": when}


def _page(request: HttpRequest, seat: Seat, arrival_id: UUID, problems: list[Problem]) -> HttpResponse:
    found: Appointment | None = next((one for one in appointments_to_come(by=seat) if one.id == arrival_id), None)
    if found is None:
        raise NotFoundError
    typed = Typed(request.POST if problems else {}, problems)
    field = _hour_field(seat, typed)
    status = 400 if problems else 200
    return show(request, seat, "appointment.html", status=status, problems=problems, appointment=found, field=field)


def _hour_field(seat: Seat, typed: Typed) -> Field:
    free = [hour.starts_at for hour in free_hours(by=seat)]
    choices = [Choice(at.isoformat(), f"{_local(at):%d/%m/%Y %H:%M}") for at in free]
    return typed("starts_at", _("Day and hour"), "select", choices=choices, required=True)


def _local(at: datetime) -> datetime:
    return wall_clock(at, page_zone())


def _seen(request: HttpRequest) -> datetime:
    """Return the hour at which the page showed the appointment; for a form that does not say, one that nobody has."""
    try:
        return read_instant(request.POST.get("seen", ""))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
