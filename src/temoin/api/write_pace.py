"""How much a program may write: a bucket of its own, of a minute's worth, that empties at an even pace.

A call, or a message on an open line, counts one, and one more for each PIECE of its body: a hundred results in one call
are more work than one. What is worth more than a minute goes when a whole minute is there, and a second one is paid for
afterwards, at most: results by the thousand are taken by commits of many, and are less work each.
Beyond its budget a call is turned away before anything is done, and leaves its key free; a message on a line is held a
while, as when the database is away, and its sender is then told to send it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Protocol, cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from temoin.api.settings import API
from temoin.lib.errors import TemoinError
from temoin.pharmacies.programs import ProgramSeat

MINUTE = 60
PIECE = 2_048  # bytes; a result in JSON has some 700
_NOTED = "temoin.writes"
POLICY, STANDING = "RateLimit-Policy", "RateLimit"  # of the IETF's draft on such headers


class WritesTooMuchError(TemoinError):
    """A program writes more than its pace."""


class Pouring(Protocol):
    """What is asked here of the memory that the server processes share (`signin.memory`)."""

    def pour(self, key: str, cost: float, most: float, *, owed: float) -> float: ...


@dataclass(frozen=True)
class WriteBudget:
    """What a program may write: in a minute, now, and how many seconds it has to wait for what it asked."""

    limit: int
    left: int
    wait: int
    owed: float = 0.0

    @property
    def full_in(self) -> int:
        """Return the seconds after which all of it may be spent at once."""
        return ceil((self.limit - self.left) * MINUTE / self.limit + self.owed)


def spend_write(request: HttpRequest, seat: ProgramSeat) -> None:
    """Count a write of a program, once; WritesTooMuchError beyond its budget. Its answer tells how it stands."""
    if _NOTED in request.META:  # before its body was read
        return
    length = request.headers.get("Content-Length", "")
    budget = request.META[_NOTED] = spend(seat, int(length) if length.isascii() and length.isdigit() else 0)
    if budget.wait:
        raise WritesTooMuchError


def spend(seat: ProgramSeat, length: int) -> WriteBudget:
    """Count a write of so many bytes, whatever brought it; nothing is spent where the program has to wait."""
    limit = API().writes_per_minute
    cost = (1 + length // PIECE) * MINUTE / limit  # in seconds
    fits = min(cost, float(MINUTE))
    owed = min(cost - fits, float(MINUTE))
    room = cast("Pouring", cache).pour(f"writes {seat.program_id}", fits, MINUTE, owed=owed)
    return WriteBudget(limit, int(max(0.0, room) * limit / MINUTE), ceil(max(0.0, -room)), owed if room >= 0 else 0.0)


def tell_budget(request: HttpRequest, response: HttpResponseBase) -> None:
    """Say in an answer what the program has left, where its call was counted."""
    budget = request.META.get(_NOTED)
    if not isinstance(budget, WriteBudget):
        return
    response[POLICY] = f'"writes";q={budget.limit};w={MINUTE}'
    response[STANDING] = f'"writes";r={budget.left};t={budget.full_in}'
    if budget.wait:
        response["Retry-After"] = str(budget.wait)
