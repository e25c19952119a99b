"""What the authority is shown of those who send: who signed something today, whom a rule names, one sender's weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.lib.clock import now
from temoin.lib.label import Label
from temoin.surveillance.sender_rules import SenderShare, load_sender_rules

PAGE = 100
SILENT = "silent"
BEFORE = timedelta(weeks=4)  # whoever signed nothing for longer sends nothing any more: that is no news

# Every open pharmacy with its day, its latest week and the rules that its last whole week exceeded.
_SENDERS = """
WITH open AS (
     SELECT id, finess, name, postcode, city, (%(now)s AT TIME ZONE time_zone)::date AS today
       FROM pharmacies_pharmacy AS pharmacy
      WHERE is_demo = %(is_demo)s
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


def senders_today(*, is_demo: bool) -> SendersToday:
    """Return how many pharmacies signed something by now, each by its own clock."""
    ((here, sent, silent, tests),) = _ask(_TODAY, is_demo=is_demo)
    by_rule = dict(_ask(_BY_RULE, is_demo=is_demo))
    return SendersToday(here, sent, tests, {SILENT: silent, **{share: by_rule.get(share, 0) for share in SenderShare}})


def list_senders(*, is_demo: bool, rule: str = "", page: int = 1) -> tuple[list[ListedSender], bool]:
    """Return a page of the pharmacies that a rule names, or of all, those first of whom most is to be said; and
    whether there are more."""
    rows = _ask(_LIST, is_demo=is_demo, rule=rule, limit=PAGE + 1, offset=(page - 1) * PAGE)
    senders = [ListedSender(*row) for row in rows]
    return senders[:PAGE], len(senders) > PAGE


def rule_labels() -> dict[str, Label]:
    """Return what each rule is called, by the name by which the list is asked for it."""
    rules = load_sender_rules()
    return {SILENT: rules.silence.label, **{share: rule.label for share, rule in rules.shares.items()}}


def _ask(sql: str, *, is_demo: bool, **more: Any) -> Sequence[tuple[Any, ...]]:
    silence = load_sender_rules().silence.days
    told = {"now": now(), "is_demo": is_demo, "silence": silence, "before": BEFORE.days, **more}
    with connection.cursor() as cursor:
        cursor.execute(_SENDERS + sql, told)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
