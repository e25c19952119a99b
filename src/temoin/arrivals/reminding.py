"""Who is written to about an appointment: the worker opens their forms, when it is due and no others.

That is the day before, to who asked to be reminded, and at once when the team moved or cancelled it. The address stands
in the sealed form alone. Whoever carries letters to patients opens a result for each of them: the same process opens
this form for its address, and drops the rest. See decisions 0175 and 0180.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from temoin.arrivals.filled import FilledForm
from temoin.arrivals.models import Arrival, Poster
from temoin.arrivals.queries import opened_form
from temoin.arrivals.states import ArrivalState, PosterState
from temoin.arrivals.telling import UNTOLD, can_be_written_to, told_columns
from temoin.journal.act import HouseActor, record_look
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope

SECRET_BYTES: Final = 16
MOST: Final = 500  # in one round of one pharmacy
_OPENED = ("pharmacy_id", "id", "key_id", "state", "ciphertext", "starts_at", "former_at")


@dataclass(frozen=True, slots=True, repr=False)
class Reminder:
    """To whom to write, in which language, and of which hour; without a `repr`, so that no log can show it."""

    arrival_id: UUID
    address: str
    language: str
    starts_at: datetime
    secret: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Change(Reminder):
    """What the team did to an appointment; `poster` is the code by which another can be taken, where there is one."""

    state: str
    former_at: datetime
    poster: str

    @property
    def is_cancelled(self) -> bool:
        return self.state == ArrivalState.CANCELLED


def reminders_due(pharmacy_id: UUID) -> list[UUID]:
    """Return the appointments whose patients are to be reminded now."""
    with tenant_scope(pharmacy_id):
        moment = now()
        asked = Arrival.objects.filter(remind_at__lte=moment, starts_at__gt=moment, state=ArrivalState.WAITING.value)
        return list(asked.order_by("starts_at").values_list("id", flat=True)[:MOST])


def open_reminder(pharmacy_id: UUID, arrival_id: UUID) -> Reminder | None:
    """Open a form for its address; the look is an event. None where it has none, or was cancelled meanwhile."""
    with tenant_scope(pharmacy_id):
        rows = Arrival.objects.filter(id=arrival_id, state=ArrivalState.WAITING.value)
        arrival: Arrival | None = rows.only(*_OPENED).first()
        if arrival is None or arrival.starts_at is None:
            return None
        filled = _opened(arrival, EventKind.APPOINTMENT_REMINDED)
        if filled is None or not filled.remind or not filled.traits["email"].strip():
            return None
        return Reminder(*_to_whom(arrival, arrival.starts_at, filled))


def note_reminded(pharmacy_id: UUID, reminder: Reminder) -> None:
    """Let the secret of the link cancel the appointment from now on; nobody is reminded of the same hour twice.

    Whoever moved it meanwhile is reminded of the other hour.
    """
    at = reminder.starts_at
    columns = {"link_hash": sha256(reminder.secret).digest(), "remind_at": at}
    _note(pharmacy_id, reminder.arrival_id, {"state": ArrivalState.WAITING.value, "starts_at": at}, columns)


def forget_reminder(pharmacy_id: UUID, arrival_id: UUID) -> None:
    """Remind nobody: the form holds no address, or does not ask for it."""
    _note(pharmacy_id, arrival_id, {}, {"remind_at": None})


def changes_due(pharmacy_id: UUID) -> list[UUID]:
    """Return the appointments that the team moved or cancelled, and whose patients can be written to."""
    with tenant_scope(pharmacy_id):
        untold = Arrival.objects.filter(former_at__isnull=False, call_since=None, state__in=UNTOLD)
        due = untold.filter(expires_at__gt=now()).order_by("former_at")
        return list(due.values_list("id", flat=True)[:MOST])


def open_change(pharmacy_id: UUID, arrival_id: UUID) -> Change | None:
    """Open a form for its address; the look is an event. None where nobody is to be told any more."""
    with tenant_scope(pharmacy_id):
        rows = Arrival.objects.filter(id=arrival_id, former_at__isnull=False, state__in=UNTOLD)
        arrival: Arrival | None = rows.only(*_OPENED).first()
        if arrival is None or arrival.former_at is None or arrival.starts_at is None:
            return None
        filled = _opened(arrival, EventKind.APPOINTMENT_WRITTEN)
        if filled is None or not can_be_written_to(filled):
            _note(pharmacy_id, arrival_id, {}, {"call_since": now()})
            return None
        whom = _to_whom(arrival, arrival.starts_at, filled)
        return Change(*whom, arrival.state, arrival.former_at, _poster())


def note_written(pharmacy_id: UUID, change: Change, *, is_taken: bool) -> None:
    """Note that a patient knows, or that their mailbox refuses for good and somebody is to call them.

    What was moved again while the message went out is told again: they believe in the hour of that message.
    """
    seen = {"state": change.state, "starts_at": change.starts_at, "former_at": change.former_at}
    link: dict[str, Any] = {} if change.is_cancelled else {"link_hash": sha256(change.secret).digest()}
    columns = {**told_columns(change.state), **link} if is_taken else {"call_since": now()}
    if not _note(pharmacy_id, change.arrival_id, seen, columns) and is_taken and not change.is_cancelled:
        waits = {"state": ArrivalState.WAITING.value}
        _note(pharmacy_id, change.arrival_id, waits, {"former_at": change.starts_at, "call_since": None})


def _opened(arrival: Arrival, kind: EventKind) -> FilledForm | None:
    by = HouseActor(arrival.pharmacy_id, "worker")
    record_look(by=by, kind=kind, subject_kind="arrival", subject_id=arrival.id)
    return opened_form(arrival)


def _to_whom(arrival: Arrival, at: datetime, filled: FilledForm) -> tuple[UUID, str, str, datetime, bytes]:
    told = filled.traits["email"].strip(), filled.traits["language"]
    return arrival.id, *told, at, secrets.token_bytes(SECRET_BYTES)


def _poster() -> str:
    poster: Poster | None = Poster.objects.filter(state=PosterState.STANDING.value).first()
    return str(poster.unseal()["token"]) if poster else ""


def _note(pharmacy_id: UUID, arrival_id: UUID, seen: dict[str, Any], columns: dict[str, Any]) -> bool:
    """Write these columns, unless the row is no longer as it was seen; tell whether they were."""
    try:
        with tenant_scope(pharmacy_id):
            commit = Commit()
            commit.change(Arrival, arrival_id, only_if=seen, **columns)
            commit.flush()
    except ConflictError:
        return False
    return True
