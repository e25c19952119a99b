"""What a group needs beside its roster: labels, the attendance list, and the review of what was read."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from temoin.lib.sample_number import MARK
from temoin.pharmacies.seat import Seat
from temoin.testing.group_queries import GroupMember, group_named, read_group
from temoin.testing.groups import PlaceState
from temoin.testing.states import RecordState
from temoin.web.group_lines import PLACE
from temoin.web.pages import show
from temoin.web.views.proposals import Batch, put_batch_aside, show_batch, sign_batch
from temoin.web.wording import Words

_CAME: dict[PlaceState, Words] = {
    **{state: mark.words for state, mark in PLACE.items()},
    PlaceState.EXPECTED: "",
    PlaceState.TESTED: _("Came, tested"),
}


def labels(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Show the labels of everybody who is not tested yet, in the order of the roster; they name nobody."""
    view = read_group(by=seat, group_id=group_id)
    waiting = [one.place.number for one in view.members if one.place.state is not PlaceState.TESTED]
    return show(request, seat, "group_labels.html", group=view.group, labels=[(one, f"{MARK}{one}") for one in waiting])


def attendance(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Show who came, was absent or refused, for the pharmacy's own file: no result stands on it."""
    view = read_group(by=seat, group_id=group_id)
    rows = [(one, _came(one)) for one in view.members]
    return show(request, seat, "group_attendance.html", group=view.group, kind=view.kind, rows=rows)


def _came(member: GroupMember) -> Words:
    if member.test is not None and member.test.state is RecordState.ABANDONED:
        return _("Came, test given up")
    return _CAME[member.place.state]


def review(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Show what was read in a group and waits for a signature."""
    return show_batch(request, seat, _batch(seat, group_id))


def sign(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Sign what is ticked, each by itself, as the page of proposals does."""
    return sign_batch(request, seat, _batch(seat, group_id))


def put_aside(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    return put_batch_aside(request, seat, _batch(seat, group_id))


def _batch(seat: Seat, group_id: UUID) -> Batch:
    group = group_named(by=seat, group_id=group_id)
    return Batch(group, [place.record_id for place in group.places if place.record_id is not None])
