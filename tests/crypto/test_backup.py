"""The backup of root keys: any two of three holders open it, one alone opens nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pyrage
import pytest

from temoin.crypto.backup import BackupError, open_share, read_backup, read_manifest, write_backup
from temoin.crypto.roots.file import FileRoots, root_id

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def holders(tmp_path) -> dict[Path, str]:
    """Three holders: the file of each one's secret key, and their public key."""
    found = {}
    for number in range(3):
        identity = pyrage.x25519.Identity.generate()
        path = tmp_path / f"holder-{number}.txt"
        path.write_text(f"# created for a test\n# public key: {identity.to_public()}\n{identity}\n")
        found[path] = str(identity.to_public())
    return found


@pytest.fixture
def keys() -> dict[str, bytes]:
    raw = [os.urandom(32), os.urandom(32)]
    return {root_id(key): key for key in raw}


@pytest.fixture
def backup(tmp_path, holders, keys) -> Path:
    write_backup(tmp_path / "backup", keys, list(holders.values()), at=AT)
    return tmp_path / "backup"


def test_any_two_holders_open_it(backup, holders, keys):
    for pair in combinations(holders, 2):
        assert read_backup(backup, [open_share(backup, identity) for identity in pair]) == keys


def test_one_holder_alone_opens_nothing(backup, holders):
    share = open_share(backup, next(iter(holders)))

    for shares in ([share], [share, share]):
        with pytest.raises(BackupError, match="give 2 different ones"):
            read_backup(backup, shares)


def test_a_stranger_has_no_share(backup, tmp_path):
    (tmp_path / "stranger.txt").write_text(str(pyrage.x25519.Identity.generate()))

    with pytest.raises(BackupError, match="no share"):
        open_share(backup, tmp_path / "stranger.txt")


def test_shares_of_another_backup_do_not_open_it(backup, tmp_path, holders, keys):
    write_backup(tmp_path / "other", keys, list(holders.values()), at=AT)
    shares = [open_share(tmp_path / "other", identity) for identity in list(holders)[:2]]

    with pytest.raises(BackupError, match="of another backup"):
        read_backup(backup, shares)


def test_an_altered_backup_does_not_open(backup, holders):
    path = backup / "root-keys.sealed"
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    shares = [open_share(backup, identity) for identity in list(holders)[:2]]

    with pytest.raises(BackupError):
        read_backup(backup, shares)


def test_no_file_of_it_holds_a_root_key_or_is_open_to_others(backup, keys):
    for path in backup.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert not any(raw in path.read_bytes() or raw.hex().encode() in path.read_bytes() for raw in keys.values())


def test_it_says_what_it_holds_without_being_opened(backup, holders, keys):
    manifest = read_manifest(backup)

    assert manifest.root_ids == tuple(keys)
    assert manifest.holders == tuple(holders.values())
    (backup / "share-2.age").unlink()
    with pytest.raises(BackupError, match=r"lacks share-2.age"):
        read_manifest(backup)


@pytest.mark.parametrize("wrong", [["age1nonsense"] * 3, []])
def test_holders_are_three_and_have_public_keys(tmp_path, keys, wrong):
    with pytest.raises(BackupError):
        write_backup(tmp_path / "backup", keys, wrong, at=AT)
    assert not (tmp_path / "backup").exists()


def test_two_shares_of_one_holder_are_refused(tmp_path, holders, keys):
    same = [next(iter(holders.values()))] * 3

    with pytest.raises(BackupError, match="public key of their own"):
        write_backup(tmp_path / "backup", keys, same, at=AT)


def test_restored_root_keys_unwrap_again_and_the_current_one_is_current(tmp_path):
    path = tmp_path / "root.key"
    path.write_bytes(os.urandom(32))
    path.chmod(0o600)
    roots = FileRoots(path)
    old, wrapped = roots.wrap(b"k" * 32, b"context")
    roots.rotate()
    kept = roots.raw_keys()
    for found in tmp_path.glob("root*.key"):
        found.unlink()

    restored = FileRoots(path).restore(kept)

    assert restored == list(kept)
    assert FileRoots(path).known() == list(kept)
    assert FileRoots(path).unwrap(old, wrapped, b"context") == b"k" * 32
    assert FileRoots(path).restore(kept) == []
