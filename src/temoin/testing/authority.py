"""Compares authority with the events that gave it: whoever writes in the database becomes nobody by it.

Members (person, profession, state, last day), the patient of each record, the consent to each test, merged patients and
the ends of parcels, each against the sealed events or the attempts that made them so. No value is opened.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from temoin.journal.events import EventKind
from temoin.journal.export import worded_lines
from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.verification import EVENTS, WAITS

_KINDS = (
    EventKind.MEMBER_SEATED,
    EventKind.MEMBER_ENROLLED,
    EventKind.MEMBER_CHANGED,
    EventKind.MEMBER_SUSPENDED,
    EventKind.MEMBER_RESUMED,
    EventKind.MEMBER_DEPARTED,
    EventKind.PHARMACY_CLOSED,
    EventKind.TEST_REGISTERED,
    EventKind.RESULT_SIGNED,
    EventKind.PATIENT_MERGED,
    EventKind.PARCEL_PROVED,
    EventKind.PARCEL_RESENT,
    EventKind.PARCEL_WITHDRAWN,
)
# Each kind heard, in the order of the tree; what waits for its place comes after all that has one.
_HEARD = f"""
    WITH heard AS MATERIALIZED (
        SELECT event.pharmacy_id, event.kind, event.subject_id, event.detail, event.digest, event.id, event.at,
               coalesce(leaf.index, 9223372036854775807) AS place, event.xid
          FROM {EVENTS} WHERE event.kind = ANY(%s) AND (leaf.index IS NOT NULL OR {WAITS})
    )
"""  # noqa: S608
_STANDING = """
    encode(sha256(convert_to(concat_ws('|', live.id, live.person_id, live.profession, {active},
                                       coalesce(to_char(live.last_day, 'YYYY-MM-DD'), '')), 'UTF8')), 'hex')
"""
# Closing a pharmacy suspends everybody by one event: whoever was at work before it is not after it.
_MEMBERS = f"""
    , told AS (
        SELECT DISTINCT ON (pharmacy_id, subject_id) * FROM heard WHERE kind LIKE 'member.%%'
         ORDER BY pharmacy_id, subject_id, place DESC, xid DESC
    )
    SELECT coalesce(told.pharmacy_id, live.pharmacy_id), coalesce(told.subject_id, live.id), told.id,
           CASE WHEN live.id IS NULL THEN 'is gone' WHEN told.id IS NULL THEN 'was given a place by no sealed event'
                ELSE 'is not who, or may not what, the last event about them says' END
      FROM told FULL JOIN pharmacies_member AS live ON live.pharmacy_id = told.pharmacy_id AND live.id = told.subject_id
     WHERE live.id IS NULL OR told.id IS NULL OR NOT (
           told.digest = {_STANDING.format(active="live.is_active::int")}
        OR NOT live.is_active AND told.digest = {_STANDING.format(active="1")}
           AND EXISTS (SELECT FROM heard AS closed
                        WHERE closed.kind = 'pharmacy.closed' AND closed.pharmacy_id = live.pharmacy_id
                          AND (closed.place, closed.xid) > (told.place, told.xid)))
"""  # noqa: S608
# The patient at the registration, or the one into whom that one was merged. A result that a file brings whole has no
# registration: its one event vouches for the version, and the record's seal alone for the patient.
_RECORDS = """
    , told AS (SELECT * FROM heard WHERE kind = 'test.registered')
    SELECT coalesce(told.pharmacy_id, live.pharmacy_id), coalesce(told.subject_id, live.id), told.id,
           CASE WHEN live.id IS NULL THEN 'is gone' WHEN told.id IS NULL THEN 'was registered by no sealed event'
                ELSE 'is not of the patient for whom it was registered' END
      FROM told FULL JOIN testing_record AS live ON live.pharmacy_id = told.pharmacy_id AND live.id = told.subject_id
     WHERE live.id IS NULL
        OR told.id IS NULL AND NOT EXISTS (
           SELECT FROM heard AS signed WHERE signed.kind = 'result.signed'
              AND signed.pharmacy_id = live.pharmacy_id AND signed.subject_id = live.id)
        OR told.id IS NOT NULL AND NOT EXISTS (
           SELECT FROM patients_patient AS patient
            WHERE patient.pharmacy_id = live.pharmacy_id
              AND (patient.id = live.patient_id OR patient.merged_into = live.patient_id)
              AND told.digest = encode(sha256(convert_to(concat_ws('|', live.id, patient.id), 'UTF8')), 'hex'))
"""
# A test of the counter begins with a consent, which has its number; a file brings none.
_CONSENTS = """
    SELECT told.pharmacy_id, told.subject_id, told.id,
           CASE WHEN live.id IS NULL THEN 'lacks the consent given for it' ELSE 'has the consent of another patient' END
      FROM heard AS told
      JOIN testing_record AS record ON record.pharmacy_id = told.pharmacy_id AND record.id = told.subject_id
      LEFT JOIN patients_consent AS live ON live.pharmacy_id = told.pharmacy_id AND live.id = told.subject_id
     WHERE told.kind = 'test.registered' AND told.detail = '' AND live.patient_id IS DISTINCT FROM record.patient_id
"""
# A record that was merged leads to the one that stays, or on to the one into which that one was merged later.
_MERGED = """
    , told AS (SELECT *, split_part(detail, '/', 2) AS stays FROM heard WHERE kind = 'patient.merged')
    SELECT coalesce(told.pharmacy_id, live.pharmacy_id), coalesce(told.subject_id, live.id), told.id,
           'does not lead to the record into which a sealed event merged it'
      FROM told FULL JOIN (SELECT * FROM (SELECT pharmacy_id, id, merged_into FROM patients_patient) AS one
                            WHERE merged_into IS NOT NULL) AS live
        ON live.pharmacy_id = told.pharmacy_id AND live.id = told.subject_id
     WHERE live.id IS NULL OR told.id IS NULL OR (live.merged_into::text <> told.stays AND NOT EXISTS (
           SELECT FROM patients_patient AS next
            WHERE next.pharmacy_id = live.pharmacy_id AND next.id::text = told.stays
              AND next.merged_into = live.merged_into))
"""
_PARCELS = """
    SELECT live.pharmacy_id, live.id, NULL::uuid, 'says ' || live.state || ', which its attempts and events do not'
      FROM outbox_parcel AS live
      LEFT JOIN LATERAL (SELECT verdict, at FROM outbox_attempt AS attempt
                          WHERE attempt.pharmacy_id = live.pharmacy_id AND attempt.parcel_id = live.id
                          ORDER BY at DESC, number DESC LIMIT 1) AS last ON true
      LEFT JOIN LATERAL (SELECT bool_or(kind = 'parcel.proved') AS proved,
                                bool_or(kind = 'parcel.withdrawn') AS withdrawn,
                                max(at) FILTER (WHERE kind = 'parcel.resent') AS resent_at
                           FROM heard WHERE heard.pharmacy_id = live.pharmacy_id AND heard.subject_id = live.id) AS told
        ON true
     WHERE live.state = 'accepted' AND last.verdict IS DISTINCT FROM 'accepted' AND told.proved IS NOT TRUE
        OR live.state = 'refused' AND last.verdict IS DISTINCT FROM 'refused'
        OR live.state = 'withdrawn' AND told.withdrawn IS NOT TRUE
        OR live.state <> 'accepted' AND last.verdict = 'accepted' AND (told.resent_at < last.at) IS NOT FALSE
"""
_QUESTIONS = {
    "member": _MEMBERS,
    "record": _RECORDS,
    "test": _CONSENTS,
    "patient": _MERGED,
    "parcel": _PARCELS,
}


# What an export says of all this, from which an outsider comes to the same verdict.
_EXPORTED = {
    "member": """
        SELECT pharmacy_id, id, person_id, profession, is_active::int, coalesce(to_char(last_day, 'YYYY-MM-DD'), '')
          FROM pharmacies_member ORDER BY pharmacy_id, id
    """,
    "patient": "SELECT pharmacy_id, id, merged_into FROM patients_patient ORDER BY pharmacy_id, id",
    "consent": "SELECT pharmacy_id, id, patient_id FROM patients_consent ORDER BY pharmacy_id, id",
    "parcel": """
        SELECT live.pharmacy_id, live.id, live.state, last.verdict, (extract(epoch FROM last.at) * 1000000)::bigint
          FROM outbox_parcel AS live
          LEFT JOIN LATERAL (SELECT verdict, at FROM outbox_attempt AS attempt
                              WHERE attempt.pharmacy_id = live.pharmacy_id AND attempt.parcel_id = live.id
                              ORDER BY at DESC, number DESC LIMIT 1) AS last ON true
         ORDER BY live.pharmacy_id, live.id
    """,
}


def exported_authority() -> Iterator[bytes]:
    """Yield the lines of an export that say who is who, who may what, and how parcels ended."""
    for word, query in _EXPORTED.items():
        yield from worded_lines(word, query)


def compare_authority() -> Iterator[JournalFinding]:
    """Yield each row whose say on who is who, who may what or whose it is differs from what made it so."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for what, question in _QUESTIONS.items():
            cursor.execute(_HEARD + question + " ORDER BY 1, 2", [[kind.value for kind in _KINDS]])
            for pharmacy_id, row_id, event_id, fault in cursor.fetchall():
                note = f"{what} {row_id} of pharmacy {pharmacy_id} {fault}"
                yield JournalFinding(Fault.AUTHORITY, None, str(event_id or ""), str(pharmacy_id), note)
