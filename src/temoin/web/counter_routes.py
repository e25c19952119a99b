"""The pages of the counter and the acts of its rows: their part of the table of every page."""

from __future__ import annotations

from temoin.pharmacies.professions import Right
from temoin.web.access import Access, GuardedRoute
from temoin.web.views import appointments, arrivals, counter, live, records, waiting

WRITE = ("POST",)

COUNTER = [
    GuardedRoute(
        name="keep_habits",
        path="counter/workstation/",
        view=counter.keep_habits,
        access=Right.READ_TEST,
        methods=WRITE,
    ),
    GuardedRoute(name="changes", path="counter/changes/", view=live.changes, access=Right.READ_TEST),
    GuardedRoute(
        name="fresh_lists", shows_patients=True, path="counter/list/", view=live.fresh_lists, access=Right.READ_TEST
    ),
    GuardedRoute(
        name="arrival",
        shows_patients=True,
        path="arrivals/<uuid:arrival_id>/",
        view=arrivals.arrival,
        access=Right.REGISTER_TEST,
    ),
    GuardedRoute(
        name="accept_arrival",
        shows_patients=True,
        path="arrivals/<uuid:arrival_id>/accept/",
        view=arrivals.accept,
        access=Right.REGISTER_TEST,
        methods=WRITE,
    ),
    GuardedRoute(
        name="refuse_arrival",
        path="arrivals/<uuid:arrival_id>/refuse/",
        view=arrivals.refuse,
        access=Right.REGISTER_TEST,
        methods=WRITE,
    ),
    GuardedRoute(
        name="call_arrival",
        path="arrivals/<uuid:arrival_id>/call/",
        view=appointments.call,
        access=Right.REGISTER_TEST,
        methods=WRITE,
    ),
    GuardedRoute(name="appointments", path="appointments/", view=appointments.appointments, access=Right.REGISTER_TEST),
    GuardedRoute(
        name="appointment_hours",
        path="appointments/hours/",
        view=appointments.hours,
        access=Right.MANAGE_MEMBERS,
        methods=("GET", "POST"),
    ),
    GuardedRoute(
        name="appointment",
        path="appointments/<uuid:arrival_id>/",
        view=appointments.appointment,
        access=Right.REGISTER_TEST,
    ),
    GuardedRoute(
        name="move_appointment",
        path="appointments/<uuid:arrival_id>/move/",
        view=appointments.move,
        access=Right.REGISTER_TEST,
        methods=WRITE,
    ),
    GuardedRoute(
        name="cancel_appointment",
        path="appointments/<uuid:arrival_id>/cancel/",
        view=appointments.cancel,
        access=Right.REGISTER_TEST,
        methods=WRITE,
    ),
    GuardedRoute(
        name="appointment_contact",
        shows_patients=True,
        path="appointments/<uuid:arrival_id>/contact/",
        view=appointments.contact,
        access=Right.REGISTER_PATIENT,
    ),
    GuardedRoute(
        name="appointment_told",
        path="appointments/<uuid:arrival_id>/told/",
        view=appointments.told,
        access=Right.REGISTER_TEST,
        methods=WRITE,
    ),
    GuardedRoute(name="poster", path="poster/", view=arrivals.poster, access=Right.REGISTER_TEST),
    GuardedRoute(name="poster_pdf", path="poster/affiche.pdf", view=arrivals.poster_pdf, access=Right.REGISTER_TEST),
    GuardedRoute(
        name="new_poster", path="poster/new/", view=arrivals.new_poster, access=Right.REGISTER_TEST, methods=WRITE
    ),
    GuardedRoute(
        name="end_poster", path="poster/end/", view=arrivals.end_poster, access=Right.REGISTER_TEST, methods=WRITE
    ),
    GuardedRoute(name="home", shows_patients=True, path="", view=counter.home, access=Access.SEATED),
    GuardedRoute(
        name="wait",
        path="tests/<uuid:record_id>/waiting/",
        view=waiting.wait,
        access=Right.TAKE_SAMPLE,
        methods=WRITE,
    ),
    GuardedRoute(
        name="sample",
        path="tests/<uuid:record_id>/sample/",
        view=records.sample,
        access=Right.TAKE_SAMPLE,
        methods=WRITE,
    ),
    GuardedRoute(
        name="undo_sample",
        path="tests/<uuid:record_id>/sample/undo/",
        view=records.take_sample_back,
        access=Right.TAKE_SAMPLE,
        methods=WRITE,
    ),
    GuardedRoute(
        name="start",
        path="tests/<uuid:record_id>/start/",
        view=records.start,
        access=Right.TAKE_SAMPLE,
        methods=WRITE,
    ),
    GuardedRoute(
        name="undo_start",
        path="tests/<uuid:record_id>/start/undo/",
        view=records.take_start_back,
        access=Right.TAKE_SAMPLE,
        methods=WRITE,
    ),
    GuardedRoute(
        name="answer",
        path="tests/<uuid:record_id>/answers/",
        view=records.answer,
        access=Right.REGISTER_TEST,
        methods=WRITE,
    ),
    GuardedRoute(
        name="abandon",
        path="tests/<uuid:record_id>/abandon/",
        view=records.abandon,
        access=Right.TAKE_SAMPLE,
        methods=WRITE,
    ),
]
