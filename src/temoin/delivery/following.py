"""Which tests changed since a place in time, and where their parcels and letters are: states, and nothing sealed.

What happens to a test, its letters and its parcels is an event, save that a parcel settles: that is in its own row.
Times are those of writers, not of commits, so what is younger than the longest act is left for the next question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.delivery.letters import LetterView, letters_of
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.outbox.queries import ends_of
from temoin.outbox.states import ParcelState
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.queries import states_of

MOST = 50  # of one question: each is several looks at tables
BACK = timedelta(days=7)  # where nothing is said
STRIDE = timedelta(days=1)  # of one question: what it sorts is bounded, however old its place is
UNSETTLED = timedelta(minutes=1)  # longer than any act lasts
FIRST = UUID(int=0)

CHANGES = (
    *(EventKind.TEST_REGISTERED, EventKind.SAMPLE_TAKEN, EventKind.SAMPLE_UNDONE, EventKind.RESULT_PROPOSED),
    *(EventKind.PROPOSAL_WITHDRAWN, EventKind.TEST_ABANDONED, EventKind.RESULT_SIGNED, EventKind.RESULT_CORRECTED),
    *(EventKind.RESULT_CANCELLED, EventKind.TICKET_RENEWED, EventKind.LINK_SENT_AGAIN, EventKind.PARCEL_RELEASED),
    *(EventKind.PARCEL_PROVED, EventKind.PARCEL_RESENT, EventKind.PARCEL_WITHDRAWN, EventKind.LETTER_SEALED),
    *(EventKind.LETTER_OPENED, EventKind.LETTER_REFUSED),
    *(EventKind.AMENDMENT_PROPOSED, EventKind.AMENDMENT_WITHDRAWN, EventKind.AMENDMENT_REFUSED),
)


@dataclass(frozen=True)
class ChangePlace:
    """Where the changes go on: after what happened then to that test."""

    at: datetime
    record_id: UUID = FIRST


@dataclass(frozen=True)
class ChangedTest:
    """A test that something happened to, as it stands now."""

    id: UUID
    state: str
    changed_at: datetime
    parcels: list[tuple[str, int, ParcelState]]
    letters: list[LetterView]


@dataclass(frozen=True)
class Changes:
    """Tests that changed, in the order of their last change here, and where to go on."""

    tests: list[ChangedTest]
    reached: ChangePlace
    has_more: bool


def changed_tests(*, by: Holder, limit: int, after: ChangePlace | None = None) -> Changes:
    """Return tests that changed after a place, as they stand now: no patient data, so it is no look."""
    check_right(by=by, right=Right.READ_TEST)
    place, horizon = after or ChangePlace(now() - BACK), now() - UNSETTLED
    until = max(place.at, min(horizon, place.at + STRIDE))
    with tenant_scope(by.pharmacy_id):
        rows = _changes(place, until, min(limit, MOST) + 1)
        found = rows[: min(limit, MOST)]
        last = {record_id: at for at, record_id in found}
        states = states_of(last)
        tests = [
            ChangedTest(one, states[one], at, ends_of(one), letters_of(one))
            for one, at in last.items()
            if one in states
        ]
    if len(rows) > len(found):
        return Changes(tests, ChangePlace(*found[-1]), has_more=True)
    return Changes(tests, ChangePlace(until), has_more=until < horizon)


def _changes(place: ChangePlace, until: datetime, most: int) -> list[tuple[datetime, UUID]]:
    asked: dict[str, Any] = {
        "pharmacy": current_pharmacy(),
        "at": place.at,
        "id": place.record_id,
        "until": until,
        "kinds": [kind.value for kind in CHANGES],
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, asked)
        return [(at, record_id) for at, record_id in cursor.fetchall()]


_CHANGES = """
WITH heard AS (
    SELECT at, subject_id FROM journal_event
     WHERE pharmacy_id = %(pharmacy)s AND at >= %(at)s AND at < %(until)s AND kind = ANY(%(kinds)s)
), changes AS (
    SELECT heard.at, record.id FROM heard JOIN testing_record AS record
        ON record.pharmacy_id = %(pharmacy)s AND record.id = heard.subject_id
     UNION SELECT heard.at, letter.record_id FROM heard JOIN delivery_letter AS letter
        ON letter.pharmacy_id = %(pharmacy)s AND letter.id = heard.subject_id
     UNION SELECT heard.at, parcel.chain_id FROM heard JOIN outbox_parcel AS parcel
        ON parcel.pharmacy_id = %(pharmacy)s AND parcel.id = heard.subject_id
     UNION SELECT settled_at, chain_id FROM outbox_parcel
            WHERE pharmacy_id = %(pharmacy)s AND settled_at >= %(at)s AND settled_at < %(until)s
)
SELECT at, id FROM changes WHERE (at, id) > (%(at)s, %(id)s) ORDER BY at, id LIMIT %(most)s
"""
