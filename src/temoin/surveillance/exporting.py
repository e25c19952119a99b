"""Writing the data set and its pages into a folder that anybody may serve; nothing in it is rewritten in silence."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from django.db import connection

from temoin.lib.whole_file import write_whole
from temoin.surveillance.dataset import INCOMPLETE, Publication, rows_lost
from temoin.surveillance.tables import FILES

_ALL = """
SELECT name, period, revision, released_on, figures::text, missing FROM surveillance_release
 ORDER BY name, period, revision
"""


def publications() -> list[Publication]:
    """Return all that was ever published."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        rows = cursor.fetchall()
    return [
        Publication(name, period, revision, released_on, json.loads(figures), missing)
        for name, period, revision, released_on, figures, missing in rows
    ]


def last_published() -> tuple[int, date | None]:
    """Return what changes with every publication: how many there are, and the day of the last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(released_on) FROM surveillance_release")
        ((count, day),) = cursor.fetchall()
    return count, day


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Make a folder, and hold it: another export into it waits, and then reads anew what was published."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def history_lost(folder: Path, files: Mapping[str, bytes]) -> dict[str, int]:
    """Return, by table, how many rows the folder holds that the new files do not: nothing may be written over them."""
    lost: dict[str, int] = {}
    for name in (*FILES, INCOMPLETE):
        file = folder / f"{name}.csv"
        if file.is_file() and (rows := rows_lost(file.read_bytes(), files[file.name])):
            lost[name] = len(rows)
    return lost


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write each file whole, beside its name first: who reads meanwhile sees the old one or the new one."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content, mode=0o644)
