"""Copies of backups: which one is taken, what is refused, and that nothing of them is left."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from temoin.cli.backup_copy import BackupSource, ScratchCluster, _copy, newest_in, scratch_cluster, secrets_within
from temoin.cli.backup_proof import BackupProof, looking_at, secrets_of_site
from temoin.cli.backup_server import CopyError
from temoin.cli.looks import backup_words
from temoin.crypto.notes import NoteSigner
from temoin.journal.checkpoint import sign_checkpoint
from temoin.journal.walk import Evidence
from temoin.keeping.backups import DUTY, backup_verified_at
from temoin.lib.clock import now
from temoin.lib.config_error import ConfigError
from temoin.outbox.duties import note_outside_duty
from temoin.settings.file import copy_named, read_named_config


@pytest.fixture
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tb-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def made(folder: Path, begins: int = 1) -> Path:
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18\n", encoding="ascii")
    words = f"START WAL LOCATION: 0/{begins:X}000028 (file 00000001000000000000{begins:04X})\n"
    (folder / "backup_label").write_text(words, encoding="ascii")
    return folder


def test_the_newest_of_a_folder_is_taken_or_the_folder_itself(tmp_path: Path):
    newest = made(tmp_path / "a-new", begins=12)
    made(tmp_path / "c-older", begins=3)
    made(tmp_path / "b-old", begins=7)  # copied last, and no newer for that
    made(tmp_path / "still-written", begins=13)
    (tmp_path / "still-written" / "backup_manifest.tmp").touch()

    assert newest_in(tmp_path) == newest
    assert newest_in(newest) == newest
    with pytest.raises(ConfigError, match="holds no whole backup"):
        newest_in(tmp_path / "still-written")


def test_a_folder_without_a_backup_and_one_that_points_elsewhere_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="holds no whole backup"):
        newest_in(tmp_path)
    folder = made(tmp_path / "one")
    (folder / "pg_tblspc").mkdir()
    (folder / "pg_tblspc" / "16384").symlink_to("/srv/live")

    with pytest.raises(ConfigError, match="points to files elsewhere"):
        newest_in(folder)


def test_what_a_killed_run_left_goes_with_the_next_and_nothing_else_does(scratch: Path):
    (scratch / "temoin-copy-abc" / "database").mkdir(parents=True)
    (scratch / "others").mkdir()
    (scratch / "temoin-copy-link").symlink_to(scratch / "others")

    with scratch_cluster(scratch) as cluster:
        there = {path.name for path in scratch.iterdir()}

    assert there == {cluster.folder.name, "others", "temoin-copy-link"}
    assert {path.name for path in scratch.iterdir()} == {"others", "temoin-copy-link"}


@pytest.mark.parametrize("place", ["link", "open", "within an open one", "of another"])
def test_a_place_in_which_others_could_put_their_own_is_refused(scratch: Path, place: str):
    target = scratch / "one"
    (scratch / "two").mkdir()
    if place == "link":
        target.symlink_to(scratch / "two")
    elif place == "open":
        target.mkdir()
        target.chmod(0o777)
    elif place == "within an open one":
        (scratch / "two").chmod(0o777)
        target = scratch / "two" / "one"
    elif os.geteuid() == 0:
        target.mkdir()
        os.chown(target, 65534, 65534)
    else:
        pytest.skip("root alone gives a folder to another account")

    with pytest.raises(ConfigError, match="Other accounts may change"), scratch_cluster(target):
        pass


def test_where_we_write_stays_ours_and_a_read_only_backup_leaves_nothing(scratch: Path, tmp_path: Path):
    backup = made(tmp_path / "one")
    (backup / "base").mkdir()
    (backup / "base" / "1").touch(mode=0o400)
    (backup / "base").chmod(0o500)

    with scratch_cluster(scratch) as cluster:
        cluster.restore(BackupSource(folder=backup), None)

        assert cluster.folder.stat().st_uid == os.geteuid()
        assert stat.S_IMODE(cluster.folder.stat().st_mode) in {0o700, 0o711}
        assert stat.S_IMODE(cluster.database.stat().st_mode) == 0o700
        assert {path.stat().st_uid for path in cluster.database.rglob("*")} == {cluster.database.stat().st_uid}

    assert list(scratch.iterdir()) == []


def test_a_link_that_came_after_the_look_and_a_file_that_is_none_are_faults(tmp_path: Path):
    linked, piped = made(tmp_path / "linked"), made(tmp_path / "piped")
    (linked / "pg_hba.conf").symlink_to("/etc/passwd")
    os.mkfifo(piped / "pipe")

    with pytest.raises(CopyError, match="points to files elsewhere"):
        _copy(linked, tmp_path / "a")
    with pytest.raises(CopyError, match=r"could not be copied: .*pipe"):
        _copy(piped, tmp_path / "b")


def test_two_at_once_do_not_take_each_others_copy(scratch: Path):
    with scratch_cluster(scratch) as cluster:
        with pytest.raises(ConfigError, match="at work"), scratch_cluster(scratch):
            pass
        assert cluster.folder.is_dir()


def test_a_copy_goes_when_the_look_at_it_fails(scratch: Path):
    def fail(cluster: ScratchCluster) -> None:
        cluster.database.mkdir()
        raise RuntimeError

    with pytest.raises(RuntimeError), scratch_cluster(scratch) as cluster:
        fail(cluster)

    assert list(scratch.iterdir()) == []


def test_a_place_too_long_for_a_socket_is_refused_and_leaves_nothing(scratch: Path):
    long = scratch / ("x" * 80)

    with pytest.raises(ConfigError, match="too long"), scratch_cluster(long):
        pass

    assert list(long.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone runs a copy as another account")
def test_a_place_that_the_copys_account_cannot_reach_is_refused(scratch: Path):
    (scratch / "private").mkdir(mode=0o700)

    with pytest.raises(ConfigError, match="cannot reach"), scratch_cluster(scratch / "private" / "one"):
        pass

    assert list((scratch / "private" / "one").iterdir()) == []


def test_a_backup_that_holds_a_key_is_told_by_its_name(tmp_path: Path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "root.key").write_bytes(bytes(range(32)))
    (tmp_path / "base" / "16384").write_bytes(bytes(8192))

    assert secrets_within(tmp_path, {"the root key": bytes(range(32)), "a password": b"s" * 20, "none": b""}) == [
        "the root key"
    ]


def test_the_sites_secrets_are_looked_for():
    config = read_named_config()
    assert config is not None

    found = secrets_of_site(replace(config, journal=replace(config.journal, key=Path("/nonexistent"))))

    assert {f"password of temoin_{role}" for role in ("owner", "keeper", "app", "worker", "sealer")} <= set(found)
    assert "journal key" not in found
    assert all(found.values())


def test_settings_read_while_a_copy_is_looked_at_name_the_copy_and_its_ledger(tmp_path: Path):
    site = read_named_config()
    with looking_at(tmp_path):
        copy = read_named_config()
    assert site is not None
    assert copy is not None

    assert (copy.database.way["host"], copy.key_ledger) == (str(tmp_path / "s"), tmp_path / "destroyed-keys.jsonl")
    assert (copy.database.embedded, copy.database.pooled, copy.database.hosts) == (None, False, ())
    assert copy.database.passwords == site.database.passwords
    assert read_named_config() == site
    assert copy_named() is None


def test_of_an_older_copy_the_witnesses_later_checkpoints_are_no_fault():
    signer = NoteSigner("temoin.test/journal", bytes(range(32)))
    seen = tuple(("folder", sign_checkpoint(signer, size, bytes(32))) for size in (3, 6, 9))

    evidence, later = Evidence(seen, b"leaves").until(6)

    assert [checkpoint.size for _, checkpoint in evidence.seen] == [3, 6]
    assert (evidence.leaves, later) == (b"leaves", 3)
    assert Evidence().until(6) == (Evidence(), 0)


def test_one_step_that_went_wrong_makes_a_backup_that_does_not_restore():
    proof = BackupProof(now(), rows={"testing_record": (3, 4), "journal_event": (5, None)})
    assert not proof.is_verified  # nothing was tried

    proof.add("restored", [], "2 s")
    assert proof.is_verified
    proof.add("journal", ["altered 3"])

    assert not proof.is_verified
    assert proof.lines() == [
        "well   restored: 2 s",
        "WRONG  journal: altered 3",
        "testing_record: 3 rows, the site has 4 now",
        "journal_event: 5 rows",
    ]
    assert json.loads(json.dumps(proof.as_json(), default=str))["verified"] is False


@pytest.mark.django_db
def test_check_says_of_backups_what_somebody_should_know(as_role):
    from django.db import connection

    def words() -> str:
        connection.ensure_connection()
        database: psycopg.Connection = connection.connection
        return " ".join(backup_words(database))

    with as_role("temoin_keeper"):
        assert "No backup was ever verified" in words()
        note_outside_duty(DUTY, every=timedelta(days=1), failure="BackupDoubted")
        assert "ever verified" in words()
        assert "did not restore" in words()
        note_outside_duty(DUTY, every=timedelta(days=1))
        assert "verified" not in words()
        assert backup_verified_at() is not None
        note_outside_duty(DUTY, every=timedelta(days=-3))
        note_outside_duty(DUTY, every=timedelta(days=1), failure="BackupDoubted")
        assert "No backup was verified since" in words()
        assert "did not restore" in words()
