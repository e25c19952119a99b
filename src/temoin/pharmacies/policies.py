"""Who may: `check_right` raises, `has_right` answers the template, and the second calls the first."""

from __future__ import annotations

from temoin.lib.errors import DeniedError
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat


def check_right(*, by: Seat, right: Right) -> None:
    """Raise DeniedError unless the person's profession holds the right."""
    if right not in by.rights:
        raise DeniedError(right.value)


def has_right(*, by: Seat, right: Right) -> bool:
    """Tell whether `check_right` would let the person through."""
    try:
        check_right(by=by, right=right)
    except DeniedError:
        return False
    return True
