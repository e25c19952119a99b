"""What the authority is shown of those who send: who signed something today, whom a rule names, one sender's weeks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.journal.act import HouseActor, record_look
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import NotFoundError
from temoin.lib.label import Label
from temoin.lib.tenant import tenant_scope
from temoin.officers.policies import OfficerSeat, check_officer
from temoin.pharmacies.numbers import TRAINING_MARK
from temoin.surveillance.sender_rules import SenderShare, load_sender_rules
from temoin.surveillance.sender_shares import KEPT_WEEKS, shares_of

PAGE = 100
SILENT = "silent"
BEFORE = timedelta(weeks=4)  # whoever signed nothing for longer sends nothing any more: that is no news

# Every open pharmacy with its day, its latest week and the rules that its last whole week exceeded.
_SENDERS = """
WITH open AS (
     SELECT id, finess, name, postcode, city, (%(now)s AT TIME ZONE time_zone)::date AS today
       FROM pharmacies_pharmacy AS pharmacy
      WHERE is_demo = %(is_demo)s AND NOT starts_with(finess, %(training)s)
        AND (closed_on IS NULL OR closed_on > (%(now)s AT TIME ZONE time_zone)::date)),
seen AS (
     SELECT open.*, coalesce(whole.alarms, '{}') AS alarms,
            latest.week + (SELECT max(place)::int FROM unnest(latest.days) WITH ORDINALITY AS day(tests, place)
                            WHERE tests > 0) - 1 AS last_day,
            CASE WHEN latest.week > today - 7 THEN latest.days[extract(isodow FROM today)::int] ELSE 0 END AS tests
       FROM open
       LEFT JOIN LATERAL (SELECT week, days FROM surveillance_sender_week AS one WHERE one.pharmacy_id = open.id
                           ORDER BY week DESC LIMIT 1) AS latest ON true
       LEFT JOIN surveillance_sender_week AS whole
         ON whole.pharmacy_id = open.id AND whole.week = date_trunc('week', today)::date - 7),
senders AS (
     SELECT *, coalesce(today - last_day BETWEEN %(silence)s AND %(before)s, false) AS is_silent FROM seen)
"""
_TODAY = """
SELECT count(*), count(*) FILTER (WHERE tests > 0), count(*) FILTER (WHERE is_silent), coalesce(sum(tests), 0)
  FROM senders
"""
_BY_RULE = "SELECT alarm, count(*) FROM senders, unnest(alarms) AS alarm GROUP BY alarm"
_LIST = """
SELECT id, finess, name, postcode, city, tests, last_day, is_silent, alarms FROM senders
 WHERE %(rule)s = '' OR %(rule)s = ANY(alarms) OR (%(rule)s = 'silent' AND is_silent)
 ORDER BY cardinality(alarms) + is_silent::int DESC, name, id LIMIT %(limit)s OFFSET %(offset)s
"""
_PLACE = """
SELECT finess, name, postcode, city FROM pharmacies_pharmacy
 WHERE id = %s AND is_demo = %s AND NOT starts_with(finess, %s)
"""
_WEEKS = """
SELECT week, days, quality::text, receipts::text, alarms FROM surveillance_sender_week
 WHERE pharmacy_id = %s ORDER BY week DESC LIMIT %s
"""


@dataclass(frozen=True)
class SendersToday:
    """How many pharmacies are open here, how many of them signed something today, and whom a rule names."""

    open: int
    sent: int
    tests: int
    by_rule: Mapping[str, int]  # by `SenderShare`, and SILENT

    @property
    def silent(self) -> int:
        return self.open - self.sent


@dataclass(frozen=True)
class SenderWeekRead:
    """A week of a sender: tests of each day, shares in percent, and tests by how long they took."""

    week: date
    days: Sequence[int]
    shares: Mapping[SenderShare, float | None]
    signed: Mapping[str, int]  # by `SignatureDelay`
    receipts: Mapping[str, int]  # by `Receipt`
    alarms: Sequence[str]

    @property
    def tests(self) -> int:
        return sum(self.days)


@dataclass(frozen=True)
class SenderFile:
    """A pharmacy as a sender."""

    finess: str
    name: str
    postcode: str
    city: str
    weeks: Sequence[SenderWeekRead]


@dataclass(frozen=True)
class ListedSender:
    """A pharmacy as the list shows it."""

    id: UUID
    finess: str
    name: str
    postcode: str
    city: str
    tests: int  # today
    last_day: date | None
    is_silent: bool
    alarms: Sequence[str]  # each a `SenderShare`


def senders_today(*, by: OfficerSeat, is_demo: bool) -> SendersToday:
    """Return how many pharmacies signed something by now, each by its own clock."""
    check_officer(by=by)
    ((here, sent, silent, tests),) = _ask(_TODAY, is_demo=is_demo)
    by_rule = dict(_ask(_BY_RULE, is_demo=is_demo))
    return SendersToday(here, sent, tests, {SILENT: silent, **{share: by_rule.get(share, 0) for share in SenderShare}})


def list_senders(*, by: OfficerSeat, is_demo: bool, rule: str = "", page: int = 1) -> tuple[list[ListedSender], bool]:
    """Return a page of the pharmacies that a rule names, or of all, those first of whom most is to be said; and
    whether there are more."""
    check_officer(by=by)
    rows = _ask(_LIST, is_demo=is_demo, rule=rule, limit=PAGE + 1, offset=(page - 1) * PAGE)
    senders = [ListedSender(*row) for row in rows]
    return senders[:PAGE], len(senders) > PAGE


def read_sender(*, by: OfficerSeat, is_demo: bool, pharmacy_id: UUID) -> SenderFile:
    """Return what a pharmacy's weeks say of it, the latest first; the look is an event of the pharmacy."""
    check_officer(by=by)
    seat = HouseActor(pharmacy_id, "authority")
    with tenant_scope(pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_PLACE, [pharmacy_id, is_demo, TRAINING_MARK])
        place = cursor.fetchone()
        if place is None:
            raise NotFoundError
        record_look(by=seat, kind=EventKind.SENDER_READ, subject_kind="officer", subject_id=by.officer_id)
        cursor.execute(_WEEKS, [pharmacy_id, KEPT_WEEKS])
        weeks = [_week(row) for row in cursor.fetchall()]
    finess, name, postcode, city = place
    return SenderFile(finess, name, postcode, city, weeks)


def _week(row: tuple[Any, ...]) -> SenderWeekRead:
    week, days, quality, receipts, alarms = row
    told, seen = json.loads(quality or "null"), json.loads(receipts or "null")
    return SenderWeekRead(week, days, shares_of(told, seen), (told or {}).get("signed") or {}, seen or {}, alarms)


def rule_labels() -> dict[str, Label]:
    """Return what each rule is called, by the name by which the list is asked for it."""
    rules = load_sender_rules()
    return {SILENT: rules.silence.label, **{share: rule.label for share, rule in rules.shares.items()}}


def _ask(sql: str, *, is_demo: bool, **more: Any) -> Sequence[tuple[Any, ...]]:
    silence = load_sender_rules().silence.days
    told = {"now": now(), "is_demo": is_demo, "training": TRAINING_MARK, **more}
    told |= {"silence": silence, "before": BEFORE.days}
    with connection.cursor() as cursor:
        cursor.execute(_SENDERS + sql, told)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
