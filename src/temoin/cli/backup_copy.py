"""A backup restored as a database cluster of its own: beside the site, behind a socket, for as long as it is looked at.

It cannot be reached, calls nobody, archives nothing, and is gone when the look is over; what a killed one left goes
with the next.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from temoin.cli.beside import embedded_programs
from temoin.cli.console import complain
from temoin.lib.config_error import ConfigError
from temoin.lib.lifeline import die_with
from temoin.lib.private_socket import LONGEST_FOLDER, PORT
from temoin.settings.file import COPIED_SOCKET
from temoin.settings.secrets import SHORTEST

PREFIX, WORK = "temoin-copy-", "work"
_BEGINS = re.compile(r"^START WAL LOCATION: [0-9A-F]+/([0-9A-F]+) \(file ([0-9A-F]{24})\)$", re.MULTILINE)
# PostgreSQL refuses to run as root: the first of these that the machine has.
ACCOUNTS = ("postgres", "nobody")
PLACES = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin")  # of Debian, and of RHEL
# On the command line; and the settings that the backup brings along (ALTER SYSTEM: another port, a library, a command)
# are emptied, so that nothing says otherwise.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "ssl": "off",
    "archive_mode": "off",
    "archive_command": "",
    "archive_library": "",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "hot_standby": "off",  # which would ask for as much room for connections as the site has
    "max_connections": "20",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "",
    "max_logical_replication_workers": "0",  # a subscription would take what is the site's
    "autovacuum": "off",
    "logging_collector": "off",
    "fsync": "off",  # it is thrown away
    "full_page_writes": "off",
    # As roles.sql says of the database: no value in a log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
}


class CopyError(Exception):
    """A backup cannot be restored, or does not start: told in words of ours, without a value."""


@dataclass(frozen=True)
class BackupSource:
    """Where backups are: a stanza of pgBackRest, or a folder that pg_basebackup wrote, or one with several of those."""

    stanza: str | None = None
    folder: Path | None = None


class ScratchCluster:
    """One restored copy. `folder` stays ours, so that nobody else says where we write; of what lies in it, the account
    that runs the copy has the database, the socket and a place for pgBackRest."""

    def __init__(self, folder: Path, who: Mapping[str, Any]) -> None:
        self.folder, self.database = folder, folder / "database"
        self._who = who
        self._process: subprocess.Popen[bytes] | None = None

    def restore(self, source: BackupSource, programs: Path | None) -> None:
        """Bring the newest backup's files here."""
        for name in (COPIED_SOCKET, WORK):
            self._own_folder(self.folder / name)
        if source.folder is None:
            self._own_folder(self.database)
            self._run(_pgbackrest(source.stanza or "", self.database), "pgBackRest could not restore the backup")
            return
        self.database.mkdir(mode=0o700)  # ours until all is there
        _copy(newest_in(source.folder), self.database)
        for place, _, files in os.walk(self.database, topdown=False):
            for name in files:
                _give(Path(place) / name, self._who)
            _give(Path(place), self._who)
        if (self.database / "backup_manifest").exists():
            verify = [str(self._programs(programs) / "pg_verifybackup"), "--quiet", "--no-parse-wal"]
            self._run([*verify, str(self.database)], "its files are not those of its manifest")

    def _own_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        _give(folder, self._who)

    def start(self, source: BackupSource, programs: Path | None) -> None:
        """Start it, and wait until it has recovered, for as long as that takes."""
        for name, text in (("hba.conf", "local all all scram-sha-256\n"), ("empty.conf", "")):
            (self.folder / name).write_text(text, encoding="ascii")
            (self.folder / name).chmod(0o644)
        settings = {
            **SETTINGS,
            "config_file": str(self.folder / "empty.conf"),
            "hba_file": str(self.folder / "hba.conf"),
            "ident_file": str(self.folder / "empty.conf"),
            "unix_socket_directories": str(self.folder / COPIED_SOCKET),
            "restore_command": "" if source.folder else _archive_get(source.stanza or "", self.database),
        }
        os.close(os.open(self.database / "postgresql.auto.conf", os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW))
        words = [str(self._programs(programs) / "postgres"), "-D", str(self.database)]
        words += [f"--{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(self.folder), cwd="/",
                preexec_fn=partial(die_with, os.getpid(), signal.SIGQUIT), **self._who,
            )  # fmt: skip
        while self._ping() != Ping.OK:
            if self._process.poll() is not None:
                raise CopyError(f"the restored cluster does not start: {self._last_words()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it at once: nothing of it is kept."""
        process, self._process = self._process, None
        if process is None:
            return
        for number in (signal.SIGQUIT, signal.SIGKILL):
            process.send_signal(number)
            try:
                process.wait(timeout=30)
                return
            except subprocess.TimeoutExpired:
                continue

    def _ping(self) -> Ping:
        return Ping(
            PGconn.ping(make_conninfo(host=str(self.folder / COPIED_SOCKET), port=PORT, dbname="postgres").encode())
        )

    def _programs(self, told: Path | None) -> Path:
        """Return the folder of the programs of the cluster's own version."""
        version = (self.database / "PG_VERSION").read_text(encoding="ascii").strip()
        places = [told] if told else [*(Path(place.format(version)) for place in PLACES), embedded_programs()]
        found = next((place for place in places if place is not None and (place / "postgres").exists()), None)
        if found is None:
            raise ConfigError(f"PostgreSQL {version} is not installed here: install it, or name it by --programs.")
        return found

    def _run(self, words: list[str], trouble: str) -> None:
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, check=False, env=_environment(self.folder), cwd="/",
                preexec_fn=partial(die_with, os.getpid(), signal.SIGTERM), **self._who,
            )  # fmt: skip
        except FileNotFoundError:
            raise ConfigError(f"{words[0]} is not installed here.") from None
        if done.returncode:
            raise CopyError(f"{trouble}: {_last_line(done.stderr or done.stdout)}")

    def _last_words(self) -> str:
        return _last_line((self.folder / "log").read_text(encoding="utf-8", errors="replace"))


def _copy(backup: Path, target: Path) -> None:
    """Copy a backup; links are kept as links and refused, whoever put them there meanwhile."""
    try:
        shutil.copytree(backup, target, symlinks=True, dirs_exist_ok=True)
    except OSError as error:  # a full disk, a file that is none
        raise CopyError(f"its files could not be copied: {_last_line(_words_of(error))}") from None
    for place, folders, files in os.walk(target):
        for path in (Path(place) / name for name in (*folders, *files)):
            if path.is_symlink():
                raise CopyError("it points to files elsewhere")
            path.chmod(0o700 if path.is_dir() else 0o600)  # a backup may be kept read-only
    target.chmod(0o700)
    for name in ("standby.signal", "recovery.signal", "postmaster.pid"):
        (target / name).unlink(missing_ok=True)


def _words_of(error: OSError) -> str:
    if isinstance(error, shutil.Error):
        return str(error.args[0][-1][-1])
    return error.strerror or type(error).__name__


@contextmanager
def scratch_cluster(scratch: Path) -> Iterator[ScratchCluster]:
    """Yield a place for one copy below `scratch`, alone there; it is gone at the end, and what others left before."""
    who = _account()
    with _held(scratch):
        if who and subprocess.run(["test", "-x", scratch], check=False, **who).returncode:
            raise ConfigError(f"Other accounts cannot reach {scratch}: name another folder by --scratch.")
        sweep(scratch)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=scratch.resolve()))
        cluster = ScratchCluster(folder, who)
        try:
            if len(os.fsencode(folder / COPIED_SOCKET)) > LONGEST_FOLDER:
                raise ConfigError(f"{scratch} is too long for a socket: name a shorter folder by --scratch.")
            if who:
                folder.chmod(0o711)
            yield cluster
        finally:
            cluster.stop()
            _remove(folder)


@contextmanager
def _held(scratch: Path) -> Iterator[None]:
    """Keep everybody else from the folder: whatever copy lies in it is then nobody's any more."""
    scratch.mkdir(mode=0o755, parents=True, exist_ok=True)
    _refuse_others(scratch)
    handle = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ConfigError(f"Another temoin backup verify is at work in {scratch}: wait until it ends.") from None
    finally:
        os.close(handle)


def _refuse_others(scratch: Path) -> None:
    """Refuse a folder in which another account could put its own in the place of ours."""
    place = scratch.absolute()
    for folder in (place, *place.resolve().parents):
        status = folder.lstat()
        is_open = status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {0, os.geteuid()} or is_open:
            raise ConfigError(f"Other accounts may change {folder}: name another folder by --scratch.")


def sweep(scratch: Path) -> None:
    """Remove the copies that a killed run left; whoever calls holds the folder, so that none of them is in use."""
    for folder in scratch.glob(f"{PREFIX}*"):
        if folder.is_dir() and not folder.is_symlink() and folder.lstat().st_uid == os.geteuid():
            _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        complain(f"{folder} could not be removed: it holds a copy of the database.")


def newest_in(folder: Path) -> Path:
    """Return the newest backup of a folder: itself, or one below; one that points elsewhere is refused."""
    found = [place for place in (folder, *sorted(folder.glob("*"))) if (place / "PG_VERSION").is_file()]
    whole = [place for place in found if not (place / "backup_manifest.tmp").exists()]  # others are still written
    if not whole:
        raise ConfigError(f"{folder} holds no whole backup that pg_basebackup wrote.")
    newest = folder if folder in whole else max(whole, key=_began)
    for place, folders, files in os.walk(newest):
        if any((Path(place) / name).is_symlink() for name in (*folders, *files)):
            raise ConfigError(f"{newest} points to files elsewhere (a tablespace?): a copy would write into those.")
    return newest


def _began(backup: Path) -> tuple[str, int]:
    """Return where in the log a backup begins, as itself says: a file's own time goes with each copy of it."""
    try:
        label = (backup / "backup_label").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", 0
    found = _BEGINS.search(label)
    return ("", 0) if found is None else (found[2], int(found[1], 16))


def secrets_within(database: Path, secrets: Mapping[str, bytes]) -> list[str]:
    """Return the names of the secrets that lie in a file of the copy: a backup must not hold what opens it."""
    looked_for = {noun: secret for noun, secret in secrets.items() if len(secret) >= SHORTEST}
    found = set()
    for path in database.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= 4096:
            content = path.read_bytes()
            found |= {noun for noun, secret in looked_for.items() if secret in content}
    return sorted(found)


def _pgbackrest(stanza: str, target: Path) -> list[str]:
    words = ["pgbackrest", f"--stanza={stanza}", f"--pg1-path={target}", "--type=default", "--archive-mode=off"]
    return [*words, f"--tablespace-map-all={target.parent / WORK / 'tablespaces'}", "restore"]


def _archive_get(stanza: str, target: Path) -> str:
    words = shlex.join(["pgbackrest", f"--stanza={stanza}", f"--pg1-path={target}", "archive-get"])
    return words.replace("%", "%%") + ' %f "%p"'


def _environment(folder: Path) -> dict[str, str]:
    """Return what PostgreSQL's and pgBackRest's programs get of our environment: nothing but pgBackRest's own."""
    own = {name: value for name, value in os.environ.items() if name.startswith("PGBACKREST_")}
    bounds = {
        "PGBACKREST_LOG_LEVEL_CONSOLE": "error",
        "PGBACKREST_LOG_LEVEL_FILE": "off",
        "PGBACKREST_LOCK_PATH": str(folder / WORK / "locks"),
        "PGBACKREST_ARCHIVE_ASYNC": "n",
    }
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", **own, **bounds}


def _account() -> dict[str, Any]:
    """Return under whom the copy runs: as ourselves, or, for root, as an account that may do little."""
    if os.geteuid() != 0:
        return {}
    known = {account.pw_name: account for account in pwd.getpwall()}
    found = next((known[name] for name in ACCOUNTS if name in known), None)
    if found is None:
        raise ConfigError(f"PostgreSQL refuses to run as root, and this machine has none of {', '.join(ACCOUNTS)}.")
    groups = os.getgrouplist(found.pw_name, found.pw_gid)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": groups}


def _give(path: Path, who: Mapping[str, Any]) -> None:
    if who:
        os.chown(path, who["user"], who["group"], follow_symlinks=False)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next(
        (line for line in reversed(lines) if "FATAL" in line or "ERROR" in line), lines[-1] if lines else "no word"
    )
