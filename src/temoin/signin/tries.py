"""Sign-ins that failed: their person is told at the next sign-in, and the journals of their pharmacies are told too.

A known and an unknown address cost the same one row, so that no clock tells them apart; the worker does the rest. It
writes one event a minute at most for a person and a way in, so that strangers cannot fill a journal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.measures import SIGN_IN_FAILURES
from temoin.lib.raised_last import raised_last
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Member
from temoin.pharmacies.notices import NoticeKind, post_notice
from temoin.pharmacies.seat import pharmacies_of
from temoin.signin.models import FailedTry, Person

MANY = 5  # tries that nobody was told of yet, from which the person is written to, once a day at most
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Untold:
    """Failed sign-ins that their person was not told of."""

    count: int
    first: datetime
    last: datetime


def note_try(*, email: str, way: str) -> None:
    """Note that somebody failed to sign in under an address, known or not."""
    person = Person.objects.filter(email__iexact=email).values_list("id", flat=True).first()
    FailedTry(person_id=person, at=now(), way=way).save(force_insert=True)
    SIGN_IN_FAILURES.labels(way).inc()


def note_try_of(*, person_id: UUID, way: str) -> None:
    """Note that a second factor was refused after the right password."""
    FailedTry(person_id=person_id, at=now(), way=way).save(force_insert=True)
    SIGN_IN_FAILURES.labels(way).inc()


def tell_tries(*, person_id: UUID) -> Untold | None:
    """Return what a person is to be told, once; None when nothing failed."""
    with transaction.atomic():
        rows = FailedTry.objects.filter(person_id=person_id, is_told=False)
        found = list(rows.order_by("at").values_list("id", "at"))
        FailedTry.objects.filter(id__in=[number for number, _at in found]).update(is_told=True)
    return Untold(len(found), found[0][1], found[-1][1]) if found else None


def record_tries() -> None:
    """Put what failed into the journals, write to who has many, and forget what is over; the worker's part."""
    FailedTry.objects.filter(person_id__isnull=True).delete()
    fresh = FailedTry.objects.filter(is_noted=False).values_list("person_id", flat=True).distinct()
    with raised_last() as part:  # one whose tries cannot be written down holds no other
        for person_id in filter(None, fresh):
            with part():
                _note(person_id)
                _write_if_many(person_id)
    FailedTry.objects.filter(is_noted=True, at__lt=now() - KEPT).delete()


def _note(person_id: UUID) -> None:
    """Write the events of every pharmacy and mark the tries: all of it or nothing."""
    with transaction.atomic():
        rows = list(FailedTry.objects.filter(person_id=person_id, is_noted=False).values_list("id", "way"))
        for way, count in sorted(Counter(way for _number, way in rows).items()):
            for place in pharmacies_of(person_id):
                _record(place.id, person_id, f"{way} {count}")
        FailedTry.objects.filter(id__in=[number for number, _way in rows]).update(is_noted=True)


def _record(pharmacy_id: UUID, person_id: UUID, detail: str) -> None:
    with tenant_scope(pharmacy_id):
        member = Member.objects.filter(person_id=person_id).values_list("id", flat=True).first()
    by = HouseActor(pharmacy_id, "worker")
    with act(by=by, kind=EventKind.SIGN_IN_FAILED, subject_kind="member", subject_id=member, detail=detail):
        pass


def _write_if_many(person_id: UUID) -> None:
    recent = FailedTry.objects.filter(person_id=person_id, at__gt=now() - timedelta(days=1))
    untold = recent.filter(is_told=False, is_mailed=False)
    count = untold.count()
    if count < MANY or recent.filter(is_mailed=True).exists():
        return
    with transaction.atomic():
        untold.update(is_mailed=True)
        post_notice(person_id=person_id, kind=NoticeKind.FAILED_TRIES, count=count)
