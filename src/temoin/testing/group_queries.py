"""What is asked of groups tested in series; a roster shows patients, so that each look at one is an event."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.errors import NotFoundError
from temoin.lib.names import plain_name
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.groups import OpenedGroup, PlaceState, RosterPlace, opened_group
from temoin.testing.list_version import version_of_list
from temoin.testing.lists import TestRow, lines_of
from temoin.testing.models import Group, Record
from temoin.testing.opening import Proposal, proposal_in


@dataclass(frozen=True)
class GroupLine:
    """A group in the list of groups: how many people it has, and how many of them in each state."""

    group: OpenedGroup
    kind: Kind
    counts: Counter[PlaceState]


@dataclass(frozen=True)
class GroupMember:
    """A person of a group, with their test once there is one; `proposal` is what was read and waits for a signature."""

    place: RosterPlace
    traits: Traits
    test: TestRow | None
    proposal: Proposal | None


@dataclass(frozen=True)
class GroupView:
    """A group with everybody on its roster, by name."""

    group: OpenedGroup
    kind: Kind
    members: list[GroupMember]


def list_groups(*, by: Seat) -> list[GroupLine]:
    """Return the groups of the last month, open ones first, newest first; no patient is shown."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        groups = each_opened(Group.objects.order_by("-opened_at", "-id"), opened_group)
        lines = [GroupLine(one, load_kinds()[one.kind], Counter(place.state for place in one.places)) for one in groups]
        return sorted(lines, key=lambda line: not line.group.is_open)


def group_named(*, by: Seat, group_id: UUID) -> OpenedGroup:
    """Return a group for a page that names it and shows nobody of it."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return _group(group_id)


def group_of_number(*, by: Seat, number: str) -> UUID | None:
    """Return the open group in which a label's number waits for its person, None for no such group."""
    check_right(by=by, right=Right.READ_TEST)
    groups = [line.group for line in list_groups(by=by) if line.group.is_open]
    return next((one.id for one in groups if number in _waiting(one)), None)


def read_group(*, by: Seat, group_id: UUID) -> GroupView:
    """Return a group with its people; that they were shown, and their tests, are events."""
    check_right(by=by, right=Right.READ_TEST)
    check_right(by=by, right=Right.READ_PATIENT)
    with tenant_scope(by.pharmacy_id):
        group = _group(group_id)
        traits = _traits(group)
        records = list(Record.objects.filter(id__in=[place.record_id for place in group.places if place.record_id]))
        proposals = dict(each_opened(records, lambda record: (record.id, proposal_in(record.unseal()))))
        rows = {row.id: row for row in lines_of(records)}
        tests: dict[UUID | None, tuple[TestRow | None, Proposal | None]]
        tests = {one: (rows[one], proposals.get(one)) for one in rows}
        searched, listed = EventKind.PATIENT_SEARCHED, EventKind.TEST_LIST_READ
        record_listing(by=by, kind=searched, subject_kind="patient", shown=traits, detail="group")
        record_listing(by=by, kind=listed, subject_kind="record", shown=rows, detail="0")
    members = [
        GroupMember(place, traits[place.patient_id], *tests.get(place.record_id, (None, None)))
        for place in group.places
        if place.patient_id in traits
    ]
    members.sort(key=lambda one: (plain_name(one.traits.name), one.traits.birth_date, one.place.number))
    return GroupView(group, load_kinds()[group.kind], members)


def version_of_group(*, by: Seat, group_id: UUID) -> str:
    """Return a digest that changes with a group's roster or with the tests of its people; nothing is opened."""
    version = version_of_list(by=by)
    with tenant_scope(by.pharmacy_id):
        group = Group.objects.filter(id=group_id).first()
        if group is None:
            raise NotFoundError
        return sha256(f"{version} {group.told_digest()}".encode()).hexdigest()


def _waiting(group: OpenedGroup) -> set[str]:
    return {place.number for place in group.places if place.state is not PlaceState.TESTED}


def _group(group_id: UUID) -> OpenedGroup:
    group = Group.objects.filter(id=group_id).first()
    if group is None:
        raise NotFoundError
    return opened_group(group)


def _traits(group: OpenedGroup) -> dict[UUID, Traits]:
    """Return the traits of those on the roster; one merged since a group was closed is shown under the former name."""
    patients = Patient.objects.filter(id__in=[place.patient_id for place in group.places])
    return dict(each_opened(patients, lambda patient: (patient.id, patient.traits)))
