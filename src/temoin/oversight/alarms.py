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
from functools import partial
from itertools import islice
from uuid import UUID

from temoin.delivery.channels.email.notices import NoticeMail, PatientNotice
from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.ids import new_id
from temoin.lib.label import Label
from temoin.outbox.duties import Duty
from temoin.outbox.late import LateCount, count_late
from temoin.outbox.lateness import Alarms
from temoin.outbox.open_channels import destination_named
from temoin.outbox.set_aside import apart
from temoin.oversight.models import Alarm
from temoin.oversight.notice_words import NoticeText, all_arrived, still_late, write_notice
from temoin.oversight.operators_words import matter_of
from temoin.oversight.settings import NoticeSettings
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


def alarm_duty(settings: NoticeSettings) -> Duty:
    """Return the duty to announce."""
    return Duty("alarms", timedelta(minutes=1), partial(send_alarms, settings))


def send_alarms(settings: NoticeSettings, stop: threading.Event) -> None:
    """Write to whoever must know now. A mail server that is down ends the round: what is unsaid is said by the next."""
    late = _late(settings.alarms)
    with closing(NoticeMail(settings.email, settings.site)) as mail:
        for alarm, stage in islice(_due(late, settings.alarms), MOST_IN_A_ROUND):
            if stop.is_set():
                return
            with apart("alarms", str(alarm.pharmacy_id or "the site"), passing=(OSError,)):
                _Message(settings, alarm, stage, late.get(alarm.pharmacy_id) or Late()).send(mail)


def _late(alarms: Alarms) -> dict[UUID | None, Late]:
    """Return what is late, of each pharmacy where the owners are written to, and of the site for its operator."""
    found: dict[UUID | None, Late] = {}
    for row in count_late(alarms.late_before()):
        for place in filter(partial(_is_told, alarms), (row.pharmacy_id, THE_SITE)):
            found.setdefault(place, Late()).add(row)
    return found


def _is_told(alarms: Alarms, place: UUID | None) -> bool:
    """Tell whether the settings want messages about this place."""
    return alarms.operator is not None if place is THE_SITE else alarms.pharmacies


def _due(late: dict[UUID | None, Late], alarms: Alarms) -> Iterator[tuple[Alarm, Stage]]:
    moment, raised = now(), {alarm.pharmacy_id: alarm for alarm in Alarm.objects.order_by("began_at")}
    for place in late.keys() - raised.keys():
        yield Alarm(id=new_id(), pharmacy_id=place, began_at=moment, told_at=moment), Stage.RAISED
    for place, alarm in raised.items():
        if place not in late and _is_told(alarms, place):
            yield alarm, Stage.ENDED
        elif place in late and alarm.told_at <= moment - AGAIN:
            yield alarm, Stage.REMINDED


@dataclass(frozen=True)
class _Message:
    """What is said of one alarm now, and to whom."""

    settings: NoticeSettings
    alarm: Alarm
    stage: Stage
    late: Late

    def send(self, mail: NoticeMail) -> None:
        """Write to everybody, then note it."""
        addresses = self._addresses()
        key = f"{self.alarm}.{self.stage}.{now():%Y%m%d}"
        told = [mail.send(self._notice(f"{key}.{number}"), address) for number, address in enumerate(addresses)]
        if addresses and not any(told):
            return  # every mailbox says "later": the next round tries again, but never once one of them was reached
        with _noted(self.alarm, self.stage, self.late):
            if self.stage is Stage.ENDED:
                self.alarm.delete()
            else:
                self.alarm.told_at = now()
                self.alarm.save()

    def _addresses(self) -> list[str]:
        if self.alarm.pharmacy_id is None:
            return [self.settings.alarms.operator or ""]
        return addresses_of(owners_at_work(self.alarm.pharmacy_id))

    def _notice(self, key: str) -> PatientNotice:
        site, text, pharmacy_id = self.settings.site, self._text(), self.alarm.pharmacy_id
        if pharmacy_id is None:
            return write_notice(key, text, site=site, path="", place="Témoin", answers=_told(self.late))
        place = Pharmacy.objects.get(id=pharmacy_id).name
        return write_notice(key, text, site=site, path="/transmissions/", place=place)

    def _text(self) -> NoticeText:
        minutes, late = self.settings.alarms.minutes, self.late
        if self.stage is Stage.ENDED:
            return all_arrived(minutes)
        return still_late(
            count=late.count,
            refused=late.refused,
            matters=late.matters,
            minutes=minutes,
            is_reminder=self.stage is Stage.REMINDED,
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
