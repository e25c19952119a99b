"""What the room refuses."""

from __future__ import annotations

from temoin.lib.errors import TemoinError


class NotProvedError(TemoinError):
    """Nobody has shown who they are: one word for every reason, so that no try tells anything."""
