"""How much a person or a program has seen, or asked in vain, in the last hour: beyond the pace somebody else is told.

Counted from the journal's own events, so that every process counts the same and nothing more is kept about anyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from temoin.journal.alerts import raise_alert
from temoin.journal.events import LISTINGS, LOOKS, EventKind
from temoin.journal.listings import ASKED
from temoin.lib.clock import now
from temoin.lib.handed import Handed
from temoin.lib.tenant import tenant_scope
from temoin.oversight.reading_settings import ReadingPace
from temoin.pharmacies.policies import Holder

PACE: Handed[ReadingPace] = Handed("pace of reading")

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

# A listing is read once, however often it was shown; most hours of a counter show a few of them. Whoever filled in a
# form that was accepted has a record, by which they count.
_SEEN = """
    WITH looks AS MATERIALIZED (
        SELECT kind, subject_id, digest, count(*) FILTER (WHERE detail = ANY(%(asked)s)) AS asked FROM journal_event
         WHERE pharmacy_id = %(pharmacy)s AND actor_id = %(actor)s AND at > %(since)s AND kind = ANY(%(kinds)s)
         GROUP BY kind, subject_id, digest
    ), opened AS (
        SELECT DISTINCT subject_id AS id FROM looks WHERE kind <> ALL(%(listings)s) AND subject_id IS NOT NULL
    ), listed AS (
        SELECT DISTINCT unnest(l.subjects) AS id FROM journal_listing l
         WHERE l.pharmacy_id = %(pharmacy)s
           AND l.id IN (SELECT substr(digest, 1, 32)::uuid FROM looks WHERE kind = ANY(%(listings)s) AND digest <> '')
    ), seen AS (
        SELECT id, TRUE AS is_opened FROM opened UNION ALL SELECT id, FALSE FROM listed
    )
    SELECT count(DISTINCT coalesce(r.patient_id, s.id)) FILTER (WHERE s.is_opened),
           count(DISTINCT coalesce(r.patient_id, s.id)),
           (SELECT count(*) FROM journal_event WHERE pharmacy_id = %(pharmacy)s AND actor_id = %(actor)s
               AND at > %(minute_ago)s AND kind = ANY(%(kinds)s) AND kind <> ALL(%(listings)s)),
           (SELECT coalesce(sum(asked), 0) FROM looks WHERE kind = ANY(%(listings)s) AND digest = '')
      FROM seen s LEFT JOIN testing_record r ON r.pharmacy_id = %(pharmacy)s AND r.id = s.id
     WHERE NOT EXISTS (SELECT FROM arrivals_arrival a
                        WHERE a.pharmacy_id = %(pharmacy)s AND a.id = s.id AND a.state = 'accepted')
"""


@dataclass(frozen=True)
class PatientsSeen:
    """What somebody saw: distinct patients of the last hour, and pages of the last minute."""

    opened: int
    shown: int  # in any way, lists and searches included
    pages: int
    in_vain: int  # searches of the last hour that found nobody, or no result: an answer too


def patients_seen(*, by: Holder) -> PatientsSeen:
    """Return what somebody saw."""
    with tenant_scope(by.pharmacy_id), connection.cursor() as cursor:
        cursor.execute(
            _SEEN,
            {
                "pharmacy": by.pharmacy_id,
                "actor": by.actor_id,
                "since": now() - HOUR,
                "minute_ago": now() - MINUTE,
                "kinds": [*LOOKS, *LISTINGS],
                "listings": list(LISTINGS),
                "asked": list(ASKED),
            },
        )
        return PatientsSeen(*cursor.fetchone())


def reads_much(*, by: Holder) -> bool:
    """Tell whether the pace is reached, before one more patient is shown; owners are told of it once an hour."""
    pace = PACE()
    seen = patients_seen(by=by)
    if (
        seen.opened < pace.opened_per_hour
        and seen.shown < pace.shown_per_hour
        and seen.pages < pace.pages_per_minute
        and seen.in_vain < pace.vain_searches_per_hour
    ):
        return False
    raise_alert(
        by=by,
        kind=EventKind.READING_MUCH,
        subject_kind="program" if by.profession == "program" else "member",
        subject_id=by.actor_id,
        detail=f"{seen.opened} {seen.shown} {seen.pages} {seen.in_vain}",
        once_in=HOUR,
    )
    return True
