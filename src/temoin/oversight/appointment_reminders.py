"""Messages about appointments: the day before, to those who asked; at once, to those whose the team moved or cancelled.

Duties of the worker. No name, no word of health.
"""

from __future__ import annotations

import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.template.loader import render_to_string

from temoin.arrivals.reminding import (
    Change,
    Reminder,
    changes_due,
    forget_reminder,
    note_reminded,
    note_written,
    open_change,
    open_reminder,
    reminders_due,
)
from temoin.delivery.channels.email.courier import languages_of_message
from temoin.delivery.channels.email.notices import HandedNotice, NoticeMail, PatientNotice
from temoin.lib.clock import now
from temoin.lib.phones import phone_as_said
from temoin.lib.site import Site
from temoin.lib.zones import wall_clock
from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.oversight.settings import NoticeSettings
from temoin.pharmacies.models import Pharmacy

DUTY: Final = "appointments"
CHANGES: Final = "appointment-changes"
PARTS: Final = ("subject.txt", "body.txt", "body.html")


def reminder_duty(settings: NoticeSettings) -> Duty:
    """Return the duty to announce."""
    return Duty(DUTY, timedelta(minutes=15), partial(send_reminders, settings))


def change_duty(settings: NoticeSettings) -> Duty:
    """Return the duty to announce: whoever is about to set out has to know."""
    return Duty(CHANGES, timedelta(minutes=2), partial(send_changes, settings))


def send_reminders(settings: NoticeSettings, stop: threading.Event) -> None:
    """Write to everybody who is due. A mail server that is down ends the round; the message leaves before it is noted.

    Whoever is reminded twice, for want of that note, loses nothing: the last link counts.
    """
    with closing(NoticeMail(settings.email, settings.site)) as mail:
        for place in _to_write_for(settings.site, Pharmacy.real.filter(closed_on=None)):
            with apart(DUTY, str(place.id), passing=(OSError,)):
                _each(reminders_due(place.id), partial(_remind, mail, settings.site, place), stop)


def send_changes(settings: NoticeSettings, stop: threading.Event) -> None:
    """Write to everybody whose appointment was moved or cancelled: also by a pharmacy that has closed since."""
    with closing(NoticeMail(settings.email, settings.site)) as mail:
        for place in _to_write_for(settings.site, Pharmacy.real.all()):
            with apart(DUTY, str(place.id), passing=(OSError,)):
                _each(changes_due(place.id), partial(_tell, mail, settings.site, place), stop)


def _to_write_for(site: Site, places: QuerySet[Pharmacy]) -> Iterable[Pharmacy]:
    """Return whose patients are written to: the address of a demonstration's invented person may be somebody's."""
    return (place for place in places.order_by("id") if site.demo or not place.is_demo)


def _each(due: Iterable[UUID], write: Callable[[UUID], None], stop: threading.Event) -> None:
    for arrival_id in due:
        if stop.is_set():
            return
        with apart(DUTY, str(arrival_id), passing=(OSError,)):
            write(arrival_id)


def _remind(mail: NoticeMail, site: Site, place: Pharmacy, arrival_id: UUID) -> None:
    reminder = open_reminder(place.id, arrival_id)
    if reminder is None:
        forget_reminder(place.id, arrival_id)
    elif mail.send(_reminder(reminder, site, place), reminder.address):
        note_reminded(place.id, reminder)


def _tell(mail: NoticeMail, site: Site, place: Pharmacy, arrival_id: UUID) -> None:
    change = open_change(place.id, arrival_id)
    if change is None:
        return
    handed = mail.hand_over(_change(change, site, place), change.address)
    if handed is not HandedNotice.LATER:
        note_written(place.id, change, is_taken=handed is HandedNotice.TAKEN)


def _reminder(reminder: Reminder, site: Site, place: Pharmacy) -> PatientNotice:
    link = _link_that_cancels(reminder, site, place)
    return _notice(reminder, site, place, ("reminder_subject", "reminder", "reminder_cancel", link))


def _change(change: Change, site: Site, place: Pharmacy) -> PatientNotice:
    if not change.is_cancelled:
        link = _link_that_cancels(change, site, place)
        return _notice(change, site, place, ("moved_subject", "moved", "reminder_cancel", link))
    link = f"{site.portal_url}/appointments/#{change.poster}" if change.poster else ""
    return _notice(change, site, place, ("cancelled_subject", "cancelled", "take_again", link))


def _link_that_cancels(reminder: Reminder, site: Site, place: Pharmacy) -> str:
    named = ".".join(urlsafe_b64encode(part).rstrip(b"=").decode("ascii") for part in (place.id.bytes, reminder.secret))
    return f"{site.portal_url}/appointments/#~{named}"


def _notice(reminder: Reminder, site: Site, place: Pharmacy, said: tuple[str, str, str, str]) -> PatientNotice:
    subject, sentence, follows, link = said
    hours, key = {"when": _shown(reminder.starts_at, place)}, f"{reminder.starts_at:%Y%m%d%H%M}"
    if isinstance(reminder, Change):  # moved there, back and there again, each message is another one
        hours["former"] = _shown(reminder.former_at, place)
        key += f".{reminder.former_at:%Y%m%d%H%M}.{now():%Y%m%d%H}"
    languages = [(one, one.message) for one in languages_of_message(reminder.language)]
    words = {
        "told": [(one, each[subject], each[sentence].format(**hours), each[follows]) for one, each in languages],
        "place": place.name,
        "phone": phone_as_said(place.phone),
        "link": link,
        "is_demo": site.demo,
    }
    parts = [str(render_to_string(f"oversight/reminder/{part}", words)) for part in PARTS]
    return PatientNotice(f"{sentence}.{reminder.arrival_id}.{key}", *parts)


def _shown(at: datetime, place: Pharmacy) -> str:
    return f"{wall_clock(at, place.zone):%d/%m/%Y %H:%M}"
