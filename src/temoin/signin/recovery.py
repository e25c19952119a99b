"""Recovery of whom nobody at work here could reset: by the operator, with two holders of the keys' backup."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.errors import NotFoundError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.account_events import told_by
from temoin.pharmacies.models import Member
from temoin.pharmacies.notices import NoticeKind
from temoin.pharmacies.policies import Holder, check_operator
from temoin.pharmacies.seat import Seat, seat_at_work
from temoin.signin.enrolment import draw_code, lock_person, may_reset, reset_account, say_code
from temoin.signin.models import ENROLMENT, Person
from temoin.signin.own_secrets import seal_hash
from temoin.signin.two_holders import ShownBackup, check_two_holders


def recover_factors(*, by: Holder, member_id: UUID, password_too: bool, shown: ShownBackup) -> str:
    """End the factors of whom no colleague can reset, once two holders consent, whom the event names; return a code."""
    check_operator(by=by)
    person_id = _find_alone(by.pharmacy_id, member_id).person_id
    holders = check_two_holders(shown, by.pharmacy_id)
    code = draw_code()
    hashed = seal_hash(ENROLMENT, person_id, code)
    with (
        act(by=by, kind=EventKind.FACTORS_RECOVERED, subject_kind="member", subject_id=member_id) as commit,
        told_by(commit),
    ):
        commit.digest = holders
        person = lock_person(_find_alone(by.pharmacy_id, member_id).person_id)
        if password_too or not person.has_usable_password():
            person.set_unusable_password()
        reset_account(person, by.pharmacy_id, hashed, NoticeKind.FACTORS_RECOVERED)
    return say_code(code)


def _find_alone(pharmacy_id: UUID, member_id: UUID) -> Seat:
    """Return whom nobody else at work here could reset; ask that colleague otherwise."""
    with tenant_scope(pharmacy_id):
        seats = [seat for member in Member.objects.order_by("id") if (seat := seat_at_work(member)) is not None]
        found = next((seat for seat in seats if seat.member_id == member_id), None)
        if found is None:
            raise NotFoundError
        person = Person.objects.get(id=found.person_id)
        others = [seat for seat in seats if seat.member_id != member_id]
    if any(may_reset(seat, found.profession, person) for seat in others):
        raise refuse("member", "has_colleague", _("A colleague can reset this person's sign-in: ask them."))
    return found
