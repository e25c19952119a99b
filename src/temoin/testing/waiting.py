"""Those who wait for their sample: called, not there, put before the others; each is an act, and undone by another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record
from temoin.testing.queries import check_seen, record_in_scope


class WaitMark(StrEnum):
    """What is noted of somebody who waits."""

    CALLED = "called"
    ABSENT = "absent"
    FIRST = "first"


@dataclass(frozen=True)
class _Kept:
    """Where a record seals a mark, and which events tell of it."""

    field: str
    set: EventKind
    undone: EventKind


_KEPT = {
    WaitMark.CALLED: _Kept("called_at", EventKind.TEST_CALLED, EventKind.TEST_CALL_UNDONE),
    WaitMark.ABSENT: _Kept("absent_at", EventKind.TEST_NO_SHOW, EventKind.TEST_NO_SHOW_UNDONE),
    WaitMark.FIRST: _Kept("is_first", EventKind.TEST_PUT_FIRST, EventKind.TEST_PUT_FIRST_UNDONE),
}


def mark_waiting(*, by: Seat, record_id: UUID, mark: WaitMark, seen: str) -> None:
    """Note something of a patient who waits; ConflictError when it stands already, or nobody waits any more.

    `seen` is the state in which the list showed the test (`queries.check_seen`).
    """
    value: object = True if mark is WaitMark.FIRST else now().isoformat()
    _mark(record_id, mark, value, seen, by=by, kind=_KEPT[mark].set)


def unmark_waiting(*, by: Seat, record_id: UUID, mark: WaitMark, seen: str) -> None:
    """Take such a note back; ConflictError when it does not stand, or nobody waits any more."""
    value: object = False if mark is WaitMark.FIRST else ""
    _mark(record_id, mark, value, seen, by=by, kind=_KEPT[mark].undone)


def _mark(record_id: UUID, mark: WaitMark, value: object, seen: str, *, by: Seat, kind: EventKind) -> None:
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with act(by=by, kind=kind, subject_kind="record", subject_id=record_id) as commit:
        record = record_in_scope(record_id)
        if not Record.lifecycle.allows("mark_waiting", record.state):
            raise ConflictError("nobody waits for this sample")
        check_seen(record, seen)
        opened = record.unseal()
        if bool(opened[_KEPT[mark].field]) == bool(value):
            raise ConflictError("this was noted already")
        commit.move_sealed(record, "mark_waiting", opened | {_KEPT[mark].field: value})
