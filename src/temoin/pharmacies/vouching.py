"""Who vouches for a program, and whether they still may: what a person gave lasts no longer than their place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.core.cache import cache

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.member_names import names_of
from temoin.pharmacies.models import Member, Program
from temoin.pharmacies.notices import NoticeKind, owners_at_work, post_notice
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import OPERATOR_RIGHTS, Right
from temoin.pharmacies.scopes import rights_of_scopes
from temoin.pharmacies.seat import seat_at_work
from temoin.pharmacies.states import ProgramState

_ONCE_A_DAY = 24 * 60 * 60  # seconds


def vouch_for_program(*, by: Holder, program_id: UUID) -> None:
    """Take a program over: from now on its access lasts as long as one's own place. One act, with its event.

    ConflictError when whoever acts vouches for it already, or it was revoked.
    """
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with act(by=by, kind=EventKind.PROGRAM_VOUCHED, subject_kind="program", subject_id=program_id) as commit:
        program = Program.objects.filter(id=program_id).first()
        if program is None:
            raise NotFoundError
        for right in rights_of_scopes(program.scopes):
            check_right(by=by, right=right)
        if program.state != ProgramState.ACTIVE.value or program.vouched_by == by.actor_id:
            raise ConflictError("revoked, or vouched for by the same person already")
        commit.reseal(program, vouched_by=by.actor_id)


def may_still_give(giver: UUID | None, rights: Collection[Right]) -> bool:
    """Tell whether a member is at work, manages the team and holds all of these rights; None is the operator."""
    if giver is None:
        return OPERATOR_RIGHTS.issuperset(rights)
    seat = seat_at_work(Member.objects.filter(id=giver).first())
    return seat is not None and seat.rights.issuperset({Right.MANAGE_MEMBERS, *rights})


def is_vouched(program: Program) -> bool:
    """Tell whether whoever vouches for a program could give it its access today."""
    return may_still_give(program.vouched_by, rights_of_scopes(program.scopes))


def is_witnessed(program: Program) -> bool:
    """Tell whether the journal knows this voucher and these scopes: a row that somebody changed opens nothing."""
    kinds = (EventKind.PROGRAM_ADDED.value, EventKind.PROGRAM_VOUCHED.value)
    events = list(Event.objects.filter(subject_id=program.id, kind__in=kinds).order_by("at"))
    added = [event.detail for event in events if event.kind == EventKind.PROGRAM_ADDED.value]
    return added == [program.scopes] and events[-1].actor_id == program.vouched_by


def names_of_vouchers(programs: Collection[Program]) -> Mapping[UUID, str]:
    """Return the name of each member who vouches for one of these programs, whether they still work here or not."""
    wanted = {program.vouched_by for program in programs if program.vouched_by is not None}
    return names_of(wanted)


def programs_vouched_by(*, by: Holder, member_id: UUID) -> list[str]:
    """Return the names of the programs whose access ends with a colleague's place."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with tenant_scope(by.pharmacy_id):
        theirs = Program.objects.filter(vouched_by=member_id, state=ProgramState.ACTIVE.value)
        return list(theirs.order_by("name").values_list("name", flat=True))


def tell_owners(program: Program) -> None:
    """Write to the owners, once a day, that a program asks for its token and nobody vouches for it."""
    if cache.add(f"unvouched {program.id}", value=True, timeout=_ONCE_A_DAY):
        for owner in owners_at_work(program.pharmacy_id):
            post_notice(person_id=owner, kind=NoticeKind.PROGRAM_STOPPED)
