"""Compares signed versions with the events that wrote them.

A restored old row still opens: only the digest in the event shows that it is not the row that was signed.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from temoin.crypto.envelope import CONTENT
from temoin.journal.events import EventKind
from temoin.journal.export import worded_lines
from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.verification import EVENTS, WAITS

_SIGNED = (EventKind.RESULT_SIGNED.value, EventKind.RESULT_CORRECTED.value, EventKind.RESULT_CANCELLED.value)

# Lawfully deleted, at its day: the sealed event of the keeper says so, and no version of the record may be there then.
_ERASED = f"""
    SELECT event.pharmacy_id, event.subject_id AS record_id FROM {EVENTS}
     WHERE event.kind = '{EventKind.RECORD_ERASED}' AND (leaf.index IS NOT NULL OR {WAITS})
"""  # noqa: S608 our own words
# Hashes are made by the database from the stored rows (see `RecordVersion.digest`): they are compared with what the
# sealed journal says, and no value leaves its row. An event that nobody sealed tells nothing, unless it waits for the
# next seal; a second one about the same version is a fault, whatever it says. One full join tells all four faults.
_DIGEST = f"""
    encode(sha256(substr(live.sealed, {CONTENT + 1}) || uuid_send(live.id) || uuid_send(live.signed_by)
                  || int8send(extract(epoch FROM live.signed_at)::bigint)), 'hex')
"""
_DIFFERENT = f"""
    WITH told AS (
        SELECT event.pharmacy_id, event.subject_id AS record_id, event.detail, count(*) AS events,
               (array_agg(event.digest ORDER BY leaf.index))[1] AS digest,
               (array_agg(event.id ORDER BY leaf.index))[1] AS id
          FROM {EVENTS} WHERE event.kind = ANY(%s) AND (leaf.index IS NOT NULL OR {WAITS})
         GROUP BY event.pharmacy_id, event.subject_id, event.detail
    )
    , erased AS MATERIALIZED ({_ERASED})
    SELECT coalesce(told.pharmacy_id, live.pharmacy_id)::text, coalesce(told.record_id, live.record_id)::text,
           coalesce(told.detail, live.number::text), told.id::text, live.id::text, told.events > 1
      FROM told FULL JOIN testing_record_version AS live
        ON live.pharmacy_id = told.pharmacy_id AND live.record_id = told.record_id AND live.number::text = told.detail
      LEFT JOIN erased ON erased.pharmacy_id = coalesce(told.pharmacy_id, live.pharmacy_id)
       AND erased.record_id = coalesce(told.record_id, live.record_id)
     WHERE CASE WHEN erased.record_id IS NOT NULL THEN live.id IS NOT NULL
                ELSE told.events > 1 OR {_DIGEST} IS DISTINCT FROM told.digest END
     ORDER BY 1, 2, 3
"""  # noqa: S608
_BEHIND = """
    SELECT record.pharmacy_id::text, record.id::text, record.version FROM testing_record AS record
      LEFT JOIN (SELECT pharmacy_id, record_id, max(number) AS number FROM testing_record_version
                  GROUP BY pharmacy_id, record_id) AS last
        ON last.pharmacy_id = record.pharmacy_id AND last.record_id = record.id
     WHERE record.version <> coalesce(last.number, 0)
"""


_VERSIONS = f"""
    SELECT live.pharmacy_id, live.record_id, live.number, live.id, {_DIGEST} FROM testing_record_version AS live
     ORDER BY live.pharmacy_id, live.record_id, live.number
"""  # noqa: S608
_RECORDS = "SELECT pharmacy_id, id, version, patient_id, state FROM testing_record ORDER BY pharmacy_id, id"


def exported_records() -> Iterator[bytes]:
    """Yield what an export says of signed versions and of the records that point at them."""
    yield from worded_lines("version", _VERSIONS)
    yield from worded_lines("record", _RECORDS)


def compare_records() -> Iterator[JournalFinding]:
    """Yield each signed version that is not the one its event wrote, and each record that points at another version."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_DIFFERENT, [list(_SIGNED)])
        for pharmacy_id, record_id, number, told, live, is_twice in cursor.fetchall():
            note = f"version {number} of record {record_id} of pharmacy {pharmacy_id} {_wrong(told, live, is_twice)}"
            yield JournalFinding(Fault.RECORD, None, told or "", pharmacy_id, note)
        cursor.execute(_BEHIND)
        for pharmacy_id, record_id, number in cursor.fetchall():
            note = f"record {record_id} of pharmacy {pharmacy_id} says version {number}, which is not its latest"
            yield JournalFinding(Fault.RECORD, None, "", pharmacy_id, note)


def _wrong(told: str | None, live: str | None, is_twice: bool) -> str:  # noqa: FBT001 a column of the answer
    if live is None:
        return "is gone"
    if told is None:
        return "was not written by any sealed event"
    return "is told by several events" if is_twice else "was replaced"
