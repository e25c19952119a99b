"""The server of a restored copy: by settings of ours alone, behind a socket, for as long as the copy is looked at.

It cannot be reached, calls nobody and archives nothing. Whatever a superuser of the site's database planted there (an
event trigger, a setting of a role, a function) came along and runs in it: the account is what holds that, and what is
switched off here only makes it less.
"""

from __future__ import annotations

import os
import shlex
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from temoin.cli.backup_accounts import RunAs
from temoin.cli.beside import embedded_programs
from temoin.lib.config_error import ConfigError
from temoin.lib.lifeline import die_with
from temoin.lib.private_socket import PORT
from temoin.settings.file import COPIED_SOCKET

PLACES = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin")  # of Debian, and of RHEL
SMALL = 4096  # bytes of a file that is read whole
# On the command line; and the settings that the backup brings along (ALTER SYSTEM: another port, a library, a command)
# are emptied, so that nothing says otherwise.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # the folder says who may come
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
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "max_logical_replication_workers": "0",  # a subscription would take what is the site's
    "autovacuum": "off",
    "logging_collector": "off",
    "jit": "off",  # which would write code into memory
    "fsync": "off",  # it is thrown away
    "full_page_writes": "off",
    # As roles.sql says of the database: no value in a log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
}
SINCE_17 = {"event_triggers": "off"}  # of a sign-in, too
LET_IN, KEEP_OUT = "local all all scram-sha-256\n", "local all all reject\n"


class CopyError(Exception):
    """A backup cannot be restored, or does not start: told in words of ours, without a value."""


class CopyServer:
    """PostgreSQL on the copy in `folder`, under an account; what it says goes into `folder/log`."""

    def __init__(self, folder: Path, who: RunAs) -> None:
        self.folder, self.database = folder, folder / "database"
        self._who = who
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, programs: Path) -> None:
        """Start it, and wait until it has recovered, for as long as that takes."""
        self._launch(programs, {}, LET_IN, bare_environment())

    def recover(self, programs: Path, restore_command: str, environment: Mapping[str, str]) -> None:
        """Have it take the log from its archive, and end: this needs the archive's secret, so nobody can connect."""
        self._launch(programs, {"restore_command": restore_command}, KEEP_OUT, environment)
        self.stop(signal.SIGINT)

    def _launch(self, programs: Path, more: Mapping[str, str], way_in: str, environment: Mapping[str, str]) -> None:
        for name, text in (("hba.conf", way_in), ("empty.conf", "")):
            (self.folder / name).write_text(text, encoding="ascii")
            (self.folder / name).chmod(0o644)
        settings = {
            **SETTINGS,
            **(SINCE_17 if version_of(self.database) >= 17 else {}),
            "config_file": str(self.folder / "empty.conf"),
            "hba_file": str(self.folder / "hba.conf"),
            "ident_file": str(self.folder / "empty.conf"),
            "unix_socket_directories": str(self.folder / COPIED_SOCKET),
            "restore_command": "",
            **more,
        }
        os.close(os.open(self.database / "postgresql.auto.conf", os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW))
        words = [str(programs / "postgres"), "-D", str(self.database)]
        words += [f"--{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd="/",
                preexec_fn=partial(die_with, os.getpid(), signal.SIGQUIT), **self._who,
            )  # fmt: skip
        while not answers(self.folder):
            if self._process.poll() is not None:
                raise CopyError(f"the restored cluster does not start: {self._last_words()}")
            time.sleep(0.1)

    def wait(self) -> int:
        """Wait until it ends by itself."""
        return 0 if self._process is None else self._process.wait()

    def stop(self, first: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it, at once unless told otherwise: nothing of it is kept."""
        process, self._process = self._process, None
        if process is None:
            return
        for number, patience in ((first, 600 if first == signal.SIGINT else 30), (signal.SIGKILL, 30)):
            process.send_signal(number)
            try:
                process.wait(timeout=patience)
                return
            except subprocess.TimeoutExpired:
                continue

    def _last_words(self) -> str:
        return last_line((self.folder / "log").read_text(encoding="utf-8", errors="replace"))


def answers(folder: Path) -> bool:
    """Tell whether the server of a copy takes connections, or at least refuses them."""
    way = make_conninfo(host=str(folder / COPIED_SOCKET), port=PORT, dbname="postgres")
    return Ping(PGconn.ping(way.encode())) == Ping.OK


def version_of(database: Path) -> int:
    """Return the major version that a cluster's files are of."""
    text = (small_file(database / "PG_VERSION") or b"").decode("ascii", errors="replace").strip()
    if not (text.isascii() and text.isdigit()):
        raise CopyError("its files do not say of which PostgreSQL they are")
    return int(text)


def programs_for(database: Path, told: Path | None) -> Path:
    """Return the folder of the programs of the cluster's own version."""
    version = version_of(database)
    places = [told] if told else [*(Path(place.format(version)) for place in PLACES), embedded_programs()]
    found = next((place for place in places if place is not None and (place / "postgres").exists()), None)
    if found is None:
        raise ConfigError(f"PostgreSQL {version} is not installed here: install it, or name it by --programs.")
    return found


def small_file(path: Path) -> bytes | None:
    """Return what a small file holds; None for a link, a pipe, a large one, or none: its owner is not believed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError:
        if path.is_symlink():
            return None
        raise
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        return file.read(SMALL) if stat.S_ISREG(status.st_mode) and status.st_size <= SMALL else None


def archive_get(stanza: str, target: Path) -> str:
    """Return the command by which PostgreSQL asks pgBackRest for a file of the log."""
    words = shlex.join(["pgbackrest", f"--stanza={stanza}", f"--pg1-path={target}", "archive-get"])
    return words.replace("%", "%%") + ' %f "%p"'


def bare_environment() -> dict[str, str]:
    """Return the whole environment of the copy's server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def last_line(text: str) -> str:
    """Return the line of a program's words that says what was wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next(
        (line for line in reversed(lines) if "FATAL" in line or "ERROR" in line), lines[-1] if lines else "no word"
    )
