"""Testing in series: a group's roster, the numbers on its labels, and each of its people tested by one press.

A place of the roster is no test: that is registered, with the consent given by its person and no other, once they come.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind, counter_kinds
from temoin.catalogue.logigrams import AFTER, load_logigrams
from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import coarse, now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, NotFoundError, refuse
from temoin.lib.ids import hourly_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.typed import typed_line
from temoin.patients.queries import hold_patient
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import OPERATOR, Right
from temoin.pharmacies.seat import Seat
from temoin.testing.actions import register_test, take_sample
from temoin.testing.models import Group
from temoin.testing.numbers import draw_numbers
from temoin.testing.opening import Beforehand
from temoin.testing.sample import Sample
from temoin.testing.states import GroupState

MOST = 200  # people of a group: the roster is one sealed value
LIFE = timedelta(days=31)  # from its opening


class PlaceState(StrEnum):
    """What became of a person on a roster."""

    EXPECTED = "expected"
    ABSENT = "absent"
    REFUSED = "refused"
    TESTED = "tested"


# Of two places of one person: which says more. Who refused is not asked again for having been registered twice.
_TELLS = {state: rank for rank, state in enumerate(PlaceState)}


@dataclass(frozen=True)
class RosterPlace:
    """A person of a group, with the number on the label of their cassette."""

    patient_id: UUID
    number: str
    state: PlaceState
    record_id: UUID | None


@dataclass(frozen=True)
class OpenedGroup:
    """A group with its roster, opened."""

    id: UUID
    name: str
    kind: str
    asker: str
    is_open: bool
    opened_at: datetime
    places: list[RosterPlace]


def series_kinds() -> tuple[Kind, ...]:
    """Return the kinds that are tested in series: all of the counter without a logigram, which is one person's own."""
    return tuple(kind for kind in counter_kinds() if load_logigrams().table(kind.code, AFTER) is None)


def open_group(*, by: Seat, group_id: UUID, name: str, kind: str, asker: str = "") -> None:
    """Open a group without anybody in it yet; its number comes with the form, so that a double click collides."""
    check_right(by=by, right=Right.REGISTER_TEST)
    name, asker = typed_line("name", name, of="Group"), typed_line("asker", asker, of="Group")
    if not name:
        raise refuse("name", "required", _("Enter the name of the group."))
    if kind not in {one.code for one in series_kinds()}:
        raise refuse("kind", "unknown", _("Choose the test in the list."))
    with act(by=by, kind=EventKind.GROUP_OPENED, subject_kind="group", subject_id=group_id) as commit:
        group = Group(pharmacy_id=by.pharmacy_id, id=group_id, opened_at=coarse(now()), ends_at=coarse(now()) + LIFE)
        group.seal({"name": name, "kind": kind, "asker": asker, "roster": []})
        commit.insert(group)


def join_group(*, by: Seat, group_id: UUID, patient_ids: Iterable[UUID]) -> int:
    """Put people on the roster, each with a number of their own; return how many were not on it yet."""
    check_right(by=by, right=Right.REGISTER_TEST)
    with tenant_scope(by.pharmacy_id):
        group, value = _hold_open(group_id)
        known = {place["patient"] for place in value["roster"]}
        new = [one for one in dict.fromkeys(patient_ids) if str(one) not in known]
        if not new:
            return 0
        if len(known) + len(new) > MOST:
            raise refuse("group", "full", _("A group has 200 people at most: open another one for the rest."))
        for patient_id in new:
            hold_patient(patient_id)
        numbers = draw_numbers(len(new))
        if len(numbers) < len(new):
            raise refuse("group", "no_number", _("No sample number is free: finish the tests under way first."))
        places = [_told(patient_id, number) for patient_id, number in zip(new, numbers, strict=True)]
        with _change(by, group_id, EventKind.GROUP_JOINED, str(len(new))) as commit:
            commit.move_sealed(group, "change", value | {"roster": [*value["roster"], *places]})
    return len(new)


def mark_place(*, by: Seat, group_id: UUID, number: str, state: PlaceState) -> None:
    """Note that a person is absent or refuses, or take that back; ConflictError when it stands, or they are tested."""
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with tenant_scope(by.pharmacy_id):
        group, value = _hold_open(group_id)
        place = _place(value, number)
        if PlaceState.TESTED in {state, place["state"]} or place["state"] == state:
            raise ConflictError("somebody noted this, or tested the person, meanwhile")
        with _change(by, group_id, EventKind.GROUP_MARKED, state.value) as commit:
            commit.move_sealed(group, "change", _with_place(value, place | {"state": state.value}))


def sample_place(*, by: Seat, group_id: UUID, number: str, notice_version: str, sample: Sample, station: str) -> UUID:
    """Register the test of a person who came and consents, and its sample, under the number of their label.

    All of it or nothing; ConflictError when the person is tested already, or refuses as it stands.
    """
    check_right(by=by, right=Right.REGISTER_TEST)
    check_right(by=by, right=Right.TAKE_SAMPLE)
    with tenant_scope(by.pharmacy_id):
        group, value = _hold_open(group_id)
        place = _place(value, number)
        if place["state"] not in {PlaceState.EXPECTED, PlaceState.ABSENT}:
            raise ConflictError("the person is tested already, or refuses")
        record_id = hourly_id()
        register_test(
            by=by,
            patient_id=UUID(place["patient"]),
            kind=value["kind"],
            notice_version=notice_version,
            record_id=record_id,
            beforehand=Beforehand(number=number),
        )
        take_sample(by=by, record_id=record_id, sample=sample, place=station, seen="")
        told = place | {"state": PlaceState.TESTED.value, "record": str(record_id)}
        with _change(by, group_id, EventKind.GROUP_MARKED, PlaceState.TESTED.value) as commit:
            commit.move_sealed(group, "change", _with_place(value, told))
    return record_id


def close_group(*, by: Seat, group_id: UUID) -> None:
    """Close a group: who was not tested keeps no number. ConflictError when it is closed."""
    check_right(by=by, right=Right.REGISTER_TEST)
    with tenant_scope(by.pharmacy_id):
        group, value = _hold_open(group_id)
        with _change(by, group_id, EventKind.GROUP_CLOSED) as commit:
            commit.move_sealed(group, "close", value)


def stand_in_groups(commit: Commit, gone: UUID, stays: UUID) -> None:
    """Add to a merge of two records of one person that the one that stays has the places of the other."""
    held = Group.objects.filter(state=GroupState.OPEN.value).select_for_update(of=("self",), no_key=True)
    for group, value in each_opened(held, _with_value):
        if any(place["patient"] == str(gone) for place in value["roster"]):
            commit.move_sealed(group, "change", value | {"roster": _stood_in(value["roster"], str(gone), str(stays))})


def end_groups(pharmacy_id: UUID) -> int:
    """Delete the groups that are past their day, by the keeper; return how many."""
    by = HouseActor(pharmacy_id, OPERATOR)
    with tenant_scope(pharmacy_id):
        past = Group.objects.filter(ends_at__lte=now())
        ended = each_opened(past, lambda group: opened_group(group).id, origin=OPERATOR)  # its day is in the seal
        for group_id in ended:
            with act(by=by, kind=EventKind.GROUP_ENDED, subject_kind="group", subject_id=group_id) as commit:
                commit.remove(Group, group_id)
    return len(ended)


def opened_group(group: Group) -> OpenedGroup:
    """Return a group as its seal holds it."""
    value = group.unseal()
    places = [
        RosterPlace(UUID(one["patient"]), one["number"], PlaceState(one["state"]), _record(one["record"]))
        for one in value["roster"]
    ]
    is_open = group.state == GroupState.OPEN
    return OpenedGroup(group.id, value["name"], value["kind"], value["asker"], is_open, group.opened_at, places)


def _stood_in(roster: list[dict[str, str]], gone: str, stays: str) -> list[dict[str, str]]:
    """Return a roster with one person for two: each of their tests stays, or else what was noted of them last."""
    theirs = [one | {"patient": stays} for one in roster if one["patient"] in {gone, stays}]
    kept = [one for one in theirs if one["record"]] or [max(theirs, key=lambda one: _TELLS[PlaceState(one["state"])])]
    by_number = {one["number"]: one for one in kept}
    others = (one if one["patient"] not in {gone, stays} else by_number.get(one["number"]) for one in roster)
    return [one for one in others if one is not None]


def _record(text: str) -> UUID | None:
    return UUID(text) if text else None


def _told(patient_id: UUID, number: str) -> dict[str, str]:
    return {"patient": str(patient_id), "number": number, "state": PlaceState.EXPECTED.value, "record": ""}


def _change(by: Seat, group_id: UUID, kind: EventKind, detail: str = "") -> Any:
    return act(by=by, kind=kind, subject_kind="group", subject_id=group_id, detail=detail)


def _with_value(group: Group) -> tuple[Group, dict[str, Any]]:
    return group, group.unseal()


def _hold_open(group_id: UUID) -> tuple[Group, dict[str, Any]]:
    """Return an open group, held: two people at work on one roster wait for each other's commits, and lose nothing."""
    group: Group | None = Group.objects.filter(id=group_id).select_for_update(of=("self",), no_key=True).first()
    if group is None:
        raise NotFoundError
    if group.state != GroupState.OPEN:
        raise ConflictError("the group is closed")
    return group, group.unseal()


def _place(value: dict[str, Any], number: str) -> dict[str, Any]:
    found: dict[str, Any] | None = next((one for one in value["roster"] if one["number"] == number), None)
    if found is None:
        raise NotFoundError
    return found


def _with_place(value: dict[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    """Return what a group seals, with one of its places as it is now."""
    return value | {"roster": [place if one["number"] == place["number"] else one for one in value["roster"]]}
