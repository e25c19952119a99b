"""Whose counter has changed: told once a transaction is over, to whoever looks at it (decision 0132)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from temoin.lib.after_commit import after_commit

Tell = Callable[[UUID], None]
_tell: list[Tell] = []  # none in a process that nobody waits for


def tell_stirs_to(*tell: Tell) -> None:
    """Have each commit of this process that changes what a counter shows told with its pharmacy; none: to nobody."""
    _tell[:] = tell


def stir_after_commit(pharmacy_id: UUID) -> None:
    """Tell that the pharmacy's counter shows something else, once the transaction in hand is committed."""
    for tell in _tell:
        after_commit(partial(tell, pharmacy_id))
