"""What follows a commit: numbers, bells, whatever may fail without taking the commit back or its answer down."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction


def after_commit(follow: Callable[[], object]) -> None:
    """Run it once the transaction in hand is committed; what it raises is logged, and what else waits goes on.

    A function of ours is what waits, for Django asks for the name of one that failed, which a partial has not.
    """

    def waiting() -> None:
        follow()

    transaction.on_commit(waiting, robust=True)
