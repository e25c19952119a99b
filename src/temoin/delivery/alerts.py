"""Writes to owners of what they must be told at once: a broken seal, a person who reads unusually much.

A duty of the worker, apart from the alarms of what is late: these are told whatever `[alarms]` says, never to the
person alone whom they are about, and hold no word of health and nobody's name.
"""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta

from django.conf import settings
from django.template.loader import render_to_string

from temoin.delivery.channels.email.notices import Notice, NoticeMail
from temoin.journal.act import HouseActor, act
from temoin.journal.alerts import note_told, untold_alerts
from temoin.journal.events import EventKind
from temoin.journal.models import Alert
from temoin.lib.clock import now
from temoin.outbox.duties import Duty
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.queries import addresses_of_owners

MOST_IN_A_ROUND = 100
PARTS = ("subject.txt", "body.txt", "body.html")


def alert_duty() -> Duty:
    """Return the duty to announce."""
    return Duty("alerts", timedelta(minutes=1), tell_alerts)


def tell_alerts(stop: threading.Event) -> None:
    """Write about each thing that nobody was told of. A mail server that is down ends the round; the next goes on."""
    with closing(NoticeMail()) as mail:
        for alert in untold_alerts(MOST_IN_A_ROUND):
            if stop.is_set():
                return
            _tell(mail, alert)


def _tell(mail: NoticeMail, alert: Alert) -> None:
    addresses = _addresses(alert)
    told = [mail.send(_notice(alert, number), address) for number, address in enumerate(addresses)]
    if addresses and not any(told):
        return
    by = HouseActor(alert.pharmacy_id, "worker")
    with act(by=by, kind=EventKind.ALARM_SENT, subject_kind="pharmacy", subject_id=None, detail=alert.kind) as commit:
        note_told(commit, alert, now())


def _addresses(alert: Alert) -> list[str]:
    """Return the owners, the one it is about left out, and the operator: somebody else always hears of it."""
    about = alert.subject_id if alert.subject_kind == "member" else None
    operator = settings.TEMOIN.alarms.operator
    return [*addresses_of_owners(alert.pharmacy_id, but=about), *([operator] if operator else [])]


def _notice(alert: Alert, number: int) -> Notice:
    words = {
        "kind": alert.kind,
        "place": Pharmacy.objects.get(id=alert.pharmacy_id).name,
        "link": f"{settings.TEMOIN.site.staff_url}/journal/",
        "is_demo": settings.TEMOIN.site.demo,
    }
    return Notice(f"{alert.id}.{number}", *(render_to_string(f"delivery/alert/{part}", words) for part in PARTS))
