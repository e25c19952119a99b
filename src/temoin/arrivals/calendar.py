"""The calendar of a pharmacy: whoever runs the place says when appointments can be taken."""

from __future__ import annotations

from temoin.arrivals.hours import Hours, check_hours, read_hours, written_hours
from temoin.arrivals.models import Calendar
from temoin.arrivals.pairs import keep_pairs
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right, has_right
from temoin.pharmacies.professions import Right


def calendar_of(*, by: Holder) -> Hours:
    """Return the hours of the pharmacy; without an opening before anybody said them."""
    check_right(by=by, right=Right.READ_TEST)
    return _hours(by)


def calendar_to_set(*, by: Holder) -> Hours:
    """Return the hours for whoever may change them."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    return _hours(by)


def set_hours(*, by: Holder, hours: Hours) -> None:
    """Say when appointments can be taken from now on; those that were taken stay. InvalidError names each problem."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    text = written_hours(check_hours(hours))
    with tenant_scope(by.pharmacy_id):
        there: Calendar | None = Calendar.objects.first()
        subject = there.id if there else new_id()
        with act(by=by, kind=EventKind.CALENDAR_SET, subject_kind="calendar", subject_id=subject) as commit:
            if there:
                commit.change(Calendar, there.id, hours=text)
            else:
                commit.insert(Calendar(pharmacy_id=by.pharmacy_id, id=subject, hours=text))
    if has_right(by=by, right=Right.REGISTER_TEST):  # else the counter makes them at its next look
        keep_pairs(by=by)


def _hours(by: Holder) -> Hours:
    with tenant_scope(by.pharmacy_id):
        there: Calendar | None = Calendar.objects.first()
        return read_hours(there.hours) if there else Hours()
