"""Writes to owners of what they must be told at once: a broken seal, a person who reads unusually much.

A duty of the worker, apart from the alarms of what is late: these are told whatever `[alarms]` says, never to the
person whom they are about, and hold no word of health and nobody's name. What is of one kind goes in one message: a
lost key breaks many seals at once.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from datetime import timedelta
from functools import partial
from uuid import UUID

from temoin.delivery.channels.email.notices import NoticeMail, PatientNotice
from temoin.journal.act import HouseActor, act
from temoin.journal.alerts import note_told, untold_alerts
from temoin.journal.events import EventKind
from temoin.journal.models import Alert
from temoin.lib.clock import now
from temoin.lib.site import Site
from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.oversight.notice_words import alert_text, write_notice
from temoin.oversight.settings import NoticeSettings
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.notices import owners_at_work, team_at_work
from temoin.signin.accounts import addresses_of

log = logging.getLogger("temoin.oversight")

DUTY = "alerts"
MOST_IN_A_ROUND = 100
LEADS_TO = {EventKind.REGISTER_DIFFERED.value: "/team/"}  # others lead to the journal


def alert_duty(settings: NoticeSettings) -> Duty:
    """Return the duty to announce."""
    return Duty(DUTY, timedelta(minutes=1), partial(tell_alerts, settings))


def tell_alerts(settings: NoticeSettings, stop: threading.Event) -> None:
    """Write about each thing that nobody was told of. A mail server that is down ends the round; the next goes on."""
    with closing(NoticeMail(settings.email, settings.site)) as mail:
        for alerts in _together(untold_alerts(MOST_IN_A_ROUND)):
            if stop.is_set():
                return
            with apart(DUTY, str(alerts[0].id), passing=(OSError,)):
                _tell(mail, alerts, settings)


def _together(alerts: list[Alert]) -> list[list[Alert]]:
    """Return what one message tells: all of one kind in a pharmacy, apart for each person whom it is about."""
    found: dict[tuple[UUID, str, UUID | None], list[Alert]] = {}
    for alert in alerts:
        found.setdefault((alert.pharmacy_id, alert.kind, _about(alert)), []).append(alert)
    return list(found.values())


def _about(alert: Alert) -> UUID | None:
    return alert.subject_id if alert.subject_kind == "member" else None


def _tell(mail: NoticeMail, alerts: list[Alert], settings: NoticeSettings) -> None:
    alert, addresses = alerts[0], _addresses(alerts[0], settings.alarms.operator)
    told = [
        mail.send(_notice(alert, len(alerts), number, settings.site), address)
        for number, address in enumerate(addresses)
    ]
    if addresses and not any(told):
        return
    if not addresses:
        log.error("nobody can be told of %s in pharmacy %s: set [alarms] operator", alert.kind, alert.pharmacy_id)
    by = HouseActor(alert.pharmacy_id, "worker")
    with act(by=by, kind=EventKind.ALARM_SENT, subject_kind="pharmacy", subject_id=None, detail=alert.kind) as commit:
        for each in alerts:
            note_told(commit, each, now())


def _addresses(alert: Alert, operator: str | None) -> list[str]:
    """Return the owners and the operator, or all colleagues where there is neither but the one it is about."""
    about = _about(alert)
    found = [*addresses_of(owners_at_work(alert.pharmacy_id, but=about)), *([operator] if operator else [])]
    return found or addresses_of(team_at_work(alert.pharmacy_id, but=about))


def _notice(alert: Alert, count: int, number: int, site: Site) -> PatientNotice:
    place = Pharmacy.objects.get(id=alert.pharmacy_id).name
    path = LEADS_TO.get(alert.kind, "/journal/")
    return write_notice(f"{alert.id}.{number}", alert_text(alert.kind, count), site=site, path=path, place=place)
