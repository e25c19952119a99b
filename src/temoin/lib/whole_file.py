"""Files that are there whole or not at all, whatever happens while they are written: a full disk leaves no half."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path, *, mode: int = 0o600, like: Path | None = None) -> Iterator[BinaryIO]:
    """Open a file beside its name, for us alone; it takes mode, owner and name once it is whole and on the disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if like is not None:
            status = like.stat()
            os.chown(draft, status.st_uid, status.st_gid)
        draft.chmod(mode)
        draft.rename(path)
    except OSError as error:
        if error.filename is None:  # of a write: which disk is full, whoever reads it must know
            error.filename = str(path)
        raise
    finally:
        draft.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600, like: Path | None = None) -> None:
    """Write a file whole or not at all."""
    with whole_file(path, mode=mode, like=like) as file:
        file.write(content)
