"""Persons concerned by a breach: the owner lists them, the operator counts them (docs/compliance/breach.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.crypto.envelope import KEY_ID_SQL
from temoin.crypto.models import DataKey
from temoin.crypto.ring import INDEX
from temoin.journal.act import record_look
from temoin.journal.events import LISTINGS, EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.patients.models import Patient
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.paged import HOURS
from temoin.testing.states import UNDER_WAY

CHUNK = 200  # persons opened in one transaction: a slow reader must not hold one for long

# What each sealed table tells of: the column that leads to its person, by the patient or by a test of theirs.
SEALED_OF = {
    "patients_patient": "id",
    "testing_record": "id",
    "testing_record_version": "record_id",
    "testing_ticket": "record_id",
    "certificates_issued": "record_id",
    "outbox_parcel": "chain_id",
    "retention_case": "patient_id",
    "retention_hold": "patient_id",  # null: of the whole pharmacy, and so of nobody
}
OF_PARCELS = ("outbox_attempt", "outbox_sides")  # these lead to their person by the parcel

_OF_ROWS = " UNION ALL ".join(
    f"SELECT {column} AS id, sealed FROM {table} WHERE pharmacy_id = %(pharmacy)s"  # noqa: S608 our own names
    for table, column in SEALED_OF.items()
)
_OF_TRIES = " UNION ALL ".join(
    f"SELECT parcel.chain_id, tried.sealed FROM {table} AS tried"  # noqa: S608 our own names
    " JOIN outbox_parcel AS parcel USING (pharmacy_id)"
    " WHERE pharmacy_id = %(pharmacy)s AND parcel.id = tried.parcel_id"
    for table in OF_PARCELS
)
# By the row that an event is about to the person: a letter, a parcel, a certificate, a request, a hold.
_LED_TO = " UNION ".join(
    f"SELECT {column} FROM {table} WHERE pharmacy_id = %(pharmacy)s AND id IN (SELECT subject_id FROM heard)"  # noqa: S608
    for table, column in {"delivery_letter": "record_id", **SEALED_OF}.items()
)

# With a beginning: whom an event of the period is about, by whichever row; whom a search or a list showed, as it stands
# beside its event; and whom a list of tests may have shown, were that gone: what was under way at that time (signed or
# abandoned later, or still so), and of what was done as many of the newest as the event says, or all between the hours
# that it says. With a key: whose rows it seals.
_IS_PAGE = f"detail LIKE '%%{HOURS}%%'"
_CONCERNED = f"""
WITH heard AS (
    SELECT kind, at, subject_id, detail, digest FROM journal_event
     WHERE pharmacy_id = %(pharmacy)s AND at >= %(since)s::timestamptz
       AND (%(until)s::timestamptz IS NULL OR at < %(until)s::timestamptz)
), lists AS (
    SELECT min(at) AS first, max(CASE WHEN detail ~ '^[0-9]+$' THEN detail::int END) AS seen
      FROM heard WHERE kind = %(list_read)s AND subject_id IS NULL
), pages AS (
    SELECT CASE WHEN {_IS_PAGE} THEN split_part(detail, '{HOURS}', 1)::timestamptz END AS oldest,
           CASE WHEN {_IS_PAGE} THEN split_part(detail, '{HOURS}', 2)::timestamptz END AS newest
      FROM heard WHERE kind = %(list_read)s AND subject_id IS NULL
), listed AS (
    SELECT id, registered_at, state = ANY(%(open)s) OR EXISTS (
               SELECT FROM journal_event WHERE pharmacy_id = %(pharmacy)s AND subject_id = record.id
                  AND kind = ANY(%(ends)s) AND at >= lists.first) AS was_under_way
      FROM testing_record AS record, lists
     WHERE pharmacy_id = %(pharmacy)s AND registered_at <= lists.first
), shown AS (
    SELECT id FROM listed WHERE was_under_way
     UNION ALL (SELECT id FROM listed WHERE NOT was_under_way
                 ORDER BY registered_at DESC FETCH FIRST (SELECT coalesce(max(seen), 0) FROM lists) ROWS WITH TIES)
     UNION ALL SELECT id FROM testing_record JOIN pages ON registered_at BETWEEN oldest AND newest
                WHERE pharmacy_id = %(pharmacy)s
), subjects AS (
    SELECT subject_id AS id FROM heard
     UNION SELECT id FROM shown
     UNION SELECT unnest(subjects) FROM journal_listing
            WHERE pharmacy_id = %(pharmacy)s
              AND id IN (SELECT substr(digest, 1, 32)::uuid FROM heard WHERE digest <> '' AND kind = ANY(%(listings)s))
     UNION {_LED_TO}
), sealed AS (
    {_OF_ROWS} UNION ALL {_OF_TRIES}
), named AS (
    SELECT id FROM sealed WHERE {KEY_ID_SQL} = %(key)s::bytea
), persons AS (
    SELECT coalesce(merged_into, id) AS person, id AS subject FROM patients_patient WHERE pharmacy_id = %(pharmacy)s
     UNION ALL SELECT patient_id, id FROM testing_record WHERE pharmacy_id = %(pharmacy)s
)
SELECT id FROM patients_patient
 WHERE pharmacy_id = %(pharmacy)s AND merged_into IS NULL
   AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s::timestamptz
        OR id IN (SELECT merged_into FROM patients_patient
                   WHERE pharmacy_id = %(pharmacy)s AND created_at < %(until)s::timestamptz))
   AND (%(since)s::timestamptz IS NULL
        OR id IN (SELECT person FROM persons WHERE subject IN (SELECT id FROM subjects)))
   AND (%(key)s::bytea IS NULL OR id IN (SELECT person FROM persons WHERE subject IN (SELECT id FROM named)))
 ORDER BY id
"""  # noqa: S608

_SEARCHES = """
SELECT count(*) FROM journal_event AS event
 WHERE pharmacy_id = %(pharmacy)s AND kind = ANY(%(searched)s) AND digest <> '' AND at >= %(since)s::timestamptz
   AND NOT EXISTS (SELECT FROM journal_listing
                    WHERE pharmacy_id = %(pharmacy)s AND id = substr(event.digest, 1, 32)::uuid)
   AND (%(until)s::timestamptz IS NULL OR at < %(until)s::timestamptz)
"""


# Whom these showed, only their own lists say; of a list of tests, the order of the tests does too.
_SEARCHED = [EventKind.PATIENT_SEARCHED.value, EventKind.RESULTS_READ.value]


@dataclass(frozen=True, kw_only=True)
class Extent:
    """What a breach reached: from `since` on, before `until`, under one data key; None where it had no bound."""

    since: datetime | None = None
    until: datetime | None = None
    key_id: UUID | None = None

    @property
    def detail(self) -> str:
        """Return what the event keeps: the bounds as they were given."""
        bounds = (self.since and self.since.isoformat(), self.until and self.until.isoformat(), self.key_id)
        return "/".join(str(bound or "") for bound in bounds)


@dataclass(frozen=True)
class Persons:
    """Who is concerned, opened as they are read; and the searches of which nobody can say whom they showed."""

    count: int
    unnamed_searches: int
    traits: Iterator[tuple[UUID, Traits]]


def list_persons(*, by: Seat, extent: Extent) -> Persons:
    """Return the persons concerned, after the event that says so; NotFoundError for a key of another pharmacy."""
    check_right(by=by, right=Right.LIST_PERSONS)
    with tenant_scope(by.pharmacy_id):
        ids, searches = _concerned(extent), searches_of(extent)
        _record(by, EventKind.PERSONS_LISTED, extent)
    return Persons(len(ids), searches, _opened(by.pharmacy_id, ids))


def count_persons(*, by: Holder, extent: Extent) -> int:
    """Return how many persons are concerned, from identifiers and times alone."""
    check_right(by=by, right=Right.COUNT_PERSONS)
    with tenant_scope(by.pharmacy_id):
        ids = _concerned(extent)
        _record(by, EventKind.PERSONS_COUNTED, extent)
    return len(ids)


def _record(by: Holder, kind: EventKind, extent: Extent) -> None:
    record_look(by=by, kind=kind, subject_kind="patient", subject_id=None, detail=extent.detail)


def _opened(pharmacy_id: UUID, ids: list[UUID]) -> Iterator[tuple[UUID, Traits]]:
    for some in _chunks(ids):
        with tenant_scope(pharmacy_id):
            patients = Patient.objects.filter(id__in=some)
            opened = each_opened(patients, lambda patient: (patient.id, patient.traits), origin="command")
        yield from opened


def _chunks(ids: list[UUID]) -> Iterator[list[UUID]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _concerned(extent: Extent) -> list[UUID]:
    values = _values(
        extent,
        key=_key(extent),
        listings=list(LISTINGS),
        list_read=EventKind.TEST_LIST_READ.value,
        open=[state.value for state in UNDER_WAY],
        ends=[EventKind.RESULT_SIGNED.value, EventKind.TEST_ABANDONED.value],
    )
    with connection.cursor() as cursor:
        cursor.execute(_CONCERNED, values)
        return [row[0] for row in cursor.fetchall()]


def searches_of(extent: Extent) -> int:
    """Count the searches of a period that showed somebody and whose list of whom is gone."""
    if extent.since is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_SEARCHES, _values(extent, searched=_SEARCHED))
        return int(cursor.fetchone()[0])


def _values(extent: Extent, **more: Any) -> dict[str, Any]:
    return {"pharmacy": current_pharmacy(), "since": extent.since, "until": extent.until, **more}


def _key(extent: Extent) -> bytes | None:
    """Return the id that sealed values bear; the key of the indexes bears on every patient, so it narrows nothing."""
    if extent.key_id is None:
        return None
    purpose = DataKey.objects.filter(id=extent.key_id).values_list("purpose", flat=True).first()
    if purpose is None:
        raise NotFoundError
    return None if purpose == INDEX else extent.key_id.bytes
