"""The daily review of reading that is unusual: who looked much without work, at odd hours, or at their own name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from temoin.journal.act import record_look
from temoin.journal.events import LISTINGS, EventKind
from temoin.journal.events import LOOKS as ONE_SEEN
from temoin.journal.queries import EventFilter, EventRow, all_events
from temoin.journal.unreadable import each_opened
from temoin.lib.names import plain_name
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import wall_clock
from temoin.patients.models import Patient
from temoin.pharmacies.models import Member
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record

# That a patient's looks were listed for them is no look of whoever did it, and no work either.
LOOKS = frozenset(ONE_SEEN) - {EventKind.LOOKS_LISTED}
_NO_WORK = frozenset({*ONE_SEEN, *LISTINGS}) | {
    EventKind.ORPHANS_READ,
    EventKind.ACCESS_DENIED,
    EventKind.MEMBER_SEATED,
    EventKind.SIGNED_IN,
    EventKind.HANDED_OVER,
    EventKind.TRAINING_ENTERED,
}

OPENS, CLOSES, SUNDAY = 7, 21, 6  # local hours in which a pharmacy is ordinarily at work
ONLY_LOOKED = 10  # files looked at without any work on them, from which the review speaks
TIMES_WORKED = 3  # and at least so many times what the person worked on
DENIALS = 3
SEARCHES = 40


class Oddity(StrEnum):
    """Why the review names a person."""

    LOOKED_MORE_THAN_WORKED = "looked_more_than_worked"
    OUTSIDE_HOURS = "outside_hours"
    DENIED = "denied"
    SEARCHED_MUCH = "searched_much"
    OWN_NAME = "own_name"


@dataclass(frozen=True)
class Remark:
    """One thing worth a question: who, why, how many."""

    actor_id: UUID
    oddity: Oddity
    count: int


@dataclass
class _Day:
    """What one person did in a day."""

    looked: set[UUID] = field(default_factory=set)
    worked: set[UUID] = field(default_factory=set)
    outside: int = 0
    denied: int = 0
    searched: int = 0


def review_day(*, by: Seat, wanted: EventFilter) -> list[Remark]:
    """Return what was unusual on the filter's day, the greatest first. It asks questions, it accuses nobody."""
    check_right(by=by, right=Right.READ_JOURNAL)
    days: dict[UUID, _Day] = defaultdict(_Day)
    with tenant_scope(by.pharmacy_id):
        day = wanted.day.isoformat()
        record_look(by=by, kind=EventKind.JOURNAL_READ, subject_kind="journal", subject_id=None, detail=day)
        for event in all_events(EventFilter(wanted.day, wanted.zone)):
            if event.actor_id is not None:
                _count(days[event.actor_id], event, wanted.zone)
    remarks = [remark for actor_id, day in days.items() for remark in _remarks(actor_id, day)]
    return sorted(remarks, key=lambda remark: (-remark.count, remark.oddity, remark.actor_id))


def review_reading(*, by: Seat, wanted: EventFilter) -> list[Remark]:
    """Return what was unusual on the filter's day, family names compared: a count, never whose file it was."""
    remarks = review_day(by=by, wanted=wanted)  # checks the right and records the look
    with tenant_scope(by.pharmacy_id):
        looked = _patients_looked_at(wanted)
        namesakes = _names_of_patients({patient_id for seen in looked.values() for patient_id in seen})
        members = Member.objects.filter(id__in=looked)
        own = dict(each_opened(members, lambda one: (one.id, plain_name(one.unseal()["family_name"]))))
    for actor_id, name in own.items():
        count = sum(name in namesakes.get(patient_id, ()) for patient_id in looked[actor_id])
        if count:
            remarks.append(Remark(actor_id, Oddity.OWN_NAME, count))
    return remarks


def _patients_looked_at(wanted: EventFilter) -> dict[UUID, set[UUID]]:
    """Return by person the patients whose record or test they looked at."""
    subjects: dict[UUID, set[UUID]] = defaultdict(set)
    for event in all_events(EventFilter(wanted.day, wanted.zone)):
        if event.kind in LOOKS and event.actor_id is not None and event.subject_id is not None:
            subjects[event.actor_id].add(event.subject_id)
    everything = {subject for seen in subjects.values() for subject in seen}
    patient_of = dict(Record.objects.filter(id__in=everything).values_list("id", "patient_id"))
    return {actor: {patient_of.get(subject, subject) for subject in seen} for actor, seen in subjects.items()}


def _names_of_patients(ids: set[UUID]) -> dict[UUID, set[str]]:
    patients = Patient.objects.filter(id__in=ids)
    opened = dict(each_opened(patients, lambda patient: (patient.id, patient.traits)))
    return {
        key: {plain_name(one.birth_family_name), plain_name(one.used_family_name)} - {""} for key, one in opened.items()
    }


def _count(day: _Day, event: EventRow, zone: ZoneInfo) -> None:
    if event.subject_id is not None and event.kind in LOOKS:
        day.looked.add(event.subject_id)
        day.outside += _is_outside_hours(event, zone)
    if event.subject_id is not None and event.kind not in _NO_WORK:
        day.worked.add(event.subject_id)
    day.denied += event.kind == EventKind.ACCESS_DENIED
    day.searched += event.kind == EventKind.PATIENT_SEARCHED


def _is_outside_hours(event: EventRow, zone: ZoneInfo) -> bool:
    local = wall_clock(event.at, zone)
    return local.weekday() == SUNDAY or not OPENS <= local.hour < CLOSES


def _remarks(actor_id: UUID, day: _Day) -> Iterator[Remark]:
    only_looked = len(day.looked - day.worked)
    if only_looked >= max(ONLY_LOOKED, TIMES_WORKED * len(day.worked)):
        yield Remark(actor_id, Oddity.LOOKED_MORE_THAN_WORKED, only_looked)
    if day.outside:
        yield Remark(actor_id, Oddity.OUTSIDE_HOURS, day.outside)
    if day.denied >= DENIALS:
        yield Remark(actor_id, Oddity.DENIED, day.denied)
    if day.searched >= SEARCHES:
        yield Remark(actor_id, Oddity.SEARCHED_MUCH, day.searched)
