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

from django.db import connection

from temoin.journal.act import HouseActor, acts_together
from temoin.journal.events import EventKind
from temoin.keeping.acts import OPERATOR
from temoin.lib.away import is_away
from temoin.lib.commit import Commit
from temoin.lib.handed import Handed
from temoin.lib.tenant import current_pharmacy
from temoin.lib.zones import bounds_of_day, today_in
from temoin.outbox.ended import entries_of
from temoin.outbox.states import OPEN, ParcelState
from temoin.patients.models import Patient
from temoin.pharmacies.models import Invitation, Pharmacy
from temoin.retention.proven import Granted, granted_erasures, lifted_holds, opened_rows, opened_tests, registered_at
from temoin.retention.questions import (
    ERASURE,
    FIRST_INVITATIONS,
    FIRST_PATIENTS,
    FIRST_RECORDS,
    INVITATIONS,
    PATIENTS,
    RECORDS,
    RECORDS_OF_PERSONS,
    RETENTION,
    WHICH_INVITATIONS,
    WHICH_PATIENTS,
    WHICH_RECORDS,
)
from temoin.retention.turns import take_turn
from temoin.testing.states import UNDER_WAY

Batch = tuple[int, int]  # how many were chosen, and how many of them went
BATCH = 100  # records, patients: some ten rows each
# Where results are reported to. What an authority refused is somebody's matter until it is mended or withdrawn; a
# message that never reached a patient is past its use with the result.
REPORTED: Handed[Collection[str]] = Handed("destinations of reports")
_MOVING = sorted(state.value for state in OPEN - {ParcelState.REFUSED})

_PARCELS = "SELECT id FROM outbox_parcel WHERE pharmacy_id = %(pharmacy)s AND chain_id = ANY(%(ids)s)"
_LOCK = "SELECT id FROM {table} WHERE pharmacy_id = %(pharmacy)s AND id = ANY(%(ids)s) FOR UPDATE SKIP LOCKED"
# From the leaves to the root; a table that points to a record and is not here keeps it from going (a foreign key does).
_OF_RECORDS = {
    "transmission_difference": f"parcel_id IN ({_PARCELS})",
    "outbox_sides": f"parcel_id IN ({_PARCELS})",
    "outbox_attempt": f"parcel_id IN ({_PARCELS})",
    "outbox_parcel": "chain_id = ANY(%(ids)s)",
    "webhooks_notice": "record_id = ANY(%(ids)s)",
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
_OF_INVITATIONS = {
    "pharmacies_register_check": "subject_id = ANY(%(ids)s)",
    "pharmacies_invitation": "id = ANY(%(ids)s)",
}


@dataclass
class Reaped:
    """What was deleted and destroyed."""

    records: int = 0
    patients: int = 0
    invitations: int = 0
    exchanges: int = 0
    calls: int = 0
    webhook_notices: int = 0
    sessions: int = 0
    accounts: int = 0
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
    return _delete_all(_RECORD, pharmacy_id, before, stop, why=why)


def delete_patients(pharmacy_id: UUID, before: datetime, stop: threading.Event, *, why: str = RETENTION) -> int:
    """Delete the patients of whom no record is left and who were registered before an instant, or asked for it.

    Until none is found: the record that stands is past its day once those that lead to it have gone.
    """
    return _delete_all(_PATIENT, pharmacy_id, before, stop, why=why, until=1)


def delete_invitations(pharmacy_id: UUID, before: datetime, stop: threading.Event) -> int:
    """Delete the invitations whose code opened nothing any more before an instant, accepted or not."""
    return _delete_all(_INVITATION, pharmacy_id, before, stop, why=RETENTION)


def in_batches(work: Callable[[], Batch], size: int, stop: threading.Event) -> int:
    """Do a batch after the other until one finds fewer than it may, or a stop; return how many rows went."""
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
    first: Mapping[str, str]  # which of these at a time
    with_it: Mapping[str, str]
    named: Mapping[str, str]  # tables whose rows the event names besides, by the column that leads to their owner
    keeps: Callable[[list[UUID]], dict[UUID, str]]  # what its event alone keeps of it
    going: Callable[[_Choice, datetime, Collection[Granted] | None], dict[UUID, str]]


@dataclass(frozen=True)
class _Choice:
    """What a batch has chosen, and of which the question still holds once they are locked."""

    chosen: list[UUID]
    left: list[UUID]


def _delete_all(
    ending: _Ending, pharmacy_id: UUID, before: datetime, stop: threading.Event, *, why: str, until: int = BATCH
) -> int:
    """Delete batch after batch until one finds fewer than `until`, or a stop; return how many went.

    After a batch that did not work each goes alone: one that cannot go holds no other, and its error is raised at the
    end.
    """
    aside: set[UUID] = set()
    total, size, failed = 0, BATCH, None
    while not stop.is_set():
        chosen: list[UUID] = []
        try:
            total += _delete_some(ending, pharmacy_id, before, why=why, aside=aside, chosen=chosen, size=size)
        except Exception as error:
            if is_away(error) or not chosen:
                raise
            if size == 1:
                failed = failed or error
                aside.update(chosen)
            size = 1
            continue
        if len(chosen) < min(until, size):
            break
    if failed is not None:
        raise failed
    return total


def _delete_some(
    ending: _Ending, pharmacy_id: UUID, before: datetime, *, why: str, aside: set[UUID], chosen: list[UUID], size: int
) -> int:
    """Delete a batch and tell what was `chosen` for it; return how many went."""
    with acts_together(by=HouseActor(pharmacy_id, OPERATOR)) as acts:
        take_turn(pharmacy_id)
        asked = granted_erasures() if why == ERASURE else None
        values = {**values_of(pharmacy_id, before), **_named(asked or [], aside)}
        choice = _choose(ending, why, values, size)
        chosen += choice.chosen
        going = ending.going(choice, before, asked)
        aside.update(one for one in chosen if one not in going)
        ids = list(going)
        named = {table: _grouped(table, owner, pharmacy_id, ids) for table, owner in ending.named.items()}
        kept = ending.keeps(ids)
        _delete(ending.with_it, values, ids)
        for row_id, reason in going.items():
            gone = {ending.table: [row_id]} | {table: own.get(row_id, []) for table, own in named.items()}
            with acts.act(kind=ending.kind, subject_kind=ending.subject, subject_id=row_id, detail=reason) as one:
                _tell_gone(one, gone)
                one.digest = kept.get(row_id, "")
    return len(ids)


def _going_records(choice: _Choice, before: datetime, asked: Collection[Granted] | None) -> dict[UUID, str]:
    """Return which of these tests go, by what their seals say, and why, as their events tell it."""
    opened = opened_tests(choice.left)
    if asked is None:
        return {test.record_id: RETENTION for test in opened if test.last_at < before}
    going = {}
    for test in opened:
        for case in asked:
            if test.patient_id in {case.patient_id, case.person} and test.last_at <= case.answered_at:
                going[test.record_id] = _by_right(case)
    return going


def _going_patients(choice: _Choice, before: datetime, asked: Collection[Granted] | None) -> dict[UUID, str]:
    """Return which of these patients go, by what their seals and events say, and why, as their own events tell it."""
    if asked is not None:
        return _going_persons(choice, asked)
    since = registered_at(choice.left)
    opened = opened_rows(Patient, choice.left)
    return {patient.id: RETENTION for patient in opened if patient.id not in since or since[patient.id] < before}


def _going_invitations(choice: _Choice, _before: datetime, _asked: Collection[Granted] | None) -> dict[UUID, str]:
    """Return those whose seal, which binds the hour that they end at, bears out what the columns say."""
    return {invitation.id: RETENTION for invitation in opened_rows(Invitation, choice.left)}


def _going_persons(choice: _Choice, asked: Collection[Granted]) -> dict[UUID, str]:
    """Return which records of the persons who asked go, all of a person's at once or none.

    Where somebody holds one of them, or a seal is broken, their turn comes later: the request would go with the first.
    The record that stands stays while one of the others does, as that leads to it.
    """
    persons = _persons(choice.chosen)
    since = registered_at([row for rows in persons.values() for row in rows])
    opened = {row.id: row for row in opened_rows(Patient, [row for rows in persons.values() for row in rows])}
    going: dict[UUID, str] = {}
    for person, rows in persons.items():
        chosen = rows & set(choice.chosen)
        if not (rows <= opened.keys() and chosen <= set(choice.left)):
            continue
        why = {row: case for row in chosen for case in asked if _takes(case, opened[row], since.get(row))}
        if rows - why.keys():
            why.pop(person, None)
        going |= {row: _by_right(case) for row, case in why.items()}
    return going


def _takes(case: Granted, patient: Patient, registered: datetime | None) -> bool:
    """Tell whether a granted erasure reaches this record: of the same person, and here by the answer."""
    is_same = case.person == (patient.merged_into or patient.id)
    return is_same and (registered is None or registered <= case.answered_at)


def _persons(ids: list[UUID]) -> dict[UUID, set[UUID]]:
    """Return every record of the persons whom these belong to, by the one that stands."""
    found: dict[UUID, set[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(RECORDS_OF_PERSONS, {"pharmacy": current_pharmacy(), "ids": ids})
        for person, row_id in cursor.fetchall():
            found.setdefault(person, set()).add(row_id)
    return found


_RECORD = _Ending(
    subject="record",
    table="testing_record",
    kind=EventKind.RECORD_ERASED,
    question=RECORDS,
    which=WHICH_RECORDS,
    first=FIRST_RECORDS,
    with_it=_OF_RECORDS,
    named={"testing_ticket": "record_id"},
    keeps=lambda ids: entries_of(ids, REPORTED()),
    going=_going_records,
)
_PATIENT = _Ending(
    subject="patient",
    table="patients_patient",
    kind=EventKind.PATIENT_ERASED,
    question=PATIENTS,
    which=WHICH_PATIENTS,
    first=FIRST_PATIENTS,
    with_it=_OF_PATIENTS,
    named={"retention_hold": "patient_id", "retention_case": "patient_id"},
    keeps=lambda _ids: {},
    going=_going_patients,
)
_INVITATION = _Ending(
    subject="invitation",
    table="pharmacies_invitation",
    kind=EventKind.INVITATION_ERASED,
    question=INVITATIONS,
    which=WHICH_INVITATIONS,
    first=FIRST_INVITATIONS,
    with_it=_OF_INVITATIONS,
    named={"pharmacies_register_check": "subject_id"},
    keeps=lambda _ids: {},
    going=_going_invitations,
)


def _by_right(case: Granted) -> str:
    """Return why, as events tell it: both verifiers look for the answer to the request that is named here."""
    return f"{ERASURE}/{case.case_id}"


def _named(asked: Collection[Granted], aside: Collection[UUID]) -> dict[str, list[UUID]]:
    return {"granted": [case.case_id for case in asked], "aside": list(aside)}


def _choose(ending: _Ending, why: str, values: Mapping[str, Any], size: int) -> _Choice:
    """Choose and lock a few rows, then ask the same of them again.

    A lock shows the newest state of the row alone: a version signed, or a parcel posted, while the first statement ran
    is only seen by a later one.
    """
    question = ending.question.format(which=ending.which[why])
    chosen = _ids(question + ending.first[why].format(limit=size), values)
    locked = _ids(_LOCK.format(table=ending.table), {**values, "ids": chosen})
    left = _ids(f"{question} AND {ending.subject}.id = ANY(%(ids)s)", {**values, "ids": locked})
    return _Choice(chosen, left)


def _tell_gone(commit: Commit, gone: Mapping[str, Iterable[UUID]]) -> None:
    """Have an event tell the verifiers of each sealed row that it is gone by right."""
    for table, ids in gone.items():
        for row_id in ids:
            commit.tell(table, row_id)


def _delete(rules: Mapping[str, str], values: Mapping[str, Any], ids: list[UUID]) -> None:
    for table, rule in rules.items() if ids else ():
        execute(f"DELETE FROM {table} WHERE pharmacy_id = %(pharmacy)s AND {rule}", {**values, "ids": ids})  # noqa: S608


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


def execute(sql: str, values: Mapping[str, Any]) -> int:
    """Execute a statement; return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
