"""One exchange by HTTP: what came back, or what may have happened when nothing readable did.

Codes are words of the outbox, never a content.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from temoin.lib.retry_after import asked_pause

if TYPE_CHECKING:
    import aiohttp  # only what sends pays for loading it


class NotSentError(Exception):
    """Nothing of it can have been taken: it never left, or the other side said "not now" before looking."""

    def __init__(self, code: str, *, pause: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.pause = pause  # seconds, when the other side asked for a pause


class NoAnswerError(Exception):
    """It may have been taken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reply:
    """What came back; the body is as it came, and None when it was longer than anything we could read."""

    status: int
    location: str
    retry_after: str
    raw: bytes | None

    @property
    def body(self) -> Any:
        """Return the body as JSON, or None when it is none."""
        return read_json(self.raw or b"")

    @property
    def pause(self) -> float | None:
        """Return the seconds that Retry-After asks for, a day at most."""
        return asked_pause(self.retry_after)

    def beginning(self, most: int) -> bytes:
        """Return what came, or its beginning."""
        return (self.raw or b"")[:most]


def read_json(data: bytes) -> Any:
    """Return what another machine wrote as JSON, or None when it is none.

    Keys and states are ASCII: a byte order mark before them, or letters of another character set beside them (an echo
    of a name), must not hide what they say.
    """
    for text in (data, data.decode("utf-8-sig", "replace")):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(text)
    return None


def tells_error(resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource is an OperationOutcome with an error in it, whatever else stands in its place."""
    issues = resource.get("issue") if resource.get("resourceType") == "OperationOutcome" else None
    found = [issue for issue in issues if isinstance(issue, dict)] if isinstance(issues, list) else []
    return any(str(issue.get("severity")).strip().lower() in {"error", "fatal"} for issue in found)


async def read_reply(response: aiohttp.ClientResponse, largest: int) -> Reply:
    """Read a response to its end, or give up its body where it does not end."""
    came, told, after = bytearray(), response.headers.get("Location", ""), response.headers.get("Retry-After", "")
    async for piece in response.content.iter_any():  # one read() may bring the first piece only
        came += piece
        if len(came) > largest:
            return Reply(response.status, told, after, None)
    return Reply(response.status, told, after, bytes(came))
