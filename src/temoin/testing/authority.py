"""Compares authority with the events that gave it: whoever writes in the database becomes nobody by it.

Each sealed row and each account with how the events left it (`testing.written`): members and their rights, invitations,
programs with scopes and keys, passwords and factors, patients and whose test a record is. Besides, what stands in
clear: the consent to each test, the state of each record, the ends of parcels. No value is opened.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from temoin.journal.events import EventKind
from temoin.journal.export import worded_lines
from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.verification import EVENTS, WAITS
from temoin.testing.written import TOLD, compare_rows, exported_rows

_KINDS = (
    EventKind.TEST_REGISTERED,
    EventKind.SAMPLE_TAKEN,
    EventKind.SAMPLE_UNDONE,
    EventKind.TEST_ABANDONED,
    EventKind.RESULT_SIGNED,
    EventKind.RESULT_CORRECTED,
    EventKind.RESULT_CANCELLED,
    EventKind.PARCEL_PROVED,
    EventKind.PARCEL_RESENT,
    EventKind.PARCEL_WITHDRAWN,
)
_HEARD = f"""
    WITH heard AS MATERIALIZED (
        SELECT event.pharmacy_id, event.kind, event.subject_id, event.detail, event.id, event.at
          FROM {EVENTS} WHERE event.kind = ANY(%s) AND (leaf.index IS NOT NULL OR {WAITS})
    )
"""  # noqa: S608
# A test of the counter begins with a consent, which has its number; a file brings none.
_CONSENTS = """
    SELECT told.pharmacy_id, told.subject_id, told.id,
           CASE WHEN live.id IS NULL THEN 'lacks the consent given for it' ELSE 'has the consent of another patient' END
      FROM heard AS told
      JOIN testing_record AS record ON record.pharmacy_id = told.pharmacy_id AND record.id = told.subject_id
      LEFT JOIN patients_consent AS live ON live.pharmacy_id = told.pharmacy_id AND live.id = told.subject_id
     WHERE told.kind = 'test.registered' AND live.patient_id IS DISTINCT FROM record.patient_id
"""
# The state of a record, from what was done with it, in whichever order: each step but the reading happens once, and a
# sample once more than it was taken back.
_STATES = """
    , done AS (
        SELECT pharmacy_id, subject_id, count(*) FILTER (WHERE kind = 'sample.taken')
                                        > count(*) FILTER (WHERE kind = 'sample.undone') AS sampled,
               bool_or(kind = 'test.abandoned') AS abandoned, bool_or(kind = 'result.signed') AS signed,
               bool_or(kind = 'result.corrected') AS corrected, bool_or(kind = 'result.cancelled') AS cancelled
          FROM heard GROUP BY pharmacy_id, subject_id
    )
    SELECT live.pharmacy_id, live.id, NULL::uuid, 'says ' || live.state || ', which its events do not'
      FROM testing_record AS live
      LEFT JOIN done ON done.pharmacy_id = live.pharmacy_id AND done.subject_id = live.id
     WHERE live.state <> CASE WHEN done.cancelled THEN 'cancelled' WHEN done.corrected THEN 'corrected'
                              WHEN done.signed THEN 'signed' WHEN done.abandoned THEN 'abandoned'
                              WHEN done.sampled THEN 'sampled' ELSE 'registered' END
"""
_LAST = """
      LEFT JOIN LATERAL (SELECT verdict, at FROM outbox_attempt AS attempt
                          WHERE attempt.pharmacy_id = live.pharmacy_id AND attempt.parcel_id = live.id
                          ORDER BY at DESC, number DESC LIMIT 1) AS last ON true
"""
_OVERTAKEN = """
    EXISTS (SELECT FROM outbox_parcel AS newer
             WHERE newer.pharmacy_id = live.pharmacy_id AND newer.chain_id = live.chain_id
               AND newer.destination = live.destination AND newer.sequence > live.sequence)
"""
# A parcel is replaced by the act that makes it pointless, which names it; or by the worker, whose last attempt says so,
# or was refused while a newer version is on its way.
_PARCELS = f"""
    , {TOLD}
    SELECT live.pharmacy_id, live.id, NULL::uuid, 'says ' || live.state || ', which its attempts and events do not'
      FROM outbox_parcel AS live
      {_LAST}
      LEFT JOIN LATERAL (SELECT bool_or(kind = 'parcel.proved') AS proved,
                                bool_or(kind = 'parcel.withdrawn') AS withdrawn,
                                max(at) FILTER (WHERE kind = 'parcel.resent') AS resent_at
                           FROM heard WHERE heard.pharmacy_id = live.pharmacy_id AND heard.subject_id = live.id) AS told
        ON true
     WHERE live.state = 'accepted' AND last.verdict IS DISTINCT FROM 'accepted' AND told.proved IS NOT TRUE
        OR live.state = 'refused' AND last.verdict IS DISTINCT FROM 'refused'
        OR live.state = 'withdrawn' AND told.withdrawn IS NOT TRUE
        OR live.state = 'replaced' AND last.verdict IS DISTINCT FROM 'replaced'
       AND NOT (last.verdict = 'refused' AND {_OVERTAKEN}) IS NOT FALSE AND NOT EXISTS (
           SELECT FROM told AS replaced WHERE replaced.place = 'outbox_parcel' AND replaced.now = 'replaced'
              AND replaced.pharmacy_id = live.pharmacy_id AND replaced.row_id = live.id::text)
        OR live.state <> 'accepted' AND last.verdict = 'accepted' AND (told.resent_at < last.at) IS NOT FALSE
"""  # noqa: S608
_QUESTIONS = {"test": _CONSENTS, "record": _STATES, "parcel": _PARCELS}

# What an export says of all this, from which an outsider comes to the same verdict.
_EXPORTED = {
    "consent": "SELECT pharmacy_id, id, patient_id FROM patients_consent ORDER BY pharmacy_id, id",
    "parcel": f"""
        SELECT live.pharmacy_id, live.id, live.state, last.verdict, (extract(epoch FROM last.at) * 1000000)::bigint,
               ({_OVERTAKEN})::int
          FROM outbox_parcel AS live {_LAST}
         ORDER BY live.pharmacy_id, live.id
    """,  # noqa: S608
}


def exported_authority() -> Iterator[bytes]:
    """Yield the lines of an export that say how each row stands, who consented, and how parcels ended."""
    yield from exported_rows()
    for word, query in _EXPORTED.items():
        yield from worded_lines(word, query)


def compare_authority() -> Iterator[JournalFinding]:
    """Yield each row whose say on who is who, who may what or whose it is differs from what made it so."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield from compare_rows()
        for what, question in _QUESTIONS.items():
            cursor.execute(_HEARD + question + " ORDER BY 1, 2", [[kind.value for kind in _KINDS]])
            for pharmacy_id, row_id, event_id, fault in cursor.fetchall():
                note = f"{what} {row_id} of pharmacy {pharmacy_id} {fault}"
                yield JournalFinding(Fault.AUTHORITY, None, str(event_id or ""), str(pharmacy_id), note)
