"""Who may: `check_right` raises, `has_right` answers the template, and the second calls the first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from temoin.journal.act import Actor
from temoin.lib.errors import DeniedError, NotFoundError
from temoin.pharmacies.professions import MAY_SEAT, OPERATOR, PROGRAM, RIGHTS, SIGNS_AS, Profession, Right


class Holder(Actor, Protocol):
    """Whoever holds rights: a person in their seat, a program of the pharmacy, the operator."""

    @property
    def rights(self) -> frozenset[Right]: ...


def check_right(*, by: Holder, right: Right) -> None:
    """Raise DeniedError unless whoever acts holds the right."""
    if right not in by.rights:
        raise DeniedError(right.value)


def has_right(*, by: Holder, right: Right) -> bool:
    """Tell whether `check_right` would let whoever acts through."""
    try:
        check_right(by=by, right=right)
    except DeniedError:
        return False
    return True


def check_operator(*, by: Holder) -> None:
    """Raise DeniedError for anybody but the operator, whose acts on a whole pharmacy no profession has a right to."""
    if by.profession != OPERATOR:
        raise DeniedError(OPERATOR)


def check_own_program(*, by: Holder, program_id: UUID) -> None:
    """Raise NotFoundError for a program that asks about another one; people manage all of their pharmacy's."""
    if by.profession == PROGRAM and by.actor_id != program_id:
        raise NotFoundError


def check_may_sign(*, by: Holder, signers: Collection[str]) -> None:
    """Raise DeniedError unless the data of a kind of test lets this profession sign it."""
    if SIGNS_AS.get(by.profession) not in signers:
        raise DeniedError(Right.SIGN_RESULT.value)


def may_sign(*, by: Holder, signers: Collection[str]) -> bool:
    """Tell whether whoever acts could sign a kind of test with these signers."""
    try:
        check_may_sign(by=by, signers=signers)
    except DeniedError:
        return False
    return has_right(by=by, right=Right.SIGN_RESULT)


def check_may_seat(*, by: Holder, profession: str) -> None:
    """Raise DeniedError unless whoever acts may give, change or take away places of this profession."""
    if profession not in seats_within_reach(by):
        raise DeniedError("seat_manager")


def check_may_stand_in(*, by: Holder, profession: Profession) -> None:
    """Raise DeniedError unless whoever acts may do all that this profession may, whose door they would open."""
    if RIGHTS[profession] - by.rights:
        raise DeniedError("seat_manager")


def check_may_give(*, by: Holder, profession: str, instead_of: str = "") -> None:
    """Raise DeniedError unless whoever acts holds every right that a place newly gives: nobody hands on what they lack.

    `instead_of` is the profession of a person at work, whose rights they have already.
    """
    given = RIGHTS[Profession(profession)] - (RIGHTS[Profession(instead_of)] if instead_of else frozenset())
    if given - by.rights:
        raise DeniedError("seat_beyond_own")


def may_give(*, by: Holder, profession: str) -> bool:
    """Tell whether `check_may_give` would let whoever acts through."""
    return not RIGHTS[Profession(profession)] - by.rights


def seats_within_reach(by: Holder) -> frozenset[Profession]:
    """Return the professions whose places are in this manager's hand."""
    return MAY_SEAT.get(by.profession, frozenset())
