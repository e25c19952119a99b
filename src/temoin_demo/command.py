"""`temoin demo`: the whole of Témoin on this machine with made-up data, from one command."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temoin.cli.commands import Commands
from temoin.cli.console import StillStarting, say, step
from temoin.cli.django_process import DATA_FILE, default_folder
from temoin.cli.numbers import count_of_processes
from temoin.lib.config_error import ConfigError
from temoin.lib.private_socket import PORT
from temoin.settings.file import VARIABLE
from temoin.settings.secrets import write_secret
from temoin_demo.accounts_file import accounts_path, draft_path, recall_demonstration
from temoin_demo.folder import ROOM, add_lines, open_folder, prepare_database, witness_words, write_settings
from temoin_demo.ports import LOOPBACK, Ports, count, first_port
from temoin_demo.postgresql.server import EmbeddedServer
from temoin_demo.processes import Child, stop_children, wait_until_answer
from temoin_demo.set_up import run_set_up
from temoin_demo.ways import FIRST_WAY, sandbox_words, ways
from temoin_demo.words import tell_demonstration

BASE_PORT = 8600
CALLED = {"sandbox", "witness"}


def add_commands(commands: Commands) -> None:
    parser = commands.add_parser("demo", help="run everything on this machine, with made-up data")
    parser.add_argument("--data", type=Path, default=None, help=f"data folder (default: {default_folder()})")
    parser.add_argument(
        "--base-port", type=first_port, default=BASE_PORT, help=f"first of {count()} ports (default: {BASE_PORT})"
    )
    parser.add_argument(
        "--through",
        action="append",
        choices=ways(),
        help=f"way that results go; may be given several times (default: {FIRST_WAY})",
    )
    parser.add_argument(
        "--workers", type=count_of_processes, default=1, help="processes that carry parcels (default: 1)"
    )
    words = "take HL7 v2 of the demonstration's program on open lines"
    parser.add_argument("--listen", action="store_true", help=words)
    parser.add_argument("--ready-file", type=Path, help="write addresses, accounts and links here once all is up")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Set up what is missing, start everything, and keep it running until Ctrl-C or SIGTERM."""
    stop = StopSignal()
    ports = Ports(options.base_port)
    _require_free(ports)
    folder = open_folder(options.data or default_folder())
    if options.ready_file is not None:
        _clear(options.ready_file)
    say(f"Témoin, demonstration in {folder}")
    with suppress(KeyboardInterrupt), ExitStack() as running:
        through = tuple(dict.fromkeys(options.through or [FIRST_WAY]))
        demo = Demo(folder, ports, options.ready_file, options.workers, through, options.listen)
        _run_demonstration(demo, stop, running)
    say("Stopped. The data stays: run the same command to go on.")
    return 0


def _clear(ready_file: Path) -> None:
    """Take away the file of an earlier start; one that cannot be written is told before the minute of this one."""
    ready_file.unlink(missing_ok=True)
    if not os.access(ready_file.parent, os.W_OK):
        raise ConfigError(f"{ready_file.parent} takes no file: choose another --ready-file.")


class StopSignal:
    """Ctrl-C, SIGTERM or SIGHUP: interrupts the set-up, and is waited for once everything runs."""

    def __init__(self) -> None:
        self._came = False
        self._interrupts = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, *_: object) -> None:
        self._came = True
        if self._interrupts:
            raise KeyboardInterrupt

    def wait_from_now_on(self) -> None:
        """Stop interrupting: what runs is to be stopped in order."""
        self._interrupts = False

    def is_set(self) -> bool:
        return self._came


class Disk:
    """The disk of the data folder: when it is full, the logs in it cannot tell either."""

    LEAST = ROOM // 30  # bytes
    EVERY = 5.0  # seconds

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_low = False
        self._next = 0.0

    def watch(self) -> None:
        """Say once when there is no room left, and once when there is again."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self.EVERY
        free = shutil.disk_usage(self._folder).free
        was_low, self._is_low = self._is_low, free < self.LEAST
        if self._is_low and not was_low:
            say(f"{self._folder} has {free // 10**6} MB left on its disk: nothing goes on without, so make room.")
        elif was_low and not self._is_low:
            say(f"{self._folder} has room on its disk again.")


@dataclass(frozen=True)
class Demo:
    """What was asked for on the command line."""

    folder: Path
    ports: Ports
    ready_file: Path | None
    workers: int
    through: tuple[str, ...]
    listens: bool


def _run_demonstration(demo: Demo, stop: StopSignal, running: ExitStack) -> None:
    began = time.monotonic()
    server = EmbeddedServer(demo.folder)
    running.callback(server.stop)
    demonstration = _set_up(server, demo)
    stop.wait_from_now_on()
    children = _children(demo)
    running.callback(stop_children, children)
    with step("Sites, worker, sealer, reaper, witness, sandbox"):
        _start(children, stop)
    if not stop.is_set():
        tell_demonstration(demo.ports, demonstration, demo.folder, time.monotonic() - began)
        if demo.listens:
            say(f"HL7 v2 by MLLP: {LOOPBACK}:{demo.ports.lines}, as the program of 8.")
        _write_ready(demo, demonstration, server, children)
    disk = Disk(demo.folder)
    while not stop.is_set():
        disk.watch()
        if _watch(server, children):
            _write_ready(demo, demonstration, server, children)  # drills kill by process number
        time.sleep(0.1)
    say("\nStopping…")


def _start(children: list[Child], stop: StopSignal) -> None:
    """Start those that others call before those that call them: whom nobody answers, it would trouble at once."""
    called = [child for child in children if child.name in CALLED]
    for group in (called, [child for child in children if child not in called]):
        if stop.is_set():
            return
        for child in group:
            child.start()
        wait_until_answer(group, stop.is_set)


def _set_up(server: EmbeddedServer, demo: Demo) -> dict[str, Any]:
    with step("Database files"):
        server.ensure_initialised()
    with step("Database server"):
        server.start(StillStarting().tell)
    with step("Keys, roles and settings"):
        write_settings(demo.folder, demo.ports, demo.through)
        prepare_database(server, demo.folder)
    environment = _environment(demo.folder)
    with step("Tables"):
        run_set_up(environment, "temoin.cli.main", "migrate", "--quiet")
    if not accounts_path(demo.folder).exists():
        say("  Made-up pharmacies, staff, patients and results")
        run_set_up(environment, "temoin_demo.load", str(demo.folder))
        run_set_up(environment, "temoin_demo.appointments", str(demo.folder))
        draft_path(demo.folder).rename(accounts_path(demo.folder))  # whose presence says that all is loaded
    demonstration = recall_demonstration(demo.folder)
    if demo.listens:
        add_lines(demo.folder, demo.ports, demonstration["program"]["client_id"])
    return demonstration


def _environment(folder: Path) -> dict[str, str]:
    return {VARIABLE: str(folder / DATA_FILE), "PYTHONUNBUFFERED": "1"}


def _children(demo: Demo) -> list[Child]:
    ports = demo.ports
    sandbox = sandbox_words(demo.through, ports, demo.folder / "keys")
    wanted: list[tuple[str, list[str], str | None]] = [
        ("sandbox", sandbox, f"{ports.url(ports.sandbox)}/"),
        ("staff", ["web", "--port", str(ports.staff)], f"{ports.url(ports.staff)}/healthz"),
        ("portal", ["portal", "--port", str(ports.portal)], f"{ports.url(ports.portal)}/healthz"),
        ("authority", ["authority", "--port", str(ports.authority)], f"{ports.url(ports.authority)}/healthz"),
        ("worker", ["worker"], None),
        ("sealer", ["sealer"], None),
        ("reaper", ["reaper"], None),
        ("witness", witness_words(demo.folder, ports), f"{ports.url(ports.witness)}/"),
    ]
    wanted += [("listen", ["listen", "hl7"], None)] if demo.listens else []
    wanted += [(f"worker-{number}", ["worker"], None) for number in range(2, demo.workers + 1)]
    environment = _environment(demo.folder)
    return [Child(name, words, data=demo.folder, environment=environment, probe=probe) for name, words, probe in wanted]


def _watch(server: EmbeddedServer, children: list[Child]) -> bool:
    """Start again what died; tell whether a process number changed."""
    changed = not server.alive()
    if changed:
        say("The database server ended; it starts again.")
        server.stop()
        server.start()
    restarted = [child for child in children if child.watch()]
    return changed or bool(restarted)


def _require_free(ports: Ports) -> None:
    for port in range(ports.base, ports.base + count()):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
                probe.listen()
            except OSError as error:
                raise ConfigError(
                    f"Port {port} cannot be used ({error.strerror}): stop what uses it, "
                    f"or choose {count()} other ports with --base-port."
                ) from None


def _write_ready(demo: Demo, demonstration: dict[str, Any], server: EmbeddedServer, children: list[Child]) -> None:
    if demo.ready_file is None:
        return
    pids = {child.name: child.pid for child in children}
    content = {
        "addresses": demo.ports.addresses(),
        **demonstration,
        "data": str(demo.folder),
        "settings": str(demo.folder / DATA_FILE),
        "database": {"host": str(server.socket_folder()), "port": PORT, "name": "temoin"},
        "pids": {"demo": os.getpid(), "database": server.process_number(), **pids},
    }
    write_secret(demo.ready_file, json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8"))
