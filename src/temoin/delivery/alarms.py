"""Alarms: who is written to when results wait too long, again each day, and when all have arrived.

A duty of the worker. Messages hold counts and an address of the site, no word of health and nobody's name. The message
leaves first and is noted after: a worker that dies between the two repeats it under the same Message-ID, none is lost.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from uuid import UUID

from django.conf import settings

from temoin.delivery.channels.email.notices import NoticeMail, PatientNotice
from temoin.delivery.models import Alarm
from temoin.delivery.notice_words import NoticeText, all_arrived, still_late, write_notice
from temoin.delivery.operators_words import matter_of
from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.ids import new_id
from temoin.lib.label import Label
from temoin.outbox.duties import Duty
from temoin.outbox.late import LateCount, count_late
from temoin.outbox.open_channels import destination_named
from temoin.outbox.set_aside import apart
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.notices import owners_at_work
from temoin.signin.accounts import addresses_of

AGAIN = timedelta(days=1)
MOST_IN_A_ROUND = 200  # the others' turn comes a minute later; a round must end before its lease does
THE_SITE: UUID | None = None  # in the place of a pharmacy: the operator's alarm, over all of them


class Stage(StrEnum):
    """What a message says."""

    RAISED = "raised"
    REMINDED = "reminded"
    ENDED = "ended"


@dataclass
class Late:
    """What is late of one pharmacy, or of all."""

    refused: int = 0
    matters: int = 0
    answers: Counter[tuple[str, str, bool]] = field(default_factory=Counter)  # destination, code, whether refused

    @property
    def count(self) -> int:
        """Return how many parcels are late."""
        return self.answers.total()

    def add(self, row: LateCount) -> None:
        """Count a destination's parcels in."""
        self.refused += row.refused
        self.matters += row.matters
        self.answers[row.destination, row.code, True] += row.refused
        self.answers[row.destination, row.code, False] += row.count - row.refused


def alarm_duty() -> Duty:
    """Return the duty to announce."""
    return Duty("alarms", timedelta(minutes=1), send_alarms)


def send_alarms(stop: threading.Event) -> None:
    """Write to whoever must know now. A mail server that is down ends the round: what is unsaid is said by the next."""
    late = _late()
    with closing(NoticeMail()) as mail:
        for alarm, stage in islice(_due(late), MOST_IN_A_ROUND):
            if stop.is_set():
                return
            with apart("alarms", str(alarm.pharmacy_id or "the site"), passing=(OSError,)):
                _send(mail, alarm, stage, late.get(alarm.pharmacy_id) or Late())


def _late() -> dict[UUID | None, Late]:
    """Return what is late, of each pharmacy where the owners are written to, and of the site for its operator."""
    found: dict[UUID | None, Late] = {}
    for row in count_late(settings.TEMOIN.alarms.late_before()):
        for place in filter(_is_told, (row.pharmacy_id, THE_SITE)):
            found.setdefault(place, Late()).add(row)
    return found


def _is_told(place: UUID | None) -> bool:
    """Tell whether the settings want messages about this place."""
    alarms = settings.TEMOIN.alarms
    return alarms.operator is not None if place is THE_SITE else alarms.pharmacies


def _due(late: dict[UUID | None, Late]) -> Iterator[tuple[Alarm, Stage]]:
    moment, raised = now(), {alarm.pharmacy_id: alarm for alarm in Alarm.objects.order_by("began_at")}
    for place in late.keys() - raised.keys():
        yield Alarm(id=new_id(), pharmacy_id=place, began_at=moment, told_at=moment), Stage.RAISED
    for place, alarm in raised.items():
        if place not in late and _is_told(place):
            yield alarm, Stage.ENDED
        elif place in late and alarm.told_at <= moment - AGAIN:
            yield alarm, Stage.REMINDED


def _send(mail: NoticeMail, alarm: Alarm, stage: Stage, late: Late) -> None:
    addresses = _addresses(alarm)
    told = [
        mail.send(_notice(alarm, stage, late, f"{alarm}.{stage}.{now():%Y%m%d}.{number}"), address)
        for number, address in enumerate(addresses)
    ]
    if addresses and not any(told):
        return  # every mailbox says "later": the next round tries again, but never once one of them was reached
    with _noted(alarm, stage, late):
        if stage is Stage.ENDED:
            alarm.delete()
        else:
            alarm.told_at = now()
            alarm.save()


def _addresses(alarm: Alarm) -> list[str]:
    if alarm.pharmacy_id is None:
        return [settings.TEMOIN.alarms.operator or ""]
    return addresses_of(owners_at_work(alarm.pharmacy_id))


def _notice(alarm: Alarm, stage: Stage, late: Late, key: str) -> PatientNotice:
    text = _text(stage, late)
    if alarm.pharmacy_id is None:
        return write_notice(key, text, path="", place="Témoin", answers=_told(late))
    return write_notice(key, text, path="/transmissions/", place=Pharmacy.objects.get(id=alarm.pharmacy_id).name)


def _text(stage: Stage, late: Late) -> NoticeText:
    minutes = settings.TEMOIN.alarms.minutes
    if stage is Stage.ENDED:
        return all_arrived(minutes)
    return still_late(
        count=late.count,
        refused=late.refused,
        matters=late.matters,
        minutes=minutes,
        is_reminder=stage is Stage.REMINDED,
    )


def _told(late: Late) -> Iterator[dict[str, object]]:
    """Give what each destination last answered, in words for the operator, the most frequent first."""
    for (destination, code, is_refused), count in late.answers.most_common():
        known, matter = destination_named(destination), matter_of(code, is_refused=is_refused)
        if count:
            words = known.words if known else Label(fr=destination, en=destination)
            yield {"words": words, "name": destination, "code": code or "-", "count": count, "matter": matter}


@contextmanager
def _noted(alarm: Alarm, stage: Stage, late: Late) -> Iterator[None]:
    """Write what the block does together with its event; the site as a whole has no journal of its own."""
    if alarm.pharmacy_id is None:
        yield
        return
    by, told = HouseActor(alarm.pharmacy_id, "worker"), f"{stage.value} {late.count}"
    with act(by=by, kind=EventKind.ALARM_SENT, subject_kind="pharmacy", subject_id=None, detail=told):
        yield
