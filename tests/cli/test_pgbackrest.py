"""pgBackRest by the settings that the command writes: an encrypted repository, and a copy restored from it."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from programs import need

from temoin.cli.backup_accounts import give, reading_account
from temoin.cli.backup_copy import BackupSource, scratch_cluster
from temoin.cli.backup_settings import write_settings
from temoin.lib.config_error import ConfigError
from temoin.settings.file import COPIED_SOCKET

MARK = "Claire-Martin-was-here"
PROGRAMS = Path("/usr/lib/postgresql/15/bin")  # Debian's pgBackRest is as old, and takes no newer one


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short folder with the settings that the command writes, made known to pgBackRest."""
    need("pgbackrest", "/usr/bin/pgbackrest")
    need("postgresql", str(PROGRAMS / "postgres"))
    with tempfile.TemporaryDirectory(prefix="tb-", dir="/tmp") as name:
        folder = Path(name)
        for path in (folder, folder / "repo", folder / "spool"):
            path.mkdir(exist_ok=True)
            give(path, reading_account())
        monkeypatch.setenv("PGBACKREST_CONFIG", str(folder / "etc" / "pgbackrest.conf"))
        monkeypatch.setenv("PGBACKREST_CONFIG_INCLUDE_PATH", str(folder / "etc" / "conf.d"))
        monkeypatch.setenv("PGBACKREST_SPOOL_PATH", str(folder / "spool"))
        monkeypatch.setenv("PGBACKREST_LOG_LEVEL_FILE", "off")
        monkeypatch.setenv("PGBACKREST_LOCK_PATH", str(folder / "spool"))
        yield folder


def options(place: Path, **other: object) -> Namespace:
    told = {"data": None, "stanza": "temoin", "cluster": place / "db", "repository": place / "repo", "socket": place}
    return Namespace(**(told | {"out": place / "etc"} | other))


def opened(folder: str) -> Path:
    """Let other accounts through a folder of ours."""
    Path(folder).chmod(0o711)
    return Path(folder)


def run(*words: str) -> None:
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LC_ALL": "C"},
        cwd="/",
        **reading_account(),
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)


@contextmanager
def running(place: Path) -> Iterator[psycopg.Connection]:
    """A cluster of Debian's PostgreSQL that archives as the command says."""
    run(
        str(PROGRAMS / "initdb"),
        "-D",
        str(place / "db"),
        "-A",
        "trust",
        "-U",
        "postgres",
        "-N",
        "-E",
        "UTF8",
        "--locale=C",
    )
    lines = ["archive_mode = on", "archive_command = 'pgbackrest --stanza=temoin archive-push %p'", "fsync = off"]
    with (place / "db" / "postgresql.conf").open("a") as file:
        file.write("\n".join([*lines, "listen_addresses = ''", f"unix_socket_directories = '{place}'", ""]))
    control = [str(PROGRAMS / "pg_ctl"), "-D", str(place / "db"), "-w", "-t", "600"]
    run(*control, "-l", str(place / "log"), "start")
    try:
        run("pgbackrest", "--stanza=temoin", "stanza-create")
        with psycopg.connect(host=str(place), user="postgres", dbname="postgres", autocommit=True) as database:
            yield database
    finally:
        run(*control, "-m", "immediate", "stop")


def test_what_came_after_the_backup_is_restored_from_the_archive_and_nothing_can_be_read_there(place: Path):
    write_settings(options(place))
    with running(place) as database:
        database.execute("CREATE TABLE one (words text)")
        run("pgbackrest", "--stanza=temoin", "--type=full", "backup")
        database.execute("INSERT INTO one VALUES (%s)", [MARK])
        database.execute("SELECT pg_switch_wal()")
        run("pgbackrest", "--stanza=temoin", "check")  # waits until the log has arrived
        source = BackupSource(stanza="temoin")
        with (
            tempfile.TemporaryDirectory(prefix="tb-", dir="/tmp") as scratch,
            scratch_cluster(opened(scratch)) as copy,
        ):
            copy.restore(source, PROGRAMS)
            copy.start(PROGRAMS)
            (copy.folder / "hba.conf").write_text("local all all trust\n")
            os.kill(copy._running._process.pid, 1)
            with psycopg.connect(host=str(copy.folder / COPIED_SOCKET), user="postgres", dbname="postgres") as restored:
                found = restored.execute("SELECT words, current_setting('archive_mode') FROM one").fetchall()

    assert found == [(MARK, "off")]
    kept = [path for path in (place / "repo").rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert not [path for path in kept if MARK.encode() in path.read_bytes() or b"PG_VERSION" in path.read_bytes()]


def test_the_settings_hold_no_passphrase_and_end_backups_by_the_day_that_was_decided(tmp_path: Path):
    write_settings(options(tmp_path))

    text = (tmp_path / "etc" / "pgbackrest.conf").read_text(encoding="utf-8")
    secret = (tmp_path / "etc" / "conf.d" / "passphrase.conf").read_text(encoding="utf-8").strip().partition("pass=")[2]
    assert len(secret) >= 64
    assert secret not in text
    assert stat.S_IMODE((tmp_path / "etc" / "conf.d" / "passphrase.conf").stat().st_mode) == 0o600
    assert "repo1-cipher-type=aes-256-cbc" in text
    assert "repo1-retention-full=14" in text


def test_settings_are_written_over_nothing_and_a_second_try_keeps_the_passphrase(tmp_path: Path):
    write_settings(options(tmp_path))
    passphrase = tmp_path / "etc" / "conf.d" / "passphrase.conf"
    before = passphrase.read_bytes()
    with pytest.raises(ConfigError, match="exists"):
        write_settings(options(tmp_path))

    (tmp_path / "etc" / "pgbackrest.conf").unlink()
    write_settings(options(tmp_path))

    assert passphrase.read_bytes() == before


@pytest.mark.parametrize(
    "odd",
    [
        {"cluster": Path("relative")},
        {"repository": Path("/srv/one\nrepo1-cipher-type=none")},
        {"stanza": "a]\n[global"},
    ],
    ids=["relative", "two lines", "another section"],
)
def test_what_would_be_read_as_another_setting_is_refused(tmp_path: Path, odd: dict[str, object]):
    with pytest.raises(ConfigError):
        write_settings(options(tmp_path, **odd))
