"""Reminders of appointments: a duty of the worker, which writes to those who asked. No name, no word of health."""

from __future__ import annotations

import secrets
import threading
from base64 import urlsafe_b64encode
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.template.loader import render_to_string

from temoin.arrivals.reminding import Reminder, note_reminded, open_reminder, reminders_due
from temoin.delivery.channels.email.courier import languages_of_message
from temoin.delivery.channels.email.notices import NoticeMail, PatientNotice
from temoin.lib.phones import phone_as_said
from temoin.lib.site import Site
from temoin.lib.zones import wall_clock
from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.oversight.settings import NoticeSettings
from temoin.pharmacies.models import Pharmacy

DUTY: Final = "appointments"
PARTS: Final = ("subject.txt", "body.txt", "body.html")


def reminder_duty(settings: NoticeSettings) -> Duty:
    """Return the duty to announce."""
    return Duty(DUTY, timedelta(minutes=15), partial(send_reminders, settings))


def send_reminders(settings: NoticeSettings, stop: threading.Event) -> None:
    """Write to everybody who is due. A mail server that is down ends the round; the message leaves before it is noted.

    Whoever is reminded twice, for want of that note, loses nothing: the last link counts.
    """
    with closing(NoticeMail(settings.email, settings.site)) as mail:
        for place in Pharmacy.objects.filter(closed_on=None).order_by("id"):
            with apart(DUTY, str(place.id), passing=(OSError,)):
                _remind_all(mail, settings.site, place, stop)


def _remind_all(mail: NoticeMail, site: Site, place: Pharmacy, stop: threading.Event) -> None:
    if place.is_demo and not site.demo:
        return  # an invented person's address may be somebody's
    for arrival_id in reminders_due(place.id):
        if stop.is_set():
            return
        _remind(mail, site, place, arrival_id)


def _remind(mail: NoticeMail, site: Site, place: Pharmacy, arrival_id: UUID) -> None:
    with apart(DUTY, str(arrival_id), passing=(OSError,)):
        reminder = open_reminder(place.id, arrival_id)
        if reminder is None:
            note_reminded(place.id, arrival_id, secrets.token_bytes(16))  # nobody can be written to
        elif mail.send(_notice(reminder, site, place, arrival_id), reminder.address):
            note_reminded(place.id, arrival_id, reminder.secret)


def _notice(reminder: Reminder, site: Site, place: Pharmacy, arrival_id: UUID) -> PatientNotice:
    named = ".".join(urlsafe_b64encode(part).rstrip(b"=").decode("ascii") for part in (place.id.bytes, reminder.secret))
    when = f"{wall_clock(reminder.starts_at, place.zone):%d/%m/%Y %H:%M}"
    languages = languages_of_message(reminder.language)
    words = {
        "languages": [(one, one.message["reminder"].format(when=when)) for one in languages],
        "place": place.name,
        "phone": phone_as_said(place.phone),
        "link": f"{site.portal_url}/appointments/#~{named}",
        "is_demo": site.demo,
    }
    parts = [str(render_to_string(f"oversight/reminder/{part}", words)) for part in PARTS]
    return PatientNotice(f"appointment.{arrival_id}.{reminder.starts_at:%Y%m%d%H%M}", *parts)
