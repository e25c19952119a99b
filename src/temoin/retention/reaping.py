"""Deleting what is past its day, a few rows a transaction; each record and each patient that goes is an event.

Columns in clear choose what may go; it goes by what its seals say (`retention.proven`). What is held, and what is still
on its way to somebody, stays. A batch takes its turn, chooses and locks, then asks everything again: what committed
while it chose is seen by a new statement alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from temoin.journal.act import HouseActor, act, acts_together
from temoin.journal.events import EventKind
from temoin.keeping.acts import OPERATOR
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.handed import Handed
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import bounds_of_day, today_in
from temoin.outbox.states import OPEN, ParcelState
from temoin.patients.models import Patient
from temoin.pharmacies.models import Pharmacy
from temoin.retention.proven import Granted, granted_erasures, lifted_holds, opened_rows, opened_tests, registered_since
from temoin.retention.turns import take_turn
from temoin.testing.states import UNDER_WAY

Batch = tuple[int, int]  # how many were chosen, and how many of them went
BATCH = 100  # records, patients: some ten rows each
MANY = 1_000  # single rows
RETENTION, ERASURE = "retention", "erasure"  # why, as events tell it
# Where results are reported to. What an authority refused is somebody's matter until it is mended or withdrawn; a
# message that never reached a patient is past its use with the result.
REPORTED: Handed[Collection[str]] = Handed("destinations of reports")
_MOVING = sorted(state.value for state in OPEN - {ParcelState.REFUSED})

# Held: the patient, the record into which the held one was merged, or one that was merged into it; or everything.
HELD = """
    EXISTS (SELECT FROM retention_hold AS hold
              LEFT JOIN patients_patient AS held ON held.pharmacy_id = hold.pharmacy_id AND held.id = hold.patient_id
             WHERE hold.pharmacy_id = %(pharmacy)s AND NOT hold.id = ANY(%(lifted)s)
               AND (hold.patient_id IS NULL OR {patient} IN (held.id, held.merged_into) OR {merged} = held.id))
"""
HELD_RECORD = HELD.format(patient="record.patient_id", merged="NULL::uuid")
_HELD_PATIENT = HELD.format(patient="patient.id", merged="patient.merged_into")
# A request that nobody has answered keeps what it asks about: the answer, a copy perhaps, is still to be made.
UNANSWERED = """
    EXISTS (SELECT FROM retention_case AS unanswered
              LEFT JOIN patients_patient AS asker
                ON asker.pharmacy_id = unanswered.pharmacy_id AND asker.id = unanswered.patient_id
             WHERE unanswered.pharmacy_id = %(pharmacy)s AND unanswered.state = 'open'
               AND {patient} IN (asker.id, asker.merged_into))
"""
ASKED_ABOUT = UNANSWERED.format(patient="record.patient_id")
ON_ITS_WAY = """
    EXISTS (SELECT FROM outbox_parcel AS parcel
             WHERE parcel.pharmacy_id = record.pharmacy_id AND parcel.chain_id = record.id
               AND (parcel.state = ANY(%(moving)s)
                    OR parcel.state = 'refused' AND parcel.destination = ANY(%(reported)s)))
"""
PAST = """
    record.pharmacy_id = %(pharmacy)s AND record.registered_at < %(before)s
    AND NOT EXISTS (SELECT FROM testing_record_version AS version
                     WHERE version.pharmacy_id = record.pharmacy_id AND version.record_id = record.id
                       AND version.signed_at >= %(before)s)
"""
# Asked for by right, and granted: what was registered and signed by the answer, as far as hours in clear can tell.
_ASKED = """
    EXISTS (SELECT FROM retention_case AS asked
              LEFT JOIN patients_patient AS whose
                ON whose.pharmacy_id = asked.pharmacy_id AND whose.id = asked.patient_id
             WHERE asked.pharmacy_id = %(pharmacy)s AND asked.id = ANY(%(granted)s) AND {rule})
"""
_ASKED_RECORD = _ASKED.format(
    rule="record.patient_id IN (whose.id, whose.merged_into) AND record.registered_at <= asked.answered_at"
)
_ASKED_PATIENT = _ASKED.format(rule="asked.patient_id IN (patient.id, patient.merged_into)")
_WHICH_RECORDS = {
    RETENTION: PAST,
    ERASURE: f"record.pharmacy_id = %(pharmacy)s AND NOT record.state = ANY(%(under_way)s) AND {_ASKED_RECORD}",
}
_RECORDS = f"""
    SELECT record.id FROM testing_record AS record
     WHERE {{which}} AND NOT record.id = ANY(%(aside)s) AND NOT {ON_ITS_WAY} AND NOT {HELD_RECORD} AND NOT {ASKED_ABOUT}
"""  # noqa: S608
_CHOSEN_RECORDS = " ORDER BY record.registered_at LIMIT {limit} FOR UPDATE OF record SKIP LOCKED"
_PARCELS = "SELECT id FROM outbox_parcel WHERE pharmacy_id = %(pharmacy)s AND chain_id = ANY(%(ids)s)"
# From the leaves to the root; a table that points to a record and is not here keeps it from going (a foreign key does).
_OF_RECORDS = {
    "transmission_difference": f"parcel_id IN ({_PARCELS})",
    "outbox_sides": f"parcel_id IN ({_PARCELS})",
    "outbox_attempt": f"parcel_id IN ({_PARCELS})",
    "outbox_parcel": "chain_id = ANY(%(ids)s)",
    "delivery_letter": "record_id = ANY(%(ids)s)",
    "certificates_issued": "record_id = ANY(%(ids)s)",
    "testing_ticket": "record_id = ANY(%(ids)s)",
    "testing_record_version": "record_id = ANY(%(ids)s)",
    "patients_consent": "id = ANY(%(ids)s)",  # a consent has the number of the test that it was given for
    "testing_record": "id = ANY(%(ids)s)",
}
_OF_PATIENTS = {
    "retention_hold": "patient_id = ANY(%(ids)s)",
    "retention_case": "patient_id = ANY(%(ids)s)",
    "patients_patient": "id = ANY(%(ids)s)",
}
_WHICH_PATIENTS = {RETENTION: "patient.created_at < %(before)s", ERASURE: _ASKED_PATIENT}
_PATIENTS = f"""
    SELECT patient.id FROM patients_patient AS patient
     WHERE patient.pharmacy_id = %(pharmacy)s AND {{which}} AND NOT patient.id = ANY(%(aside)s) AND NOT {_HELD_PATIENT}
       AND NOT {UNANSWERED.format(patient="patient.id")}
       AND NOT EXISTS (SELECT FROM testing_record AS record
                        WHERE record.pharmacy_id = patient.pharmacy_id AND record.patient_id = patient.id)
       AND NOT EXISTS (SELECT FROM patients_consent AS consent
                        WHERE consent.pharmacy_id = patient.pharmacy_id AND consent.patient_id = patient.id)
       AND NOT EXISTS (SELECT FROM patients_patient AS gone
                        WHERE gone.pharmacy_id = patient.pharmacy_id AND gone.merged_into = patient.id)
"""  # noqa: S608
_CHOSEN_PATIENTS = " ORDER BY patient.id LIMIT {limit} FOR UPDATE OF patient SKIP LOCKED"
_SIDES = f"""
    DELETE FROM outbox_sides WHERE pharmacy_id = %(pharmacy)s AND id IN (
        SELECT sides.id FROM outbox_sides AS sides
          JOIN outbox_parcel AS parcel ON parcel.pharmacy_id = sides.pharmacy_id AND parcel.id = sides.parcel_id
          LEFT JOIN testing_record AS record
            ON record.pharmacy_id = parcel.pharmacy_id AND record.id = parcel.chain_id
         WHERE sides.pharmacy_id = %(pharmacy)s AND sides.at < %(before)s AND NOT {HELD_RECORD}
         ORDER BY sides.id LIMIT {{limit}})
"""  # noqa: S608
_SESSIONS = """
    DELETE FROM signin_session WHERE session_key IN (
        SELECT session_key FROM signin_session WHERE expire_date < %(now)s ORDER BY session_key LIMIT {limit})
"""


@dataclass
class Reaped:
    """What was deleted and destroyed."""

    records: int = 0
    patients: int = 0
    exchanges: int = 0
    sessions: int = 0
    keys: int = 0

    def add(self, other: Reaped) -> None:
        """Count what another pharmacy's round deleted."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def day_before(pharmacy: Pharmacy, days: int, *, ahead: int = 0) -> datetime:
    """Return the instant before which a row is past its day: whole days of the pharmacy's own calendar."""
    return bounds_of_day(_today(pharmacy) - timedelta(days=days - ahead), pharmacy.zone)[0]


def _today(pharmacy: Pharmacy) -> date:
    return today_in(pharmacy.zone)


def delete_records(pharmacy_id: UUID, before: datetime, stop: threading.Event, *, why: str = RETENTION) -> int:
    """Delete the records whose last signature, or registration, is before an instant, with all that hangs on them.

    With ERASURE as the reason: those of patients who asked for it, and were granted it.
    """
    aside: set[UUID] = set()
    return _in_batches(lambda: _delete_some(_RECORD, pharmacy_id, before, why=why, aside=aside), BATCH, stop)


def delete_patients(pharmacy_id: UUID, before: datetime, stop: threading.Event, *, why: str = RETENTION) -> int:
    """Delete the patients of whom no record is left and who were registered before an instant, or asked for it."""
    aside: set[UUID] = set()
    return _in_batches(lambda: _delete_some(_PATIENT, pharmacy_id, before, why=why, aside=aside), BATCH, stop)


def delete_sides(pharmacy_id: UUID, before: datetime, stop: threading.Event) -> int:
    """Delete both sides of the attempts made before an instant."""
    return _in_batches(lambda: _delete_some_sides(pharmacy_id, before), MANY, stop)


def delete_sessions(stop: threading.Event) -> int:
    """Delete the sessions that are over; they are of no pharmacy, and open nothing any more."""
    return _in_batches(_delete_some_sessions, MANY, stop)


def _in_batches(work: Callable[[], Batch], size: int, stop: threading.Event) -> int:
    total = 0
    while not stop.is_set():
        seen, gone = work()
        total += gone
        if seen < size:
            break
    return total


@dataclass(frozen=True)
class _Ending:
    """What ends with an event of its own: how it is chosen, what goes with it, and what its event names."""

    subject: str  # of the event, and what the question calls its row
    table: str
    kind: EventKind
    question: str
    which: Mapping[str, str]  # by the reason
    choice: str
    with_it: Mapping[str, str]
    named: Mapping[str, str]  # tables whose rows the event names besides, by the column that leads to their owner
    going: Callable[[list[UUID], datetime, Collection[Granted] | None], dict[UUID, str]]


def _delete_some(ending: _Ending, pharmacy_id: UUID, before: datetime, *, why: str, aside: set[UUID]) -> Batch:
    with acts_together(by=HouseActor(pharmacy_id, OPERATOR)) as acts:
        take_turn(pharmacy_id)
        asked = granted_erasures() if why == ERASURE else None
        values = {**values_of(pharmacy_id, before), **_named(asked or [], aside)}
        chosen, left = _choose(ending, ending.which[why], values)
        going = ending.going(left, before, asked)
        aside.update(one for one in chosen if one not in going)
        ids = list(going)
        named = {table: _grouped(table, owner, pharmacy_id, ids) for table, owner in ending.named.items()}
        _delete(ending.with_it, values, ids)
        for row_id, reason in going.items():
            gone = {ending.table: [row_id]} | {table: own.get(row_id, []) for table, own in named.items()}
            with acts.act(kind=ending.kind, subject_kind=ending.subject, subject_id=row_id, detail=reason) as one:
                _tell_gone(one, gone)
    return len(chosen), len(ids)


def _going_records(ids: list[UUID], before: datetime, asked: Collection[Granted] | None) -> dict[UUID, str]:
    """Return which of these tests go, by what their seals say, and why, as their events tell it."""
    opened = opened_tests(ids)
    if asked is None:
        return {test.record_id: RETENTION for test in opened if test.last_at < before}
    going = {}
    for test in opened:
        for case in asked:
            if test.patient_id in case.patients and test.last_at <= case.answered_at:
                going[test.record_id] = _by_right(case)
    return going


def _going_patients(ids: list[UUID], before: datetime, asked: Collection[Granted] | None) -> dict[UUID, str]:
    """Return which of these patients go, by what their seals and events say, and why, as their own events tell it."""
    opened = opened_rows(Patient, ids)
    if asked is None:
        lately = registered_since(ids, before)
        return {patient.id: RETENTION for patient in opened if patient.id not in lately}
    return {
        patient.id: _by_right(case)
        for patient in opened
        for case in asked
        if case.patient_id in {patient.id, patient.merged_into}
    }


_RECORD = _Ending(
    subject="record",
    table="testing_record",
    kind=EventKind.RECORD_ERASED,
    question=_RECORDS,
    which=_WHICH_RECORDS,
    choice=_CHOSEN_RECORDS,
    with_it=_OF_RECORDS,
    named={"testing_ticket": "record_id"},
    going=_going_records,
)
_PATIENT = _Ending(
    subject="patient",
    table="patients_patient",
    kind=EventKind.PATIENT_ERASED,
    question=_PATIENTS,
    which=_WHICH_PATIENTS,
    choice=_CHOSEN_PATIENTS,
    with_it=_OF_PATIENTS,
    named={"retention_hold": "patient_id", "retention_case": "patient_id"},
    going=_going_patients,
)


def _by_right(case: Granted) -> str:
    """Return why, as events tell it: both verifiers look for the answer to the request that is named here."""
    return f"{ERASURE}/{case.case_id}"


def _named(asked: Collection[Granted], aside: Collection[UUID]) -> dict[str, list[UUID]]:
    return {"granted": [case.case_id for case in asked], "aside": list(aside)}


def _choose(ending: _Ending, which: str, values: Mapping[str, Any]) -> tuple[list[UUID], list[UUID]]:
    """Choose and lock a few rows, then ask the same of them again; return those locked, and those of which it holds.

    A lock shows the newest state of the row alone: a version signed, or a parcel posted, while the first statement ran
    is only seen by a second one.
    """
    question = ending.question.format(which=which)
    chosen = _ids(question + ending.choice.format(limit=BATCH), values)
    return chosen, _ids(f"{question} AND {ending.subject}.id = ANY(%(ids)s)", {**values, "ids": chosen})


def _tell_gone(commit: Commit, gone: Mapping[str, Iterable[UUID]]) -> None:
    """Have an event tell the verifiers of each sealed row that it is gone by right."""
    for table, ids in gone.items():
        for row_id in ids:
            commit.tell(table, row_id)


def _delete(rules: Mapping[str, str], values: Mapping[str, Any], ids: list[UUID]) -> None:
    for table, rule in rules.items() if ids else ():
        _execute(f"DELETE FROM {table} WHERE pharmacy_id = %(pharmacy)s AND {rule}", {**values, "ids": ids})  # noqa: S608


def _delete_some_sides(pharmacy_id: UUID, before: datetime) -> Batch:
    with tenant_scope(pharmacy_id):
        take_turn(pharmacy_id)
        done = _execute(_SIDES.format(limit=MANY), values_of(pharmacy_id, before))
        if done:
            by = HouseActor(pharmacy_id, OPERATOR)
            with act(by=by, kind=EventKind.SIDES_ERASED, subject_kind="parcel", subject_id=None, detail=str(done)):
                pass
    return done, done


def _delete_some_sessions() -> Batch:
    with transaction.atomic():
        done = _execute(_SESSIONS.format(limit=MANY), {"now": now()})
    return done, done


def values_of(pharmacy_id: UUID, before: datetime) -> dict[str, Any]:
    """Return what the questions of a round are asked with, in the scope of the pharmacy."""
    return {
        "lifted": lifted_holds(),
        "pharmacy": pharmacy_id,
        "before": before,
        "moving": _MOVING,
        "reported": sorted(REPORTED()),
        "under_way": [state.value for state in UNDER_WAY],
    }


def _grouped(table: str, owner: str, pharmacy_id: UUID, ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """Return the rows of a table by the row that each belongs to."""
    found: dict[UUID, list[UUID]] = {}
    sql = f"SELECT {owner}, id FROM {table} WHERE pharmacy_id = %s AND {owner} = ANY(%s)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [pharmacy_id, ids])
        for owner_id, row_id in cursor.fetchall():
            found.setdefault(owner_id, []).append(row_id)
    return found


def _ids(sql: str, values: Mapping[str, Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def _execute(sql: str, values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
