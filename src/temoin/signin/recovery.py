"""Recovery of whom no colleague may reset: by the operator, with two holders of the keys' backup.

That is who works alone, and who works in several pharmacies: none of them opens the door of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.commit import Commit
from temoin.lib.errors import NotFoundError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.account_events import told_by
from temoin.pharmacies.models import Member
from temoin.pharmacies.notices import NoticeKind
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.policies import Holder, check_operator
from temoin.pharmacies.seat import Seat, pharmacies_of, seat_at_work
from temoin.signin.enrolment import draw_code, lock_person, may_reset, reset_account, say_code
from temoin.signin.models import ENROLMENT, Person
from temoin.signin.own_secrets import seal_hash
from temoin.signin.two_holders import ShownBackup, check_two_holders


def recover_factors(*, by: Holder, member_id: UUID, password_too: bool, shown: ShownBackup) -> str:
    """End the factors of whom no colleague may reset, once two holders consent; return a code.

    The event names the holders, in each pharmacy where the person works: every one of them must be able to ask why.
    """
    check_operator(by=by)
    person_id = _find_alone(by.pharmacy_id, member_id).person_id
    holders = check_two_holders(shown, by.pharmacy_id)
    code = draw_code()
    hashed = seal_hash(ENROLMENT, person_id, code)
    with transaction.atomic():
        with _recovered(by, member_id, holders) as commit, told_by(commit):
            person = lock_person(_find_alone(by.pharmacy_id, member_id).person_id)
            if password_too or not person.has_usable_password():
                person.set_unusable_password()
            reset_account(person, hashed, NoticeKind.FACTORS_RECOVERED)
        for place in _elsewhere(person_id, by.pharmacy_id):
            with _recovered(Operator(place), _member_at(place, person_id), holders):
                pass
    return say_code(code)


@contextmanager
def _recovered(by: Holder, member_id: UUID, holders: str) -> Iterator[Commit]:
    with act(by=by, kind=EventKind.FACTORS_RECOVERED, subject_kind="member", subject_id=member_id) as commit:
        commit.digest = holders
        yield commit


def _elsewhere(person_id: UUID, pharmacy_id: UUID) -> list[UUID]:
    return [place.id for place in pharmacies_of(person_id) if place.id != pharmacy_id]


def _member_at(pharmacy_id: UUID, person_id: UUID) -> UUID:
    with tenant_scope(pharmacy_id):
        member: Member = Member.objects.get(person_id=person_id)
        return member.id


def _find_alone(pharmacy_id: UUID, member_id: UUID) -> Seat:
    """Return who works elsewhere too, or whom nobody else at work here could reset; ask that colleague otherwise."""
    with tenant_scope(pharmacy_id):
        seats = [seat for member in Member.objects.order_by("id") if (seat := seat_at_work(member)) is not None]
        found = next((seat for seat in seats if seat.member_id == member_id), None)
        if found is None:
            raise NotFoundError
        person = Person.objects.get(id=found.person_id)
        others = [seat for seat in seats if seat.member_id != member_id]
    if not _elsewhere(person.id, pharmacy_id) and any(may_reset(seat, found.profession, person) for seat in others):
        raise refuse("member", "has_colleague", _("A colleague can reset this person's sign-in: ask them."))
    return found
