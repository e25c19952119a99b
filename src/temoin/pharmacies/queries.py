"""What is asked about the people of a pharmacy: the team, one colleague, the invitations that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import day_of
from temoin.pharmacies.models import Invitation, Member
from temoin.pharmacies.policies import Holder, check_right, may_give, seats_within_reach
from temoin.pharmacies.professions import Profession, Right
from temoin.pharmacies.register_checks import RegisterView, views_of
from temoin.pharmacies.seat import has_left
from temoin.pharmacies.states import InvitationState
from temoin.pharmacies.zones import zone_here


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """A person of the team as those who manage it see them."""

    id: UUID
    family_name: str
    given_name: str
    profession: Profession
    rpps: str
    is_active: bool
    last_day: date | None
    last_seen: date | None  # day of the last session opened in this pharmacy; other pharmacies' are not ours to know
    is_mine: bool  # the place of whoever asks
    within_reach: bool
    has_left: bool  # the last day of work is over
    register: RegisterView | None  # None for who has no number


@dataclass(frozen=True, kw_only=True)
class OpenInvitation:
    """An invitation whose code still works, or will once an owner has approved it."""

    id: UUID
    family_name: str
    given_name: str
    email: str
    profession: Profession
    expires_at: datetime
    within_reach: bool
    is_waiting: bool
    may_approve: bool
    rpps: str
    register: RegisterView | None


def read_team(*, by: Holder) -> list[Colleague]:
    """Return everybody who has or had a place, those at work first."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with tenant_scope(by.pharmacy_id):
        members = list(Member.objects.all())
        seen = _last_seen([member.id for member in members])
        checks = views_of([member.id for member in members])
        team = each_opened(members, lambda member: _colleague(by, member, seen.get(member.id), checks.get(member.id)))
    return sorted(team, key=lambda one: (one.has_left, not one.is_active, one.family_name, one.given_name))


def read_colleague(*, by: Holder, member_id: UUID) -> Colleague:
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with tenant_scope(by.pharmacy_id):
        member = Member.objects.filter(id=member_id).first()
        if member is None:
            raise NotFoundError
        return _colleague(by, member, _last_seen([member.id]).get(member.id), views_of([member.id]).get(member.id))


def read_invitations(*, by: Holder) -> list[OpenInvitation]:
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with tenant_scope(by.pharmacy_id):
        states = [InvitationState.WAITING.value, InvitationState.OPEN.value]
        found = list(Invitation.objects.filter(state__in=states, expires_at__gt=now()).order_by("expires_at"))
        checks = views_of([invitation.id for invitation in found])
        return each_opened(found, lambda invitation: _open_invitation(by, invitation, checks.get(invitation.id)))


def _last_seen(member_ids: list[UUID]) -> dict[UUID, date]:
    opened = Event.objects.filter(subject_id__in=member_ids, kind=EventKind.SIGNED_IN.value)
    found = opened.values_list("subject_id").annotate(Max("at")).order_by()
    return {member_id: day_of(at, zone_here()) for member_id, at in found}


def _colleague(by: Holder, member: Member, last_seen: date | None, register: RegisterView | None) -> Colleague:
    names = member.unseal()
    return Colleague(
        id=member.id,
        family_name=names["family_name"],
        given_name=names["given_name"],
        profession=Profession(member.profession),
        rpps=names["rpps"],
        is_active=member.is_active,
        last_day=member.last_day,
        last_seen=last_seen,
        is_mine=member.id == by.actor_id,
        within_reach=member.profession in seats_within_reach(by),
        has_left=has_left(member),
        register=register,
    )


def _open_invitation(by: Holder, invitation: Invitation, register: RegisterView | None) -> OpenInvitation:
    held = invitation.unseal()
    return OpenInvitation(
        id=invitation.id,
        family_name=held["family_name"],
        given_name=held["given_name"],
        email=held["email"],
        profession=Profession(invitation.profession),
        expires_at=invitation.expires_at,
        within_reach=invitation.profession in seats_within_reach(by),
        is_waiting=invitation.state == InvitationState.WAITING.value,
        may_approve=invitation.profession in seats_within_reach(by)
        and may_give(by=by, profession=invitation.profession),
        rpps=held["rpps"],
        register=register,
    )
