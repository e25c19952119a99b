"""Writes to a pharmacy's owners when somebody is to be called, and again each day as long as somebody is.

A duty of the worker, where `[alarms] pharmacies` wants messages. A result is opened once after it became due; while an
alarm stands, all that wait are looked at once a day. The message names nobody and counts nothing: the page does.
"""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from temoin.delivery.calls import is_anybody_to_call
from temoin.delivery.channels.email.notices import NoticeMail
from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.oversight.models import CallWatch
from temoin.oversight.notice_words import somebody_to_call, write_notice
from temoin.oversight.settings import NoticeSettings
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.notices import owners_at_work
from temoin.signin.accounts import addresses_of

DUTY = "calls"
AGAIN = timedelta(days=1)
OVERLAP = timedelta(minutes=10)  # what was being written at the last look


def call_alarm_duty(settings: NoticeSettings) -> Duty:
    """Return the duty to announce."""
    return Duty(DUTY, timedelta(hours=1), partial(send_call_alarms, settings))


def send_call_alarms(settings: NoticeSettings, stop: threading.Event) -> None:
    """Look at each pharmacy's list. A mail server that is down ends the round: what is unsaid is said by the next."""
    if not settings.alarms.pharmacies:
        return
    watched = {watch.pharmacy_id: watch for watch in CallWatch.objects.all()}
    with closing(NoticeMail(settings.email, settings.site)) as mail:
        for pharmacy_id in Pharmacy.real.filter(closed_on=None).order_by("id").values_list("id", flat=True):
            if stop.is_set():
                return
            with apart(DUTY, str(pharmacy_id), passing=(OSError,)):
                _look(mail, settings, pharmacy_id, watched.get(pharmacy_id))


def _look(mail: NoticeMail, settings: NoticeSettings, pharmacy_id: UUID, watch: CallWatch | None) -> None:
    """Tell the owners if somebody is to be called, unless they were told within a day."""
    moment = now()
    if watch is not None and watch.told_at is not None and watch.told_at > moment - AGAIN:
        return
    with tenant_scope(pharmacy_id):
        is_to_tell = is_anybody_to_call(_looked_until(watch))
    if not is_to_tell:
        CallWatch(pharmacy_id=pharmacy_id, looked_at=moment).save()
    elif _was_sent(mail, settings, pharmacy_id):
        by = HouseActor(pharmacy_id, "worker")
        with act(by=by, kind=EventKind.ALARM_SENT, subject_kind="pharmacy", subject_id=None, detail=DUTY):
            CallWatch(pharmacy_id=pharmacy_id, looked_at=moment, told_at=moment).save()


def _looked_until(watch: CallWatch | None) -> datetime | None:
    """Return since when to look: at everything where nobody looked before, or where an alarm stands."""
    return None if watch is None or watch.told_at is not None else watch.looked_at - OVERLAP


def _was_sent(mail: NoticeMail, settings: NoticeSettings, pharmacy_id: UUID) -> bool:
    """Write to every owner; tell whether that is done with. Where there is none, nobody can be told."""
    key = f"{pharmacy_id}.{DUTY}.{now():%Y%m%d}"
    place = Pharmacy.objects.get(id=pharmacy_id).name
    text: dict[str, Any] = {"site": settings.site, "path": "/calls/", "place": place}
    told = [
        mail.send(write_notice(f"{key}.{number}", somebody_to_call(), **text), address)
        for number, address in enumerate(addresses_of(owners_at_work(pharmacy_id)))
    ]
    return any(told) or not told
