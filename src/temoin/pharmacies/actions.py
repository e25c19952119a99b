"""Opening and closing a pharmacy, and seating the people of a demonstration: the operator's acts."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.journal.act import Acts, act, acts_together
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.errors import NotFoundError, refuse
from temoin.lib.ids import MemberId
from temoin.lib.phones import PhoneError, read_phone, region_of_postcode
from temoin.lib.training import training_of
from temoin.lib.typed import typed_line
from temoin.lib.zones import today_in
from temoin.pharmacies.account_events import tell_account
from temoin.pharmacies.models import Invitation, Member, Pharmacy, Program
from temoin.pharmacies.numbers import check_finess
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.policies import Holder, check_operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.register_checks import Subject, drop_check, post_check
from temoin.pharmacies.states import InvitationState, ProgramState
from temoin.pharmacies.zones import choose_zone, forget_zone, zone_of, zone_of_place


def open_pharmacy(*, finess: str, name: str, address: dict[str, str], is_demo: bool, time_zone: str = "") -> Pharmacy:
    """Create a pharmacy. `address` has street, postcode, city and phone. InvalidError when its number is known.

    Its clock is that of its postcode unless a time zone is told.
    """
    written = {field: typed_line(field, text, of="Pharmacy") for field, text in {"name": name, **address}.items()}
    for field in ("name", "city"):  # villages overseas have no streets
        if not any(sign.isalnum() for sign in written[field]):
            raise refuse(field, "required", _("Fill this in, as it stands in the national register."))
    zone = zone_of_place(written["postcode"])  # a zone that is told makes no postcode of what is none
    if told := typed_line("time_zone", time_zone, of="Pharmacy"):
        zone = choose_zone(told)
    written["phone"] = _phone(written["phone"], written["postcode"])
    pharmacy = Pharmacy(finess=check_finess(finess), is_demo=is_demo, time_zone=zone, **written)
    with act(
        by=Operator(pharmacy.id),
        kind=EventKind.PHARMACY_OPENED,
        subject_kind="pharmacy",
        subject_id=pharmacy.id,
    ):
        if Pharmacy.objects.filter(finess=pharmacy.finess).exists():
            raise refuse("finess", "known", _("A pharmacy with this FINESS number is already registered here."))
        pharmacy.save(force_insert=True)
    return pharmacy


def _phone(text: str, postcode: str) -> str:
    try:
        return read_phone(text, [region_of_postcode(postcode)]) if text else ""
    except PhoneError:
        message = _("Enter a telephone number, for instance 06 12 34 56 78.")
        raise refuse("phone", "malformed", message) from None


def close_pharmacy(*, by: Holder) -> None:
    """End all work in a pharmacy: places are suspended, open invitations withdrawn, programs revoked.

    Nothing is erased, and parcels that wait still leave: the law asks for them.
    """
    check_operator(by=by)
    with act(by=by, kind=EventKind.PHARMACY_CLOSED, subject_kind="pharmacy", subject_id=by.pharmacy_id) as commit:
        _set_closed(by.pharmacy_id, closed=True)
        # A row that does not open gives nobody anything: it stays as it is, and keeps no pharmacy open.
        members = Member.objects.select_for_update().filter(is_active=True).order_by("id")
        each_opened(members, lambda member: commit.reseal(member, is_active=False))
        programs = Program.objects.select_for_update().filter(state=ProgramState.ACTIVE.value).order_by("id")
        each_opened(programs, lambda program: commit.move_sealed(program, "revoke"))
        offered = [InvitationState.WAITING.value, InvitationState.OPEN.value]
        invitations = Invitation.objects.select_for_update().filter(state__in=offered).order_by("id")
        each_opened(invitations, lambda invitation: commit.move_sealed(invitation, "withdraw"))
        for one in (*members, *invitations):
            drop_check(commit, one.id)


def reopen_pharmacy(*, by: Holder) -> None:
    """Open a closed pharmacy again. Its people stay suspended until the operator or an owner resumes them."""
    check_operator(by=by)
    with act(by=by, kind=EventKind.PHARMACY_OPENED, subject_kind="pharmacy", subject_id=by.pharmacy_id):
        _set_closed(by.pharmacy_id, closed=False)


def move_clock(*, by: Holder, time_zone: str) -> None:
    """Give a pharmacy another time zone. What was signed keeps the times it was signed with."""
    check_operator(by=by)
    zone = choose_zone(typed_line("time_zone", time_zone, of="Pharmacy"))
    with act(
        by=by,
        kind=EventKind.PHARMACY_CLOCK_MOVED,
        subject_kind="pharmacy",
        subject_id=by.pharmacy_id,
        detail=zone,
    ):
        places = by.pharmacy_id, training_of(by.pharmacy_id)
        if not Pharmacy.objects.filter(id__in=places).update(time_zone=zone):
            raise NotFoundError
    for place in places:
        forget_zone(place)


def _set_closed(pharmacy_id: UUID, *, closed: bool) -> None:
    known = Pharmacy.objects.filter(id=pharmacy_id, closed_on__isnull=closed)
    if not known.update(closed_on=today_in(zone_of(pharmacy_id)) if closed else None):
        raise NotFoundError


def seat_member(*, pharmacy_id: UUID, person_id: UUID, profession: Profession, names: dict[str, str]) -> MemberId:
    """Give a person a place without an invitation, as only a demonstration does.

    `names` has family_name, given_name and rpps ("" outside the register).
    """
    (member,) = seat_members(pharmacy_id=pharmacy_id, people={person_id: (profession, names)})
    return MemberId(member.id)


def seat_members(*, pharmacy_id: UUID, people: Mapping[UUID, tuple[Profession, dict[str, str]]]) -> list[Member]:
    """Give several people, by their accounts, each the place that `seat_member` gives: all of them or none."""
    with acts_together(by=Operator(pharmacy_id)) as acts:
        return [
            add_member(acts, Member(pharmacy_id=pharmacy_id, person_id=person_id, profession=profession.value), names)
            for person_id, (profession, names) in people.items()
        ]


def add_member(acts: Acts, member: Member, names: dict[str, str]) -> Member:
    """Add to acts that a person has a place."""
    with acts.act(kind=EventKind.MEMBER_SEATED, subject_kind="member", subject_id=member.id) as commit:
        typed = {field: typed_line(field, text, of="Member") for field, text in names.items()}
        member.seal(typed)
        commit.insert(member)
        tell_account(commit, member.person_id)
        post_check(commit, Subject("member", member.id, member.profession), typed)
    return member
