"""Managing the people of a pharmacy: invite, change, suspend, resume, let go.

Nobody changes their own place, so nobody raises their own rights. Whoever manages reaches only the professions that
`MAY_SEAT` gives them. And somebody who manages the team must always be left, or the pharmacy would be locked out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.crypto.codes import draw_handed_code, hash_handed_code
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem, refuse
from temoin.lib.ids import new_id
from temoin.lib.zones import bounds_of_day
from temoin.pharmacies.account_events import has_account
from temoin.pharmacies.models import Invitation, Member, Pharmacy
from temoin.pharmacies.newcomer import Newcomer
from temoin.pharmacies.notices import NoticeKind, owners_at_work, post_notice
from temoin.pharmacies.numbers import is_doubtful_rpps
from temoin.pharmacies.policies import (
    Holder,
    check_may_give,
    check_may_seat,
    check_may_stand_in,
    check_right,
    may_give,
)
from temoin.pharmacies.professions import MANAGERS, OPERATOR, REGISTERED, Profession, Right
from temoin.pharmacies.register_checks import Subject, bound_check, drop_check, post_check, renew_check
from temoin.pharmacies.seat import today
from temoin.pharmacies.states import InvitationState
from temoin.pharmacies.zones import zone_of

VALIDITY = timedelta(hours=72)
_FURTHEST = timedelta(days=730)  # a last day further away is a slip of the hand


@dataclass(frozen=True)
class Invited:
    """What the inviter is shown, once: the code is not kept."""

    id: UUID
    code: str = field(repr=False)
    expires_at: datetime
    is_waiting: bool = False  # for the approval of an owner, before which the code opens nothing


def invite_member(*, by: Holder, newcomer: Newcomer) -> Invited:
    """Offer a place, and return the one-time code to hand over. The answer is the same for who has an account."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    check_may_seat(by=by, profession=newcomer.profession)
    code, expires_at = draw_handed_code(), now() + VALIDITY
    waits = not _may_offer(by, newcomer.profession)
    invitation = Invitation(
        pharmacy_id=by.pharmacy_id,
        id=new_id(),
        state=(InvitationState.WAITING if waits else InvitationState.OPEN).value,
        profession=newcomer.profession.value,
        code_hash=hash_handed_code(code),
        expires_at=expires_at,
    )
    with act(
        by=by,
        kind=EventKind.MEMBER_INVITED,
        subject_kind="invitation",
        subject_id=invitation.id,
        detail=newcomer.profession.value + (" waiting" if waits else ""),
    ) as commit:
        pharmacy = Pharmacy.objects.get(id=by.pharmacy_id)
        if pharmacy.closed_on is not None:
            raise refuse("", "closed", _("This pharmacy is closed."))
        _check_number(pharmacy, newcomer.rpps)
        names = {"family_name": newcomer.family_name, "given_name": newcomer.given_name}
        invitation.seal({**names, "rpps": newcomer.rpps, "email": newcomer.email})
        commit.insert(invitation)
        subject = Subject("invitation", invitation.id, invitation.profession, expires_at)
        post_check(commit, subject, {**names, "rpps": newcomer.rpps})
        if waits:
            for owner in owners_at_work(by.pharmacy_id):
                post_notice(person_id=owner, kind=NoticeKind.APPROVAL_ASKED)
    return Invited(invitation.id, f"{pharmacy.finess}-{code}", expires_at, waits)


def approve_invitation(*, by: Holder, invitation_id: UUID) -> None:
    """Let an invitation open that gives rights its maker lacks: its code is good for as long again."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with act(by=by, kind=EventKind.INVITATION_APPROVED, subject_kind="invitation", subject_id=invitation_id) as commit:
        invitation = _held_invitation(invitation_id)
        check_may_seat(by=by, profession=invitation.profession)
        check_may_give(by=by, profession=invitation.profession)
        expires_at = now() + VALIDITY
        commit.move_sealed(invitation, "approve", expires_at=expires_at)
        bound_check(commit, invitation_id, expires_at)


def _may_offer(by: Holder, profession: Profession) -> bool:
    """Tell whether an invitation opens at once. The operator's does where no owner is at work to be asked."""
    if by.profession == OPERATOR:
        return not owners_at_work(by.pharmacy_id)
    return may_give(by=by, profession=profession)


def _check_may_give(by: Holder, profession: str, *, instead_of: str = "") -> None:
    """Refuse to hand on rights that whoever acts lacks; the operator may where no owner is at work to do it."""
    if by.profession != OPERATOR or owners_at_work(by.pharmacy_id):
        check_may_give(by=by, profession=profession, instead_of=instead_of)


def _check_number(pharmacy: Pharmacy, rpps: str) -> None:
    """Refuse a number that fails its check digit; in a demonstration, where made-up ones are typed, it is told only."""
    if is_doubtful_rpps(rpps) and not pharmacy.is_demo:
        words = _("This RPPS number fails its check digit: compare it with the card.")
        raise refuse("rpps", "check_digit", words)


def withdraw_invitation(*, by: Holder, invitation_id: UUID) -> None:
    """Make an open invitation's code worthless."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with act(by=by, kind=EventKind.INVITATION_WITHDRAWN, subject_kind="invitation", subject_id=invitation_id) as commit:
        invitation = _held_invitation(invitation_id)
        check_may_seat(by=by, profession=invitation.profession)
        commit.move_sealed(invitation, "withdraw")
        drop_check(commit, invitation_id)


def _held_invitation(invitation_id: UUID) -> Invitation:
    """Return an invitation, locked: its seal binds its state, so that two changes must come one after the other."""
    invitation: Invitation | None = Invitation.objects.select_for_update().filter(id=invitation_id).first()
    if invitation is None:
        raise NotFoundError
    return invitation


def change_profession(*, by: Holder, member_id: UUID, profession: Profession, rpps: str) -> None:
    """Give a colleague another profession, with the rights that go with it; `rpps` is kept when it is ""."""
    with _change(by, member_id, EventKind.MEMBER_CHANGED, detail=profession.value) as (commit, member, team):
        check_may_seat(by=by, profession=profession)
        _check_may_give(by, profession, instead_of=member.profession)
        _check_number(Pharmacy.objects.get(id=by.pharmacy_id), rpps)
        names = member.unseal()
        if rpps not in {"", names["rpps"]}:  # whoever holds the card of this number signs in here as the colleague
            for one in (Profession(member.profession), profession):
                check_may_stand_in(by=by, profession=one)
        names["rpps"] = rpps or names["rpps"]
        if profession in REGISTERED and not names["rpps"]:
            raise InvalidError([Problem("rpps", "required", _("An RPPS number has eleven digits."))])
        if profession not in MANAGERS:
            _check_somebody_manages(by, member, team)
        commit.reseal(member, names, profession=profession.value)
        renew_check(commit, Subject("member", member_id, profession.value, _end_of(member.last_day, by)), names)


def suspend_member(*, by: Holder, member_id: UUID) -> None:
    """Close a colleague's place from their next request on. ConflictError when it is closed already."""
    with _change(by, member_id, EventKind.MEMBER_SUSPENDED) as (commit, member, team):
        if not member.is_active:
            raise ConflictError("suspended already")
        _check_somebody_manages(by, member, team)
        commit.reseal(member, is_active=False)
        drop_check(commit, member_id)


def resume_member(*, by: Holder, member_id: UUID) -> None:
    """Give back the place of who was suspended, or had left. ConflictError when it was open."""
    with _change(by, member_id, EventKind.MEMBER_RESUMED) as (commit, member, _team):
        if member.is_active and member.last_day is None:
            raise ConflictError("at work already")
        _check_may_give(by, member.profession)
        _check_has_account(member)
        commit.reseal(member, is_active=True, last_day=None)
        if not bound_check(commit, member_id, None):
            post_check(commit, Subject("member", member_id, member.profession), member.unseal())


def depart_member(*, by: Holder, member_id: UUID, last_day: date) -> None:
    """Enter a colleague's last day of work: the place is theirs until that evening, and no longer."""
    if last_day > today(by.pharmacy_id) + _FURTHEST:
        raise refuse("last_day", "too_late", _("This day is too far away."))
    with _change(by, member_id, EventKind.MEMBER_DEPARTED) as (commit, member, team):
        _check_somebody_manages(by, member, team)
        if member.last_day is not None and last_day > member.last_day:
            _check_may_give(by, member.profession)
            _check_has_account(member)
        commit.reseal(member, last_day=last_day)
        bound_check(commit, member_id, _end_of(last_day, by))


def _check_has_account(member: Member) -> None:
    """Refuse to give a place back to whom nothing signs in any more."""
    if not has_account(member.person_id):
        ended = _("This person’s account was deleted, a year after their last day: invite them again.")
        raise refuse("", "account_ended", ended)


def _end_of(last_day: date | None, by: Holder) -> datetime | None:
    """Return when the evening of a last day of work is over in the pharmacy."""
    return None if last_day is None else bounds_of_day(last_day, zone_of(by.pharmacy_id))[1]


@contextmanager
def _change(
    by: Holder, member_id: UUID, kind: EventKind, *, detail: str = ""
) -> Iterator[tuple[Commit, Member, list[Member]]]:
    """Open the act that changes a colleague's place, with the whole team locked: two managers cannot end each other."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with act(by=by, kind=kind, subject_kind="member", subject_id=member_id, detail=detail) as commit:
        team = list(Member.objects.select_for_update().order_by("id"))
        member = next((one for one in team if one.id == member_id), None)
        if member is None:
            raise NotFoundError
        if member.id == by.actor_id:
            raise refuse("", "own_place", _("Nobody changes their own place: ask a colleague who manages the team."))
        check_may_seat(by=by, profession=member.profession)
        yield commit, member, team


def _check_somebody_manages(by: Holder, member: Member, team: list[Member]) -> None:
    """Refuse to lose the last person who manages the team. Not the operator, who can invite another at any time."""
    left = [one for one in team if one.id != member.id and one.is_lasting_manager]
    if by.profession != OPERATOR and member.is_lasting_manager and not left:
        raise refuse("", "last_manager", _("Somebody must be left who manages the team: name another person first."))
