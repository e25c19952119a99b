"""The training counter of a pharmacy: a pharmacy of its own beside it, from which nothing leaves (decision 0131).

Row security keeps the two apart as it keeps any two. A person has a place there for as long as they have the same one
in the pharmacy itself; what they may do there is `PRACTISED`.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import IntegrityError

from temoin.journal.act import act, acts_together, record_look
from temoin.journal.events import EventKind
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.lengths import LONGEST
from temoin.lib.training import is_training, training_of
from temoin.pharmacies.actions import add_member
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.numbers import TRAINING_MARK
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import PRACTISED, RIGHTS, Right
from temoin.pharmacies.seat import Seat, pharmacy_of, take_seat

# Stands before the name wherever a place is named: on pages, tickets, labels and results.
_NAME = "EXERCICE SANS VALEUR · {}"


def may_practise(seat: Seat) -> bool:
    """Tell whether there is something to practise for this profession: whoever sees no test has no counter to learn."""
    return Right.READ_TEST in RIGHTS[seat.profession] & PRACTISED


def enter_training(*, by: Seat) -> UUID:
    """Give a person their place at the training counter of their pharmacy, opened when the first one comes."""
    check_right(by=by, right=Right.READ_TEST)
    if is_training(by.pharmacy_id):
        raise ConflictError("at the training counter already")
    record_look(by=by, kind=EventKind.TRAINING_ENTERED, subject_kind="member", subject_id=by.member_id)
    place = _opened(by)
    _take_place(by, place)
    return place


def real_of(training_id: UUID) -> UUID:
    """Return the pharmacy whose training counter this is; NotFoundError for any other."""
    number = Pharmacy.objects.filter(id=training_id).values_list("finess", flat=True).first() or ""
    real = Pharmacy.objects.filter(finess=number.removeprefix(TRAINING_MARK)).values_list("id", flat=True).first()
    if real is None or training_of(real) != training_id:  # the row is not believed: the numbers say whose it is
        raise NotFoundError
    return real


def check_still_works(seat: Seat) -> None:
    """Raise NotFoundError unless whoever practises has the same place in the pharmacy itself."""
    own = take_seat(person_id=seat.person_id, pharmacy_id=real_of(seat.pharmacy_id))
    if own.profession is not seat.profession:
        raise NotFoundError


def _opened(by: Seat) -> UUID:
    own, place = pharmacy_of(by), training_of(by.pharmacy_id)
    if Pharmacy.objects.filter(id=place).exists():
        return place
    counter = Pharmacy(
        id=place,
        finess=f"{TRAINING_MARK}{own.finess}",
        name=_NAME.format(own.name)[: LONGEST["Pharmacy.name"]],
        street=own.street,
        postcode=own.postcode,
        city=own.city,
        time_zone=own.time_zone,
        is_demo=True,  # formats say so of its results too, and couriers refuse them once more
    )
    try:
        opener = replace(by, pharmacy_id=place)
        with act(by=opener, kind=EventKind.PHARMACY_OPENED, subject_kind="pharmacy", subject_id=place):
            counter.save(force_insert=True)
    except IntegrityError:
        pass  # a colleague opened it at this moment
    return place


def _take_place(by: Seat, place: UUID) -> None:
    names = {"family_name": by.family_name, "given_name": by.given_name, "rpps": by.rpps}
    with acts_together(by=replace(by, pharmacy_id=place)) as acts:
        member = Member.objects.select_for_update().filter(person_id=by.person_id).first()
        if member is None:
            add_member(acts, Member(pharmacy_id=place, person_id=by.person_id, profession=by.profession.value), names)
        elif (member.profession, member.unseal()) != (by.profession.value, names):
            told = {"subject_kind": "member", "subject_id": member.id, "detail": by.profession.value}
            with acts.act(kind=EventKind.MEMBER_CHANGED, **told) as commit:
                commit.reseal(member, names, profession=by.profession.value)
