"""A file that an operator keeps is there whole or not at all, on a full disk too."""

from __future__ import annotations

import errno
import os
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyrage import x25519

import temoin
from temoin.crypto import backup
from temoin.crypto.sealed_stream import seal_stream
from temoin.lib.whole_file import whole_file, write_whole

# Modules that write a file by their own means, each with its reason.
OWN_MEANS = {
    "lib/whole_file.py": "the one that all others use",
    "cli/backup_copy.py": "opens a folder, and writes nothing in it",
    "cli/backup_server.py": "files of a copy that is removed",
    "cli/backup_proof.py": "likewise",
    "cli/backup_units.py": "likewise",
    "cli/console.py": "what goes nowhere",
    "cli/imports.py": "the list of refused rows, which grows while the file is read",
    "cli/leaving.py": "hours of writing: two at once must see one another's part",
    "keeping/ledger.py": "only ever grows",
    "surveillance/exporting.py": "opens a folder, and writes nothing in it",
}
WRITES = re.compile(r"write_bytes|write_text|\.open\(\"[wxa]|os\.open\(|fdopen")


def test_files_are_written_by_one_module():
    root = Path(temoin.__file__).parent
    found = {str(path.relative_to(root)) for path in root.rglob("*.py") if WRITES.search(path.read_text("utf-8"))}

    assert found == set(OWN_MEANS)


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """For the block the system lets this process write no longer file, as a disk that fills up."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def write_half(path: Path) -> None:
    with whole_file(path) as file:
        file.write(b"half")
        raise full_disk()


def test_what_is_not_written_to_its_end_leaves_what_was_there_and_nothing_else(tmp_path: Path):
    path = tmp_path / "kept"
    write_whole(path, b"before", mode=0o644)

    with pytest.raises(OSError, match="kept") as told:
        write_half(path)

    assert told.value.filename == str(path)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"kept": b"before"}
    assert path.stat().st_mode & 0o777 == 0o644


def test_half_a_backup_of_keys_is_none(tmp_path: Path):
    holders = [str(x25519.Identity.generate().to_public()) for _ in range(backup.SHARES)]
    keys = {f"file:{number:03}": b"" for number in range(100)}  # their names stand in the last file, the longest
    backup.write_backup(tmp_path / "whole", keys, holders, at=datetime(2026, 11, 30, tzinfo=UTC))
    *_, longest_but_one, manifest = sorted(one.stat().st_size for one in (tmp_path / "whole").iterdir())
    assert manifest == (tmp_path / "whole" / backup.MANIFEST).stat().st_size > longest_but_one

    with no_file_beyond(longest_but_one), pytest.raises(OSError, match="File too large"):
        backup.write_backup(tmp_path / "half", keys, holders, at=datetime(2026, 11, 30, tzinfo=UTC))

    assert [one.name for one in tmp_path.iterdir()] == ["whole"]


def test_a_full_disk_is_told_as_one_through_the_library_that_seals():
    recipient = str(x25519.Identity.generate().to_public())

    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        seal_stream(iter([b"x" * 100_000]), to=recipient, target=full)


def test_a_holders_file_that_is_no_text_is_told(tmp_path: Path):
    odd = tmp_path / "odd"
    odd.write_bytes(b"\xd0\xff")

    with pytest.raises(backup.BackupError, match="no secret age key"):
        backup.open_share(tmp_path, odd)
    with pytest.raises(backup.BackupError, match="no words of a share"):
        backup.shares_of(tmp_path, [], [odd])
