"""Who asked to be reminded of an appointment: the worker opens their forms, the day before and no others.

The address stands in the sealed form alone. Whoever carries letters to patients opens a result for each of them: the
same process opens this form for its address, and drops the rest. See decision 0175.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from temoin.arrivals.models import Arrival
from temoin.arrivals.queries import opened_form
from temoin.arrivals.states import ArrivalState
from temoin.journal.act import HouseActor, record_look
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.tenant import tenant_scope

SECRET_BYTES: Final = 16
MOST: Final = 500  # in one round of one pharmacy
_OPENED = ("pharmacy_id", "id", "key_id", "ciphertext", "starts_at")


@dataclass(frozen=True, slots=True, repr=False)
class Reminder:
    """To whom to write, in which language, and of which hour; without a `repr`, so that no log can show it."""

    address: str
    language: str
    starts_at: datetime
    secret: bytes


def reminders_due(pharmacy_id: UUID) -> list[UUID]:
    """Return the appointments whose patients are to be reminded now."""
    with tenant_scope(pharmacy_id):
        moment = now()
        asked = Arrival.objects.filter(remind_at__lte=moment, starts_at__gt=moment, link_hash=None)
        waiting = asked.filter(state=ArrivalState.WAITING.value)
        return list(waiting.order_by("starts_at").values_list("id", flat=True)[:MOST])


def open_reminder(pharmacy_id: UUID, arrival_id: UUID) -> Reminder | None:
    """Open a form for its address; the look is an event. None where it has none, or was cancelled meanwhile."""
    with tenant_scope(pharmacy_id):
        rows = Arrival.objects.filter(id=arrival_id, state=ArrivalState.WAITING.value)
        arrival: Arrival | None = rows.only(*_OPENED).first()
        if arrival is None or arrival.starts_at is None:
            return None
        by, kind = HouseActor(pharmacy_id, "worker"), EventKind.APPOINTMENT_REMINDED
        record_look(by=by, kind=kind, subject_kind="arrival", subject_id=arrival_id)
        filled = opened_form(arrival)
        if filled is None or not filled.remind or not filled.traits["email"].strip():
            return None
        told = filled.traits["email"].strip(), filled.traits["language"]
        return Reminder(*told, arrival.starts_at, secrets.token_bytes(SECRET_BYTES))


def note_reminded(pharmacy_id: UUID, arrival_id: UUID, secret: bytes) -> None:
    """Let the secret of the link cancel the appointment from now on; whoever was reminded is not reminded again."""
    with tenant_scope(pharmacy_id):
        commit = Commit()
        commit.change(Arrival, arrival_id, link_hash=sha256(secret).digest())
        commit.flush()
