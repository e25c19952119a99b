"""The end of accounts of staff: what signs a person in goes a year after their last day of work in every pharmacy.

The place stays, with name and profession: by it the journal says who did what. The row of the account stays too,
empty, so that what points to it goes on leading somewhere.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction

from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.keeping.acts import OPERATOR
from temoin.lib.commit import Commit
from temoin.lib.raised_last import raised_last
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import today_in
from temoin.pharmacies.account_events import remove_factors, told_by
from temoin.pharmacies.models import Member, Pharmacy
from temoin.retention.proven import lifted_holds, opened_rows
from temoin.retention.questions import ACCOUNTS, ADDRESSES, WHOLE_HOLD
from temoin.retention.reaping import execute
from temoin.retention.turns import take_turn
from temoin.signin.models import Person


@dataclass(frozen=True)
class _PlaceLeft:
    """A person's place in one pharmacy, which they have left."""

    pharmacy_id: UUID
    member_id: UUID
    last_day: date


def end_accounts(days: int, stop: threading.Event) -> int:
    """Empty the accounts of whoever left their last pharmacy more than so many days ago; return how many.

    A place without a last day keeps its account, suspended or not: its pharmacy has not said that the person left.
    An account that cannot be emptied holds no other; the first error is raised at the end.
    """
    left, at_work = _places(days)
    ended = 0
    with raised_last() as part:
        for person_id in _accounts(left.keys() - at_work):
            if stop.is_set():
                break
            with part():
                ended += _end(person_id, left[person_id])
    return ended


def _places(days: int) -> tuple[dict[UUID, list[_PlaceLeft]], set[UUID]]:
    """Return the places whose last day is that long ago, by person, and who has any other."""
    left: dict[UUID, list[_PlaceLeft]] = {}
    at_work: set[UUID] = set()
    for pharmacy in Pharmacy.real.order_by("finess"):
        last = today_in(pharmacy.zone) - timedelta(days=days)
        with tenant_scope(pharmacy.id):
            rows = list(Member.objects.values_list("id", "person_id", "last_day"))
        gone = [row for row in rows if row[2] is not None and row[2] < last]
        at_work |= {row[1] for row in rows} - {row[1] for row in gone}
        for member_id, person_id, day in gone:
            left.setdefault(person_id, []).append(_PlaceLeft(pharmacy.id, member_id, day))
    return left, at_work


def _accounts(persons: set[UUID]) -> list[UUID]:
    """Return which of these have an account still, and no session: whoever takes a new place is signed in."""
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, {"persons": list(persons)})
        return [row[0] for row in cursor.fetchall()]


def _end(person_id: UUID, places: list[_PlaceLeft]) -> bool:
    """Empty one account and tell each pharmacy where its person worked; not while a seal or a hold says otherwise."""
    with transaction.atomic():
        person = Person.objects.defer("last_login").select_for_update().filter(id=person_id).first()
        if person is None or not all(_may_go(place) for place in places) or not _accounts({person_id}):
            return False
        first, *others = places
        with _ended(first) as commit, told_by(commit):
            _empty(person)
        for place in others:
            with _ended(place):
                pass
    return True


def _ended(place: _PlaceLeft) -> AbstractContextManager[Commit]:
    by = HouseActor(place.pharmacy_id, OPERATOR)
    return act(by=by, kind=EventKind.ACCOUNT_ENDED, subject_kind="member", subject_id=place.member_id)


def _may_go(place: _PlaceLeft) -> bool:
    """Tell whether the seal of a place bears out its last day, and nobody holds all that its pharmacy keeps."""
    with tenant_scope(place.pharmacy_id):
        take_turn(place.pharmacy_id)
        with connection.cursor() as cursor:
            cursor.execute(WHOLE_HOLD, {"pharmacy": place.pharmacy_id, "lifted": lifted_holds()})
            is_held = cursor.fetchone() == (True,)
        return not is_held and [row.last_day for row in opened_rows(Member, [place.member_id])] == [place.last_day]


def _empty(person: Person) -> None:
    remove_factors(person.id)
    for addresses in ADDRESSES:
        execute(addresses, {"person": person.id})
    person.email = f"{person.id}@ended.invalid"  # unique, and of no domain (RFC 6761, 6.4)
    person.is_active, person.enrolment, person.enrolment_until = False, "", None
    person.set_unusable_password()
    person.save(update_fields=["email", "is_active", "password", "enrolment", "enrolment_until"])
