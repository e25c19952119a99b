"""How long a caller may take, and how much a caller may send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PORTION = 64 * 1024  # bytes sent before a caller must have taken them
LINE = 8190  # bytes of the request line, and of each header
HEADERS = 100


@dataclass(frozen=True, kw_only=True)
class TransferPace:
    """The deadlines, in seconds, and the bounds of one server process."""

    head: float = 20  # from the connection, or from the answer before, to the end of the headers
    body: float = 20  # from the headers to the end of the body
    send: float = 20  # for each portion of an answer: a caller takes 3 kB a second or is dropped
    largest_body: int = 1_000_000
    largest_at: Mapping[str, int] = field(default_factory=dict)  # paths that take less, or more
    body_at: Mapping[str, float] = field(default_factory=dict)  # paths that wait longer for theirs
    few_at: Mapping[str, int] = field(default_factory=dict)  # paths, and how many requests are in hand there at once
    cookie_at: Mapping[str, str] = field(default_factory=dict)  # paths that read a body only beside the cookie named
    large_at: Mapping[str, int] = field(default_factory=dict)  # paths that take more once the application admitted it
    large_body: float = 90  # seconds, for such a body
    large_answer: float = 600  # seconds, for the whole of its answer
    large_few: int = 2  # such bodies in hand at once
    bodies: int = 64_000_000  # bytes of bodies held at once, unfinished or waiting for their answer
    connections: int = 1000
    threads: int = 8  # each keeps one database connection
    streams: int = 500  # held open at once, of the connections; a page without one asks by the clock
    stream: float = 300  # after which a stream ends, and its browser asks for another
    beat: float = 20  # between two lines of a stream that has nothing to tell
    live: str = ""  # a path that the event loop answers itself, whatever the threads are doing
    waiting: int = 256  # whole requests that wait for a thread; more are told to come back

    def seconds(self, path: str) -> float:
        """Return how long an address waits for the whole of a body."""
        return self.body_at.get(path, self.body)

    def largest(self, path: str) -> int:
        """Return how many bytes of body an address takes."""
        return self.largest_at.get(path, self.largest_body)

    def is_large(self, path: str, size: int) -> bool:
        """Tell whether an address takes so many bytes, but from whom the application admits alone."""
        return self.largest(path) < size <= self.large_at.get(path, 0)
