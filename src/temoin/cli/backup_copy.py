"""A backup restored as a database cluster of its own: beside the site, for as long as it is looked at.

It is gone when the look is over; what a killed one left goes with the next.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from temoin.cli.backup_accounts import OURSELVES, RunAs, give, give_tree, reading_account, serving_account
from temoin.cli.backup_server import (
    CopyError,
    CopyServer,
    archive_get,
    bare_environment,
    last_line,
    programs_for,
    small_file,
)
from temoin.cli.console import complain
from temoin.lib.config_error import ConfigError
from temoin.lib.lifeline import die_with
from temoin.lib.private_socket import LONGEST_FOLDER
from temoin.settings.file import COPIED_SOCKET
from temoin.settings.secrets import SHORTEST

PREFIX, WORK = "temoin-copy-", "work"
_BEGINS = re.compile(r"^START WAL LOCATION: [0-9A-F]+/([0-9A-F]+) \(file ([0-9A-F]{24})\)$", re.MULTILINE)


@dataclass(frozen=True)
class BackupSource:
    """Where backups are: a stanza of pgBackRest, or a folder that pg_basebackup wrote, or one with several of those."""

    stanza: str | None = None
    folder: Path | None = None


class ScratchCluster:
    """One restored copy. `folder` stays ours, so that nobody else says where we write; of what lies in it, the account
    that serves the copy has the database, the socket and the tablespaces once all is restored."""

    def __init__(self, folder: Path, *, reader: RunAs = OURSELVES, server: RunAs = OURSELVES) -> None:
        self.folder, self.database = folder, folder / "database"
        self._reader, self._server = reader, server
        self._running: CopyServer | None = None

    def restore(self, source: BackupSource, programs: Path | None) -> None:
        """Bring the newest backup's files here, and all that the archive has of the log since."""
        if source.folder is None:
            self._restore_from_repository(source.stanza or "", programs)
        else:
            self._restore_from_folder(source.folder, programs)

    def _restore_from_repository(self, stanza: str, programs: Path | None) -> None:
        own = [self.folder / COPIED_SOCKET, self.folder / WORK, self.database]
        for folder in own:
            folder.mkdir(mode=0o700)
            give(folder, self._reader)
        environment = _repository_environment(self.folder)
        words = _pgbackrest(stanza, self.database)
        self._run(words, "pgBackRest could not restore the backup", self._reader, environment)
        self._running = CopyServer(self.folder, self._reader)
        self._running.recover(programs_for(self.database, programs), archive_get(stanza, self.database), environment)
        for folder in own:
            give_tree(folder, self._server)

    def _restore_from_folder(self, backups: Path, programs: Path | None) -> None:
        socket = self.folder / COPIED_SOCKET
        for folder in (socket, self.database):
            folder.mkdir(mode=0o700)
        _copy(newest_in(backups), self.database)
        for folder in (socket, self.database):
            give_tree(folder, self._server)
        if (self.database / "backup_manifest").exists():
            verify = [str(programs_for(self.database, programs) / "pg_verifybackup"), "--quiet", "--no-parse-wal"]
            words = [*verify, str(self.database)]
            self._run(words, "its files are not those of its manifest", self._server, bare_environment())

    def start(self, programs: Path | None) -> None:
        """Serve it, until it is stopped."""
        self._running = CopyServer(self.folder, self._server)
        self._running.start(programs_for(self.database, programs))

    def wait(self) -> int:
        """Wait until the server ends by itself."""
        return 0 if self._running is None else self._running.wait()

    def stop(self) -> None:
        """End the server at once."""
        if self._running is not None:
            self._running.stop()

    def open_to_group(self) -> None:
        """Let the group read the files and reach the socket: whoever verifies the copy, where that is another account.

        PostgreSQL takes it of the folder that new files are the group's to read as well.
        """
        (self.folder / COPIED_SOCKET).chmod(0o750)
        for place, _, files, handle in os.fwalk(self.database):
            Path(place).chmod(0o750)
            for name in files:
                if not stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                    os.chmod(name, 0o640, dir_fd=handle)

    def _run(self, words: list[str], trouble: str, who: RunAs, environment: Mapping[str, str]) -> None:
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, check=False, env=environment, cwd="/",
                preexec_fn=partial(die_with, os.getpid(), signal.SIGTERM), **who,
            )  # fmt: skip
        except FileNotFoundError:
            raise ConfigError(f"{words[0]} is not installed here.") from None
        if done.returncode:
            raise CopyError(f"{trouble}: {last_line(done.stderr or done.stdout)}")


def _copy(backup: Path, target: Path) -> None:
    """Copy a backup; links are kept as links and refused, whoever put them there meanwhile."""
    try:
        shutil.copytree(backup, target, symlinks=True, dirs_exist_ok=True)
    except OSError as error:  # a full disk, a file that is none
        raise CopyError(f"its files could not be copied: {last_line(_words_of(error))}") from None
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
    reader, server = reading_account(), serving_account()
    with _held(scratch):
        if any(
            who and subprocess.run(["test", "-x", scratch], check=False, **who).returncode for who in (reader, server)
        ):
            raise ConfigError(f"Other accounts cannot reach {scratch}: name another folder by --scratch.")
        sweep(scratch)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=scratch.resolve()))
        cluster = ScratchCluster(folder, reader=reader, server=server)
        try:
            if len(os.fsencode(folder / COPIED_SOCKET)) > LONGEST_FOLDER:
                raise ConfigError(f"{scratch} is too long for a socket: name a shorter folder by --scratch.")
            if server:
                folder.chmod(0o711)
            yield cluster
        finally:
            cluster.stop()
            _remove(folder)


def _reaches(who: RunAs, folder: Path) -> bool:
    return not who or subprocess.run(["test", "-x", folder], check=False, **who).returncode == 0


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
    for place, _, files in os.walk(database, onerror=_raise):
        for name in files:
            content = small_file(Path(place) / name) or b""
            found |= {noun for noun, secret in looked_for.items() if secret in content}
    return sorted(found)


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # a server at work may remove one
        raise error


def _pgbackrest(stanza: str, target: Path) -> list[str]:
    words = ["pgbackrest", f"--stanza={stanza}", f"--pg1-path={target}", "--type=default", "--archive-mode=off"]
    return [*words, f"--tablespace-map-all={target.parent / WORK / 'tablespaces'}", "restore"]


def _repository_environment(folder: Path) -> dict[str, str]:
    """Return what pgBackRest gets of our environment, on its own or from PostgreSQL: nothing but its own."""
    own = {name: value for name, value in os.environ.items() if name.startswith("PGBACKREST_")}
    bounds = {
        "PGBACKREST_LOG_LEVEL_CONSOLE": "error",
        "PGBACKREST_LOG_LEVEL_FILE": "off",
        "PGBACKREST_LOCK_PATH": str(folder / WORK / "locks"),
        "PGBACKREST_ARCHIVE_ASYNC": "n",
    }
    return {**bare_environment(), **own, **bounds}
