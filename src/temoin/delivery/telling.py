"""That a patient was told a result besides the letter, and that such a note was a mistake: two acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.delivery.actions import lock_letters
from temoin.journal.act import act, acts_together
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.queries import EventRow, events_about
from temoin.lib.errors import ConflictError, NotFoundError, refuse
from temoin.pharmacies.member_names import names_of
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import record_in_scope
from temoin.testing.states import WITH_RESULT, RecordState

LATEST = 20  # notes of the last day beside the list of calls; each is on its test's page too

# Whether somebody noted, and nobody took back, that a version was told: {record} and {version} name it in a query.
WAS_TOLD = f"""
EXISTS (SELECT FROM journal_event AS told
         WHERE told.pharmacy_id = %(pharmacy)s AND told.subject_id = {{record}}
           AND told.kind = '{EventKind.RESULT_TOLD}' AND split_part(told.detail, ' ', 1) = {{version}}::text
           AND NOT EXISTS (SELECT FROM journal_event AS back
                            WHERE back.pharmacy_id = %(pharmacy)s AND back.subject_id = told.subject_id
                              AND back.kind = '{EventKind.RESULT_UNTOLD}'
                              AND split_part(back.detail, ' ', 2) = told.id::text))
"""  # noqa: S608 our own words


class ToldBy(StrEnum):
    """How a patient was told a result besides the letter."""

    PHONE = "phone"
    PAPER = "paper"


class TakenBack(StrEnum):
    """Why a note is taken back. A closed list: the journal keeps it in clear."""

    SLIP = "slip"  # pressed by mistake, or of another patient's result
    NOT_REACHED = "not_reached"  # somebody else answered, or nobody
    WRONG_WORDS = "wrong_words"  # something else was said or handed over


@dataclass(frozen=True)
class Telling:
    """One time that somebody noted that the patient was told, and whether it was taken back."""

    id: UUID
    record_id: UUID
    version: str
    way: str
    at: datetime
    who: str
    taken_back: str = ""
    taken_back_at: datetime | None = None


def note_told(*, by: Seat, record_id: UUID, expected_version: int, way: ToldBy) -> None:
    """Note that the patient was told the version that the person saw; ConflictError when another was signed since."""
    check_right(by=by, right=Right.PRINT_RESULT)
    detail = f"{expected_version} {way}"
    with act(by=by, kind=EventKind.RESULT_TOLD, subject_kind="record", subject_id=record_id, detail=detail):
        record = record_in_scope(record_id)
        if RecordState(record.state) not in WITH_RESULT or record.version != expected_version:
            raise ConflictError("there is no such version, or another was signed meanwhile")


def take_back_told(*, by: Seat, record_id: UUID, telling_id: UUID, reason: str) -> None:
    """Take back a note that the patient was told, for a reason of the list; ConflictError when it was before."""
    check_right(by=by, right=Right.PRINT_RESULT)
    if reason not in set(TakenBack):
        raise refuse("reason", "required", _("Say why the note is taken back."))
    with acts_together(by=by) as acts:
        record_in_scope(record_id)
        lock_letters(record_id)  # two who take the same note back wait for each other
        found = next((one for one in tellings_of([record_id]) if one.id == telling_id), None)
        if found is None:
            raise NotFoundError
        if found.taken_back_at is not None:
            raise ConflictError("the note was taken back before")
        detail = f"{found.version} {telling_id} {TakenBack(reason)}"
        with acts.act(kind=EventKind.RESULT_UNTOLD, subject_kind="record", subject_id=record_id, detail=detail):
            pass


def tellings_of(record_ids: Iterable[UUID]) -> list[Telling]:
    """Return each time that a patient of these records in the pharmacy in scope was told, in order."""
    events = events_about(record_ids, [EventKind.RESULT_TOLD.value, EventKind.RESULT_UNTOLD.value])
    names = names_of({event.actor_id for event in events if event.actor_id is not None})
    back = {event.detail.split(" ")[1]: event for event in events if event.kind == EventKind.RESULT_UNTOLD}
    return [
        _telling(event, event.subject_id, names, back.get(str(event.id)))
        for event in events
        if event.kind == EventKind.RESULT_TOLD and event.subject_id is not None
    ]


def tellings_since(moment: datetime) -> list[Telling]:
    """Return what was noted since, in the pharmacy in scope, the latest first: LATEST of it."""
    found = Event.objects.filter(kind=EventKind.RESULT_TOLD.value, at__gte=moment).order_by("-at", "id")
    noted = dict(found.values_list("id", "subject_id")[:LATEST])
    tellings = [one for one in tellings_of(set(noted.values())) if one.id in noted]
    return tellings[::-1]


def _telling(event: EventRow, record_id: UUID, names: Mapping[UUID, str], back: EventRow | None) -> Telling:
    version, _space, way = event.detail.partition(" ")
    return Telling(
        id=event.id,
        record_id=record_id,
        version=version,
        way=way,
        at=event.at,
        who=names.get(event.actor_id, "") if event.actor_id else "",
        taken_back=back.detail.split(" ")[2] if back else "",
        taken_back_at=back.at if back else None,
    )
