"""The number of the request in hand, which each line of the log bears: the proxy's, else one of ours."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_GIVEN = re.compile(r"[0-9A-Za-z-]{8,64}")
_current: ContextVar[str] = ContextVar("temoin_request_id", default="")


def begin_request(given: str) -> str:
    """Take the number that the proxy gave, if it is one, or draw one; return it."""
    number = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
    _current.set(number)
    return number


def end_request() -> None:
    _current.set("")


def current_request() -> str:
    """Return the number of the request in hand; "" outside of one."""
    return _current.get()
