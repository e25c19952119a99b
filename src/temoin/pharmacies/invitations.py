"""Taking up an invitation: the code leads to the place offered, and opens it once, to the address it was made for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temoin.crypto.codes import hash_handed_code
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.errors import DeniedError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.account_events import tell_account
from temoin.pharmacies.models import Invitation, Member, Pharmacy
from temoin.pharmacies.policies import check_may_seat, may_give
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.register_checks import Subject, drop_check, post_check
from temoin.pharmacies.seat import seat_of
from temoin.pharmacies.states import InvitationState

_FINESS_LENGTH = 9
WAITING = "waiting"  # after the profession, in the event of an invitation that its maker could not give alone


class AwaitsApprovalError(NotFoundError):
    """The code is right, and the invitation waits for an owner of the pharmacy."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An invitation as the invited person sees it."""

    pharmacy_id: UUID
    invitation_id: UUID
    pharmacy_name: str
    family_name: str
    given_name: str
    email: str
    profession: Profession
    expires_at: datetime


@dataclass(frozen=True)
class _Newcomer:
    """Who enrols: their own place is the actor, though it begins with this very act."""

    pharmacy_id: UUID
    actor_id: UUID
    profession: str
    origin: str = "page"


def find_offer(*, code: str) -> Offer:
    """Return what a code opens; NotFoundError for one that is unknown, used, withdrawn or too old, all alike.

    A code begins with the pharmacy's public number: it says in whose rows to look, before anybody is signed in.
    """
    pharmacy = Pharmacy.objects.filter(finess=code.strip()[:_FINESS_LENGTH].upper()).first()
    try:
        code_hash = hash_handed_code(code.strip()[_FINESS_LENGTH:])
    except ValueError:
        raise NotFoundError from None
    if pharmacy is None:
        raise NotFoundError
    with tenant_scope(pharmacy.id):
        return _offer(pharmacy, Invitation.objects.filter(code_hash=code_hash).first())


def read_offer(*, pharmacy_id: UUID, invitation_id: UUID) -> Offer:
    """Return an offer that `find_offer` found before; NotFoundError once it is over."""
    pharmacy = Pharmacy.objects.filter(id=pharmacy_id).first()
    if pharmacy is None:
        raise NotFoundError
    with tenant_scope(pharmacy_id):
        return _offer(pharmacy, Invitation.objects.filter(id=invitation_id).first())


def _offer(pharmacy: Pharmacy, invitation: Invitation | None) -> Offer:
    if invitation is not None and invitation.state == InvitationState.WAITING.value:
        raise AwaitsApprovalError
    if invitation is None or invitation.state != InvitationState.OPEN.value or not _stands(invitation):
        raise NotFoundError
    held = invitation.unseal()
    return Offer(
        pharmacy_id=pharmacy.id,
        invitation_id=invitation.id,
        pharmacy_name=pharmacy.name,
        family_name=held["family_name"],
        given_name=held["given_name"],
        email=held["email"],
        profession=Profession(invitation.profession),
        expires_at=invitation.expires_at,
    )


def _stands(invitation: Invitation) -> bool:
    """Tell whether an invitation is in time, and whoever made it could still make it: no accomplice is left behind.

    Rights beyond the maker's own are given by who approved them, and only while they may. Both are read from the
    journal: a state that somebody changed in the database opens nothing.
    """
    made = Event.objects.filter(subject_id=invitation.id, kind=EventKind.MEMBER_INVITED.value).first()
    if made is None or invitation.expires_at <= now():
        return False
    approved = Event.objects.filter(subject_id=invitation.id, kind=EventKind.INVITATION_APPROVED.value).first()
    try:
        gives_all = _may_still_offer(made, invitation.profession)
        return gives_all or (approved is not None and _may_still_offer(approved, invitation.profession))
    except (DeniedError, NotFoundError):
        return False


def _may_still_offer(event: Event, profession: str) -> bool:
    """Tell whether who made or approved an invitation holds all that it gives; an error when they offer it no more."""
    if event.actor_id is None:
        return not event.detail.endswith(WAITING)  # the operator
    seat = seat_of(Member.objects.filter(id=event.actor_id).first())
    check_may_seat(by=seat, profession=profession)
    return may_give(by=seat, profession=profession)


def accept_offer(*, offer: Offer, person_id: UUID, email: str) -> None:
    """Give the invited person their place. NotFoundError for another address; ConflictError when they have a place."""
    member = Member(pharmacy_id=offer.pharmacy_id, id=new_id(), person_id=person_id, profession=offer.profession.value)
    with act(
        by=_Newcomer(offer.pharmacy_id, member.id, offer.profession.value),
        kind=EventKind.MEMBER_ENROLLED,
        subject_kind="member",
        subject_id=member.id,
        detail=offer.profession.value,
    ) as commit:
        invitation = Invitation.objects.select_for_update().filter(id=offer.invitation_id).first()
        if invitation is None or not _stands(invitation) or email != offer.email:
            raise NotFoundError
        held = invitation.unseal()
        names = {name: held[name] for name in ("family_name", "given_name", "rpps")}
        member.seal(names)
        commit.move_sealed(invitation, "accept")
        commit.insert(member)
        tell_account(commit, person_id)
        known = drop_check(commit, invitation.id)
        post_check(commit, Subject("member", member.id, member.profession), names, known)
