"""How a call is made until it is done: its token, its pauses and its end. No network and no clock's sleep here.

Each generator yields what a face has to carry, and is sent what came of it; blocking or awaited is the face's matter.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TypeVar

from temoin_client.answers import problem_in, retry_after
from temoin_client.exchange import ApiCall, ApiReply, ApiRequest, PauseStep
from temoin_client.problems import StillBeingDoneError, UnansweredError
from temoin_client.tokens import TokenBook

Told = TypeVar("Told")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0  # seconds; each is twice the one before, and of it half to all is taken
_PASSING = frozenset({429, 502, 503, 504})
_UNAUTHORIZED, _CONFLICT = 401, 409


class CallDeadline:
    """Until when one call is tried."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds
        self._tries = 0

    def left(self) -> float:
        """Return the seconds that are left; at least a moment, so that one try is always made."""
        return max(0.1, self._end - monotonic())

    def pause(self, asked: float | None) -> PauseStep | None:
        """Return the pause before the next try, no shorter than the server asks for; None when that is too late."""
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._tries)
        self._tries += 1
        seconds = max(asked or 0.0, longest * secrets.SystemRandom().uniform(0.5, 1.0))
        return PauseStep(seconds) if monotonic() + seconds < self._end else None


@dataclass(frozen=True)
class TokenStep:
    """A token is needed, and not the one that was refused."""

    refused: str
    deadline: CallDeadline


Step = ApiRequest | PauseStep


def call_steps(call: ApiCall[Told], book: TokenBook) -> Generator[Step | TokenStep, ApiReply | str | None, Told]:
    """Make a call until it is done, refused, or out of time. Every try has the key of the first."""
    deadline = CallDeadline(book.options.deadline)
    token = str((yield TokenStep("", deadline)))
    is_renewed = False
    while True:
        reply = yield from answered(partial(book.request, call, token), deadline)
        if reply.status == _UNAUTHORIZED and not is_renewed:
            token, is_renewed = str((yield TokenStep(token, deadline))), True
            continue
        told = call.read(reply)
        pause = deadline.pause(None) if call.is_under_way(told) else None
        if pause is None:
            return told
        yield pause


def token_steps(book: TokenBook, deadline: CallDeadline) -> Generator[Step, ApiReply | None, str]:
    """Get a token; each try proves the key anew, as no assertion is taken twice."""
    reply = yield from answered(book.token_request, deadline)
    return book.keep(reply)


def answered(
    build: Callable[[float], ApiRequest], deadline: CallDeadline
) -> Generator[Step, ApiReply | str | None, ApiReply]:
    """Return the first reply that says something: what passes by itself is waited for, as long as there is time.

    Everything that this API does is done once under its key, its MSH-10 or its number, and the rest changes nothing:
    so each request may be sent again.
    """
    while True:
        reply = yield build(deadline.left())
        if not isinstance(reply, ApiReply):
            raise TypeError("A request is answered by a reply.")
        if not _is_passing(reply):
            return reply
        pause = deadline.pause(retry_after(reply))
        if pause is None:
            raise UnansweredError(f"No answer in time: {reply.fault}") if reply.fault else problem_in(reply)
        yield pause


def _is_passing(reply: ApiReply) -> bool:
    if reply.fault or reply.status in _PASSING:
        return True
    return reply.status == _CONFLICT and isinstance(problem_in(reply), StillBeingDoneError)
