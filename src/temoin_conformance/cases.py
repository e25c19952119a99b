"""What a case of the trial is, and what it can come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar


class TrialVerdict(StrEnum):
    """What a case came to."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


class FailedError(Exception):
    """The endpoint did not do what is expected; the message says what it did instead."""


class NotApplicableError(Exception):
    """The case says nothing of this endpoint; the message says why."""


@dataclass(slots=True)
class TrialExchange:
    """What was sent and what came back, as text to show."""

    sent: str
    came: str = ""


Desk = TypeVar("Desk")


@dataclass(frozen=True, slots=True)
class TrialCase(Generic[Desk]):
    """One thing an endpoint must do; `run` tries it and returns what it saw, in a few words."""

    name: str
    sends: str
    expects: str
    run: Callable[[Desk], str]


@dataclass(slots=True)
class TrialResult:
    """What a case came to, and the exchanges it made."""

    name: str
    sends: str
    expects: str
    verdict: TrialVerdict
    words: str
    exchanges: list[TrialExchange] = field(default_factory=list)


def require(is_so: object, otherwise: str) -> None:
    if not is_so:
        raise FailedError(otherwise)
