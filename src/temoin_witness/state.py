"""What the witness has cosigned, in one SQLite file: read and moved on in one transaction, kept before it answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

TABLE = """
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (origin, size)
) WITHOUT ROWID
"""


@dataclass(frozen=True)
class SeenCheckpoint:
    """The latest checkpoint cosigned for a log."""

    size: int
    root: bytes
    note: str


class WitnessMemory:
    """The witness's memory. It only ever adds: its history can be shown to who doubts a log."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "witness.sqlite"
        with self._opened() as database:
            database.execute(TABLE)
        self._path.chmod(0o600)

    @contextmanager
    def moving(self) -> Iterator[sqlite3.Connection]:
        """Hold the memory for one decision: two requests at once are judged one after the other."""
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def latest(self, origin: str) -> SeenCheckpoint | None:
        """Return the latest checkpoint cosigned for a log."""
        with self._opened() as database:
            return latest_in(database, origin)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = FULL")
            yield database


def latest_in(database: sqlite3.Connection, origin: str) -> SeenCheckpoint | None:
    """Return the latest checkpoint cosigned for a log, within a decision."""
    row = database.execute(
        "SELECT size, root, note FROM cosigned WHERE origin = ? ORDER BY size DESC LIMIT 1", [origin]
    ).fetchone()
    return None if row is None else SeenCheckpoint(*row)


def remember(database: sqlite3.Connection, origin: str, seen: SeenCheckpoint) -> None:
    database.execute(
        "INSERT INTO cosigned (origin, size, root, note) VALUES (?, ?, ?, ?)",
        [origin, seen.size, seen.root, seen.note],
    )
