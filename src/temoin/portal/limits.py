"""Slows down whoever asks too often: token buckets per address, per letter and for the whole process.

They live in the memory of each web process, which is enough: the five tries of a letter are counted in the
database, and these only spare it work. A refusal depends on the rhythm of asking, never on what exists.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

REMEMBERED = 20_000  # askers held in memory; the one silent for longest goes first


class Buckets:
    """A bucket of tokens per asker, filled again at a steady rhythm."""

    def __init__(self, *, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._now = now
        self._lock = Lock()
        self._filled: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, asker: Hashable) -> bool:
        """Take one token, or return False when the asker's bucket is empty."""
        now = self._now()
        with self._lock:
            tokens, since = self._filled.pop(asker, (float(self._per_minute), now))
            tokens = min(self._per_minute, tokens + (now - since) * self._per_minute / 60)
            is_allowed = tokens >= 1
            self._filled[asker] = (tokens - 1 if is_allowed else tokens, now)
            if len(self._filled) > REMEMBERED:
                self._filled.popitem(last=False)
        return is_allowed


class Limits:
    """The three limits of the letter box, asked from the narrowest: one flood does not shut others out."""

    def __init__(self, *, per_address: int = 20, per_letter: int = 20, in_all: int = 1200) -> None:
        self._addresses = Buckets(per_minute=per_address)
        self._letters = Buckets(per_minute=per_letter)
        self._all = Buckets(per_minute=in_all)

    def allow(self, *, address: str, letter: bytes) -> bool:
        """Tell whether this request may go on to the database."""
        return self._addresses.take(network_of(address)) and self._letters.take(letter) and self._all.take("all")


def network_of(address: str) -> str:
    """Return what one subscriber holds: an IPv4 address, or the /64 that an IPv6 address is drawn from."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ip_network((known, 64), strict=False))
    return str(known)
