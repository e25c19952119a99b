"""What became of the letters of a result, and that its patient was told by other means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from temoin.delivery.letter_box import REPLACED
from temoin.delivery.models import Letter, LetterState
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.queries import EventRow, events_about
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import record_in_scope
from temoin.testing.states import WITH_RESULT, RecordState


class LetterFate(StrEnum):
    """Where a letter stands."""

    UNOPENED = "unopened"
    OPENED = "opened"
    LOCKED = "locked"  # its tries are used up
    EXPIRED = "expired"  # and nobody opened it
    REPLACED = "replaced"


class ToldBy(StrEnum):
    """How a patient was told a result besides the letter."""

    PHONE = "phone"
    PAPER = "paper"


@dataclass(frozen=True)
class LetterView:
    """One letter of a result."""

    version: int
    fate: LetterFate
    expires_at: datetime
    opened_at: datetime | None  # the first time


@dataclass(frozen=True)
class Knowledge:
    """What the patient of a result may know of it: the letters in order, and each time that somebody told them."""

    letters: list[LetterView]
    told: list[EventRow]


def read_knowledge(*, by: Holder, record_id: UUID) -> Knowledge:
    """Return what the patient may know: states and times, no patient data; NotFoundError."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        record_in_scope(record_id)
        return Knowledge(_letters(record_id), events_about([record_id], [EventKind.RESULT_TOLD.value]))


def note_told(*, by: Seat, record_id: UUID, expected_version: int, way: ToldBy) -> None:
    """Note that the patient was told the version that the person saw; ConflictError when another was signed since."""
    check_right(by=by, right=Right.PRINT_RESULT)
    detail = f"{expected_version} {way}"
    with act(by=by, kind=EventKind.RESULT_TOLD, subject_kind="record", subject_id=record_id, detail=detail):
        record = record_in_scope(record_id)
        if RecordState(record.state) not in WITH_RESULT or record.version != expected_version:
            raise ConflictError("there is no such version, or another was signed meanwhile")


def opened_versions(record_id: UUID) -> set[int]:
    """Return the versions of a record whose letter was opened."""
    return set(Letter.objects.filter(record_id=record_id, opened_count__gt=0).values_list("version", flat=True))


def _letters(record_id: UUID) -> list[LetterView]:
    found = Letter.objects.filter(record_id=record_id).order_by("version", "expires_at")
    rows = list(found.values_list("id", "version", "state", "tries_left", "opened_count", "expires_at"))
    opened: dict[UUID | None, datetime] = {}
    for event in events_about([row[0] for row in rows], [EventKind.LETTER_OPENED.value]):
        if event.detail != REPLACED:
            opened.setdefault(event.subject_id, event.at)
    return [
        LetterView(version, _fate(state, tries, bool(count), expires_at), expires_at, opened.get(letter_id))
        for letter_id, version, state, tries, count, expires_at in rows
    ]


def _fate(state: str, tries_left: int, was_opened: bool, expires_at: datetime) -> LetterFate:  # noqa: FBT001
    if state == LetterState.WITHDRAWN:
        return LetterFate.REPLACED
    if not tries_left:
        return LetterFate.LOCKED
    if was_opened:
        return LetterFate.OPENED
    return LetterFate.EXPIRED if expires_at <= now() else LetterFate.UNOPENED
