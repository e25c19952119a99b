"""An append-only folder as a witness: every checkpoint and every leaf's hash, each file written once.

Put it on storage that the database's host cannot rewrite (write-once storage, another host's share, a nightly copy).
An hour's folder holds `SIZE.checkpoint`, the signed note, and `SIZE.leaves`, the 32-byte hashes of the leaves since the
checkpoint before: with them `temoin journal verify` names the very event, even when somebody held the signing key.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from temoin.journal.checkpoint import Checkpoint, CheckpointError, parse_checkpoint
from temoin.journal.couriers.following import Book, Followed, FollowError
from temoin.lib.clock import now
from temoin.lib.whole_file import write_whole


class FolderWitness:
    """Keeps checkpoints and leaf hashes in a folder."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def follow(self, book: Book, size: int) -> Followed:
        """Add what is missing, one file after the other: a cut leaves no gap. The folder itself tells how far it is."""
        try:
            last = self._last()
            if last is None and size:
                raise FollowError("emptied")  # and not filled anew, as if it were the one that was there
            here = last.size if last else 0
            if last is not None:
                _compare(last, book)
            for checkpoint in book.after(here):
                self._keep(checkpoint, book.leaves(here, checkpoint.size))
                here = checkpoint.size
        except OSError as error:
            raise FollowError("unreachable", f"{error.filename or self.folder}: {error.strerror}") from None
        return Followed(here)

    def size(self) -> int:
        """Return how many events the folder knows; OSError or FollowError while it cannot be read."""
        last = self._last()
        return 0 if last is None else last.size

    def _last(self) -> Checkpoint | None:
        for hour in sorted(self._hours(), reverse=True):
            notes = _notes(hour)
            if notes:
                return _read(notes[-1])
        return None

    def _keep(self, checkpoint: Checkpoint, leaves: bytes) -> None:
        # Never an earlier hour than the last one, whatever the clock does: the last folder has the last checkpoint.
        hour = max([self.folder / now().strftime("%Y-%m-%dT%H"), *self._hours()])
        if not hour.is_dir():
            hour.mkdir(parents=True)
            hour.chmod(0o755)  # hashes, for whoever verifies under another account; a umask does not decide that
        # The leaves first: a checkpoint in the folder always has its leaves beside it.
        _write_once(hour / f"{checkpoint.size:020d}.leaves", leaves)
        _write_once(hour / f"{checkpoint.size:020d}.checkpoint", checkpoint.note.encode())

    def _hours(self) -> list[Path]:
        return _hours_of(self.folder)


def kept_checkpoints(folder: Path) -> Iterator[tuple[Checkpoint, bytes]]:
    """Yield every checkpoint of a folder in order of size, with the hashes of the leaves it added."""
    for path in sorted((note for hour in _hours_of(folder) for note in _notes(hour)), key=lambda path: path.name):
        yield _read(path), path.with_suffix(".leaves").read_bytes()


def _hours_of(folder: Path) -> list[Path]:
    """Return the folders of a folder's hours; a glob would pass over what this account may not read."""
    try:
        found = [folder / name for name in os.listdir(folder) if name[0].isdigit()]
    except FileNotFoundError:
        return []
    return [hour for hour in found if hour.is_dir()]


def _notes(hour: Path) -> list[Path]:
    return sorted(hour / name for name in os.listdir(hour) if name.endswith(".checkpoint"))


def _compare(last: Checkpoint, book: Book) -> None:
    latest, same = book.latest(), book.at(last.size)
    if latest is None or latest.size < last.size:
        raise FollowError("ahead")
    if same is None or same.root != last.root:
        raise FollowError("rewritten")


def _read(path: Path) -> Checkpoint:
    try:
        return parse_checkpoint(path.read_text(encoding="utf-8"))
    except (CheckpointError, UnicodeDecodeError):
        raise FollowError("unreadable") from None


def _write_once(path: Path, content: bytes) -> None:
    write_whole(path, content, mode=0o444)
