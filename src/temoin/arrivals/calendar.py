"""The calendar of a pharmacy: whoever runs the place says when appointments can be taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from temoin.arrivals.hours import Hours, check_hours, read_hours, written_hours
from temoin.arrivals.models import Calendar
from temoin.arrivals.pairs import keep_pairs
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.queries import events_about
from temoin.lib.errors import ConflictError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.member_names import names_of
from temoin.pharmacies.policies import Holder, check_right, has_right
from temoin.pharmacies.professions import Right


@dataclass(frozen=True)
class CalendarToSet:
    """The hours as they stand, and which version of them that is."""

    hours: Hours
    version: str


@dataclass(frozen=True)
class SetBy:
    """Who set the hours last, and when."""

    name: str
    at: datetime


def calendar_of(*, by: Holder) -> Hours:
    """Return the hours of the pharmacy; without an opening before anybody said them."""
    check_right(by=by, right=Right.READ_TEST)
    return _hours(by)


def calendar_to_set(*, by: Holder) -> CalendarToSet:
    """Return the hours for whoever may change them."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    return CalendarToSet(hours := _hours(by), _version(hours))


def set_hours(*, by: Holder, hours: Hours, expected_version: str | None) -> None:
    """Say when appointments can be taken from now on; those that were taken stay. InvalidError names each problem.

    ConflictError when others stand than the version that was seen; None where nobody looked at them.
    """
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    text = written_hours(check_hours(hours))
    with tenant_scope(by.pharmacy_id):
        there: Calendar | None = Calendar.objects.first()
        if expected_version not in (None, _version(read_hours(there.hours) if there else Hours())):
            raise ConflictError("somebody set other hours meanwhile")
        subject = there.id if there else new_id()
        with act(by=by, kind=EventKind.CALENDAR_SET, subject_kind="calendar", subject_id=subject) as commit:
            if there:
                commit.change(Calendar, there.id, only_if={"hours": there.hours}, hours=text)
            else:
                commit.insert(Calendar(pharmacy_id=by.pharmacy_id, id=subject, hours=text))
    if has_right(by=by, right=Right.REGISTER_TEST):  # else the counter makes them at its next look
        keep_pairs(by=by)


def last_set(*, by: Holder) -> SetBy | None:
    """Return who set the hours that stand, for whoever may change them; None before anybody did."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with tenant_scope(by.pharmacy_id):
        there: Calendar | None = Calendar.objects.first()
        events = events_about([there.id], [EventKind.CALENDAR_SET.value]) if there else []
        told = [(one.actor_id, one.at) for one in events[-1:] if one.actor_id is not None]
        return next((SetBy(names_of([actor]).get(actor, ""), at) for actor, at in told), None)


def _hours(by: Holder) -> Hours:
    with tenant_scope(by.pharmacy_id):
        there: Calendar | None = Calendar.objects.first()
        return read_hours(there.hours) if there else Hours()


def _version(hours: Hours) -> str:
    return sha256(written_hours(hours).encode()).hexdigest()[:16]
