"""A person's answer where the register differs: the number was compared with the professional card.

It holds for the answer that the person saw. As soon as the register answers something else, it is asked for again.
"""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Invitation, Member, RegisterCheck
from temoin.pharmacies.policies import Holder, check_may_give, check_may_seat, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.register_checks import answer_of, is_matter
from temoin.pharmacies.states import InvitationState


def compare_with_card(*, by: Holder, subject_id: UUID, seen: str) -> None:
    """Record that the number of a member or of an invited person was compared with their card, though it differs.

    `seen` is `RegisterView.answer` as the person saw it. ConflictError when the register answers otherwise by now, or
    the number was compared already.
    """
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    if by.actor_id is None:  # the operator, who sees nobody's card
        raise DeniedError(Right.MANAGE_MEMBERS.value)
    with tenant_scope(by.pharmacy_id):
        row = RegisterCheck.objects.filter(subject_id=subject_id).first()
        if row is None:
            raise NotFoundError
        held = row.unseal()
        _check_may_compare(by, row, held["rpps"])
        if not is_matter(row, held) or answer_of(row, held) != seen:
            raise ConflictError("the register answers otherwise, or the number was compared already")
        with act(
            by=by,
            kind=EventKind.REGISTER_COMPARED,
            subject_kind=row.subject_kind,
            subject_id=subject_id,
            detail=row.differs or row.state,
        ) as commit:
            commit.reseal(row, {**held, "compared_at": now().isoformat(), "compared_by": str(by.actor_id)})


def _check_may_compare(by: Holder, row: RegisterCheck, rpps: str) -> None:
    """Refuse one's own number, a place out of reach, and an invitation that waits for somebody with more rights.

    The last would otherwise reach the owner who approves it with the word of its maker that all is well.
    """
    own = Member.objects.filter(id=by.actor_id).first()
    if row.subject_id == by.actor_id or (own is not None and own.unseal()["rpps"] == rpps):
        raise refuse("", "own_number", _("Nobody compares their own number: ask a colleague who manages the team."))
    check_may_seat(by=by, profession=row.profession)
    if Invitation.objects.filter(id=row.subject_id, state=InvitationState.WAITING.value).exists():
        check_may_give(by=by, profession=row.profession)
