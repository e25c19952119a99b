"""The seat: a person at work in one pharmacy, as actions receive it in `by=`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from temoin.crypto.sealed import open_value
from temoin.journal.act import Actor
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.training import is_training
from temoin.lib.zones import today_in
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.professions import PRACTISED, RIGHTS, Profession, Right
from temoin.pharmacies.zones import zone_of


@dataclass(frozen=True)
class Seat:
    """Who acts, where, and from which door. Built anew for each request: a suspension bites at the next one."""

    pharmacy_id: UUID
    member_id: UUID
    person_id: UUID
    profession: Profession
    family_name: str
    given_name: str
    rpps: str
    origin: str = "page"

    @property
    def actor_id(self) -> UUID:
        """Return the pseudonymous id that events carry."""
        return self.member_id

    @property
    def rights(self) -> frozenset[Right]:
        rights = RIGHTS[self.profession]
        return rights & PRACTISED if is_training(self.pharmacy_id) else rights

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


def take_seat(*, person_id: UUID, pharmacy_id: UUID, origin: str = "page") -> Seat:
    """Return the person's seat in a pharmacy; NotFoundError when there is none, it was suspended, or they left."""
    with tenant_scope(pharmacy_id):
        return seat_of(Member.objects.filter(person_id=person_id).first(), origin=origin)


def colleague(*, by: Seat, member_id: UUID) -> Seat:
    """Return another person's seat in the same pharmacy; NotFoundError when there is none, or it was suspended."""
    with tenant_scope(by.pharmacy_id):
        member = Member.objects.filter(id=member_id).exclude(id=by.member_id).first()
        return seat_of(member, origin=by.origin)


def seat_of(member: Member | None, *, origin: str = "page") -> Seat:
    """Return the seat that a membership gives; NotFoundError when there is none, it was suspended, or they left."""
    if member is None or not member.is_active or has_left(member):
        raise NotFoundError
    bound = tuple(getattr(member, name) for name in Member.bound_ever())
    names = _names_in(member.pharmacy_id, member.id, bytes(member.sealed), bound)
    return Seat(
        pharmacy_id=member.pharmacy_id,
        member_id=member.id,
        person_id=member.person_id,
        profession=Profession(member.profession),
        family_name=names["family_name"],
        given_name=names["given_name"],
        rpps=names["rpps"],
        origin=origin,
    )


@lru_cache(maxsize=1024)
def _names_in(pharmacy_id: UUID, member_id: UUID, sealed: bytes, bound: tuple[Any, ...]) -> dict[str, Any]:
    """Open a member's value. A seat is taken at each request: the same value of the same row is opened once.

    Whatever the seal binds is part of the question, so that a row which says something else is opened, and refused.
    """
    with tenant_scope(pharmacy_id):
        return open_value(Member, member_id, sealed, dict(zip(Member.bound_ever(), bound, strict=True)))


def seat_at_work(member: Member | None) -> Seat | None:
    """Return the seat of a member; None when there is none, it was suspended, or they left."""
    try:
        return seat_of(member)
    except NotFoundError:
        return None


def has_left(member: Member) -> bool:
    """Tell whether a person's last day of work is over, by the pharmacy's own calendar."""
    return member.last_day is not None and member.last_day < today(member.pharmacy_id)


def today(pharmacy_id: UUID) -> date:
    return today_in(zone_of(pharmacy_id))


def pharmacy_of(seat: Actor) -> Pharmacy:
    """Return the public entry of the pharmacy where a person, or a program, is at work."""
    return Pharmacy.objects.get(id=seat.pharmacy_id)


def pharmacies_of(person_id: UUID) -> list[Pharmacy]:
    """Return the pharmacies where this person has an active seat, by name; a training counter is no place of work."""
    places = active_places(person_id)
    found = Pharmacy.real.filter(id__in=places).order_by("name")
    return [one for one in found if (last := places[one.id]) is None or last >= today_in(one.zone)]


def active_places(person_id: UUID) -> dict[UUID, date | None]:
    """Return the pharmacies where this person has an active place, each with the last day of work if there is one.

    No pharmacy is in scope yet: row security shows the person's own memberships and no others.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('temoin.person', %s, true)", [str(person_id)])
        cursor.execute(
            "SELECT pharmacy_id, last_day FROM pharmacies_member WHERE person_id = %s AND is_active",
            [person_id],
        )
        places: dict[UUID, date | None] = dict(cursor.fetchall())
        cursor.execute("SELECT set_config('temoin.person', '', true)")
    return places
