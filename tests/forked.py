"""`temoin …` in a process of its own that is forked, not begun: what every command loads is loaded once.

The command runs as its console script runs it, up to the end of its process. What is tested of the start itself takes
`python -m temoin.cli.main`, and so does one test of each command.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fcntl import F_DUPFD, fcntl, ioctl
from functools import cache
from importlib import import_module
from termios import TIOCSCTTY

# What commands load on their way, as far as it needs no settings; prometheus_client would look for its folder.
LOADED = (
    *("aiohttp", "cryptography.x509", "joserfc.jwt", "lxml.etree", "phonenumbers", "segno"),
    *("django.contrib.auth.hashers", "django.core.handlers.wsgi", "django.core.management.commands.migrate"),
    *("django.db.backends.postgresql.base", "django.template.engine", "django.urls"),
)
MOST_FILES = 8
LARGEST = 200_000  # bytes of a request: the words and the environment


class Forked:
    """A command that runs: as much of Popen as tests use. The files are its first ones, in their order.

    With `owns_terminal` its input is the terminal of a session of its own: /dev/tty is what passwords are read from.
    """

    def __init__(
        self, words: Sequence[str], files: Sequence[int], env: Mapping[str, str], *, owns_terminal: bool = False
    ) -> None:
        self._told, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked = {"words": words, "env": dict(env), "folder": os.getcwd(), "owns_terminal": owns_terminal}
        with theirs:
            socket.send_fds(_server(), [json.dumps(asked).encode()], [theirs.fileno(), *files])
        self.pid = int(self._told.recv(16))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with suppress(TimeoutError):
            self.wait(0.001)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._told.settimeout(timeout)
            self.returncode = int(self._told.recv(16))
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run_forked(
    *words: str, env: Mapping[str, str] | None = None, given: bytes = b""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(given)
        stdin.seek(0)
        files = [one.fileno() for one in (stdin, stdout, stderr)]
        status = Forked(words, files, os.environ if env is None else env).wait()
        stdout.seek(0), stderr.seek(0)
        return subprocess.CompletedProcess(words, status, stdout.read().decode(), stderr.read().decode())


def run_begun(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that begins as a person's does."""
    command = [sys.executable, "-m", "temoin.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@cache
def _server() -> socket.socket:
    """Start what forks; it ends when this end of its socket does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-P", __file__, str(theirs.fileno())]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])

    def end() -> None:
        ours.close()
        server.wait()

    atexit.register(end)
    return ours


def serve(asked: socket.socket) -> None:
    """Fork for each request a process that forks the command and tells how it ended."""
    from temoin.cli.main import build_parser

    build_parser()
    for name in LOADED:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries what told
    while True:
        request, files, _flags, _address = socket.recv_fds(asked, LARGEST, MOST_FILES)
        if not request:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked.close()
            _run(json.loads(request), *files)
        for file in files:
            os.close(file)


def _run(request: dict, told: int, *streams: int) -> None:
    command = os.fork()
    if command:
        os.write(told, b"%d" % command)
        _, status = os.waitpid(command, 0)
        os.write(told, b"%d" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    os.close(told)
    apart = [fcntl(stream, F_DUPFD, MOST_FILES) for stream in streams]  # from the numbers that they are to have
    for stream in streams:
        os.close(stream)
    for number, stream in enumerate(apart):
        os.dup2(stream, number)
        os.close(stream)
    if request["owns_terminal"]:
        os.setsid()
        ioctl(0, TIOCSCTTY, 0)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    # As a program that begins makes them: those of this process are of other files, and know what those could do.
    sys.stdin, sys.stdout = open(0, encoding="utf-8", closefd=False), open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["temoin", *request["words"]]
    from temoin.cli.main import main

    raise SystemExit(main())


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
