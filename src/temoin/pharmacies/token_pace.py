"""How fast tokens may be asked for: a budget for who fails, one for who proves their key, and neither fills the other.

Failures count per caller (`lib.callers`), and are forgiven to a program at an address where it has proved its key:
strangers cannot shut it out, not even from behind the same connection. What a program gets counts after the
proof of its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast
from uuid import UUID

from django.core.cache import cache

from temoin.crypto.assertion import AssertionRefusedError, named_issuer
from temoin.lib.callers import caller_network
from temoin.lib.errors import TemoinError

MINUTE, DAY = 60, 24 * 60 * 60  # seconds
FAILURES = 30  # of one address in a minute
TOKENS = 60  # of one program in a minute; a token holds for five


class PaceError(TemoinError):
    """A program that proved its key asks for tokens faster than it can use them."""


class Counting(Protocol):
    """What is asked here of the memory that the server processes share (`signin.memory`)."""

    def count(self, key: str, timeout: float) -> int:
        """Count one more under a key and return how many there are in this window."""
        ...


@dataclass(frozen=True)
class Caller:
    """Who asks for a token, by what they say and from where; nothing of it is proved yet."""

    client_id: str
    address: str

    def must_wait(self) -> bool:
        """Tell whether this address failed too often, and the program never proved its key there."""
        spent: int = cache.get(self._failures, 0)
        return spent >= FAILURES and cache.get(self._known) is None

    def failed(self) -> None:
        cast("Counting", cache).count(self._failures, MINUTE)

    def proved(self) -> None:
        """Remember for a day that the program proves its key from this address."""
        cache.set(self._known, True, DAY)

    @property
    def _failures(self) -> str:
        return f"token failures {caller_network(self.address)}"

    @property
    def _known(self) -> str:
        return f"token proved {self.client_id} {caller_network(self.address)}"


def check_pace(program_id: UUID) -> None:
    """Count a token of a program that has proved its key; PaceError beyond the budget."""
    if cast("Counting", cache).count(f"tokens {program_id}", MINUTE) > TOKENS:
        raise PaceError


def client_named_in(assertion: str) -> str:
    """Return the program that an assertion names, unproved; "" for none."""
    try:
        return named_issuer(assertion)
    except AssertionRefusedError:
        return ""
