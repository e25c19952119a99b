"""Compares signed versions with the events that wrote them, and deletions by right with the requests they name.

A restored old row still opens: only the digest in the event shows that it is not the row that was signed.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from temoin.crypto.envelope import CONTENT
from temoin.journal.cuts import SLACK
from temoin.journal.events import EventKind
from temoin.journal.export import worded_lines
from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.verification import EVENTS, WAITS

_SIGNED = (EventKind.RESULT_SIGNED.value, EventKind.RESULT_CORRECTED.value, EventKind.RESULT_CANCELLED.value)
_BY_CLOCK, _BY_RIGHT = "retention", "erasure"  # why something was deleted, as its event tells

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
# What did not go by the clock names the request that it was asked by, as in "erasure/<case>": one that was opened for
# an erasure, and granted before; times are those at which transactions began, and a batch may have waited.
_UNASKED = f"""
    WITH heard AS MATERIALIZED (
        SELECT event.pharmacy_id, event.id, event.kind, event.subject_id, event.detail, event.at
          FROM {EVENTS} WHERE event.kind = ANY(%s) AND (leaf.index IS NOT NULL OR {WAITS})
    )
    SELECT erased.pharmacy_id::text, erased.id::text, erased.subject_id::text FROM heard AS erased
     WHERE erased.kind IN ('{EventKind.RECORD_ERASED}', '{EventKind.PATIENT_ERASED}')
       AND erased.detail <> '{_BY_CLOCK}'
       AND (SELECT count(DISTINCT asked.kind) FROM heard AS asked
             WHERE asked.pharmacy_id = erased.pharmacy_id
               AND asked.at <= erased.at + interval '{int(SLACK.total_seconds())} seconds'
               AND '{_BY_RIGHT}/' || asked.subject_id::text = erased.detail
               AND (asked.kind = '{EventKind.CASE_GRANTED}'
                    OR asked.kind = '{EventKind.CASE_OPENED}' AND asked.detail = '{_BY_RIGHT}')) < 2
     ORDER BY 1, 2
"""  # noqa: S608
_ENDS = (EventKind.RECORD_ERASED, EventKind.PATIENT_ERASED, EventKind.CASE_OPENED, EventKind.CASE_GRANTED)


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
    """Yield each version that is not the one its event wrote, each record that points at another, each unasked end."""
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
        cursor.execute(_UNASKED, [[kind.value for kind in _ENDS]])
        for pharmacy_id, event_id, subject_id in cursor.fetchall():
            note = f"{subject_id} of pharmacy {pharmacy_id} was deleted by right, and no granted request is named"
            yield JournalFinding(Fault.RECORD, None, event_id, pharmacy_id, note)


def _wrong(told: str | None, live: str | None, is_twice: bool) -> str:  # noqa: FBT001 a column of the answer
    if live is None:
        return "is gone"
    if told is None:
        return "was not written by any sealed event"
    return "is told by several events" if is_twice else "was replaced"
