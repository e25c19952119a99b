"""What a witness of the journal is to the sealer: something outside the database that follows it, or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from temoin.journal.checkpoint import Checkpoint
from temoin.lib.errors import TemoinError

# Codes of trouble, with what they mean for whoever operates the journal.
TROUBLES = {
    "unreachable": "the witness does not answer; it will be caught up by itself",
    "refused": "the witness refuses the journal: it does not know its name or its key",
    "unreadable": "the witness answered something that is not its signature",
    "ahead": "the witness has seen a LONGER journal: an old copy of the database was put back (temoin journal resume)",
    "emptied": "the folder held checkpoints and is empty: mount it or put its copy back (temoin journal seal tells)",
    "rewritten": "the witness has seen ANOTHER history: sealed events were changed",
}


class FollowError(TemoinError):
    """A witness could not follow; `code` is one of TROUBLES, `cause` what the machine said of it."""

    def __init__(self, code: str, cause: str = "") -> None:
        super().__init__(code)
        self.code, self.cause = code, cause


class Book(Protocol):
    """The journal as a courier reads it: sealed and public, hashes only."""

    def latest(self) -> Checkpoint | None:
        """Return the last checkpoint."""

    def after(self, size: int) -> Iterator[Checkpoint]:
        """Yield the checkpoints of greater sizes, in order."""

    def at(self, size: int) -> Checkpoint | None:
        """Return the checkpoint of a size; None where the log was never sealed at it."""

    def leaves(self, start: int, end: int) -> bytes:
        """Return the hashes of leaves start..end-1, one after the other."""

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of size `new` begins with that of size `old`."""


@dataclass(frozen=True)
class Followed:
    """How far a witness is now, and its signature on that checkpoint when it gave one."""

    size: int
    line: str = ""


class Follower(Protocol):
    """One witness. `follow` raises FollowError when it cannot be brought up to the last checkpoint."""

    name: str

    def follow(self, book: Book, size: int) -> Followed:
        """Bring the witness, last known to be at `size`, up to the last checkpoint."""
