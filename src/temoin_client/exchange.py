"""The words between what decides about a call and what carries it: a request, a pause, an answer. No network here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

from temoin_client.problems import UnreadableAnswerError

Told = TypeVar("Told")


@dataclass(frozen=True)
class ApiReply:
    """What came back; with `fault`, the kind of fault of the network, nothing did."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)  # names in small letters
    body: bytes = field(default=b"", repr=False)
    fault: str = ""

    @property
    def media(self) -> str:
        """The type of what came, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()


@dataclass(frozen=True)
class ApiRequest:
    """One request, which a face carries within so many seconds."""

    method: str
    path: str
    query: Mapping[str, str | Sequence[str]]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float = 30.0


@dataclass(frozen=True)
class PauseStep:
    """Seconds in which nothing is asked."""

    seconds: float


def _done(_told: Any) -> bool:
    return False


@dataclass(frozen=True)
class ApiCall(Generic[Told]):
    """One operation as it is asked for; asked for again, it has the same key."""

    method: str
    path: str
    read: Callable[[ApiReply], Told]
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    is_under_way: Callable[[Told], bool] = _done  # whether the answer says that an earlier try is still being done

    @property
    def key(self) -> str:
        """The Idempotency-Key; "" of what needs none."""
        return self.headers.get("Idempotency-Key", "")

    def onward(self, address: str) -> ApiCall[Told]:
        """Return the call for the next page; an address that is not of this list is not followed."""
        try:
            parts = urlsplit(address)
        except ValueError:
            raise UnreadableAnswerError("No address.") from None
        listed = self.path.removesuffix("/_search")
        if parts.scheme or parts.netloc or parts.path != listed:
            raise UnreadableAnswerError("An address of another list.")
        onward = replace(self, query=parse_qs(parts.query))
        # What was asked for by a form goes on by an address.
        return onward if listed == self.path else replace(onward, method="GET", path=listed, headers={}, body=b"")
