"""What tells that the database is away: everybody's trouble, never one parcel's or one item's."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

DATABASE_AWAY = (OperationalError, InterfaceError)
# Of errors that a server told: connection exceptions, shutting down or starting up, no place for one more connection.
_AWAY_STATES = ("08", "57P", "53300")


def is_away(error: BaseException) -> bool:
    """Tell whether the server cannot be reached, and not only whether a statement took too long or met a lock."""
    if not isinstance(error, DATABASE_AWAY):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_AWAY_STATES)
