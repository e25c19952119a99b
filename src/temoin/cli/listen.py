"""`temoin listen`: takes messages of programs on open lines, at the ports that the settings name."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import threading
from typing import TYPE_CHECKING

from temoin.cli.commands import Commands
from temoin.cli.django_process import become, settings_of_process
from temoin.cli.exporter import show_measures
from temoin.cli.line_ports import PROTOCOLS, ports_of
from temoin.cli.serve import process_command, require_sound
from temoin.cli.supervised import follow_supervisor, tell_ready
from temoin.cli.systemd import keep_watchdog
from temoin.lib.folded_log import FoldedLog
from temoin.lib.heartbeat import beat
from temoin.settings.file import Process

if TYPE_CHECKING:
    from temoin.serving.lines import LinePort


def add_commands(commands: Commands) -> None:
    listen = process_command(commands, "listen", "take messages on open lines: HL7 v2, and ASTM of analysers")
    words = "what to listen to (default: all that the settings have a section for)"
    listen.add_argument("protocol", nargs="?", choices=PROTOCOLS, help=words)
    listen.set_defaults(run=run_listener)


def run_listener(options: argparse.Namespace) -> int:
    """Listen until SIGTERM or SIGINT; messages in hand are answered before the end."""
    follow_supervisor()
    become(Process.LISTENER, options.data)
    require_sound(Process.LISTENER)
    from temoin.outbox.counter_bell import start_ringing

    config = settings_of_process()
    ports = ports_of(config, options.protocol)
    start_ringing()
    show_measures(config, Process.LISTENER)
    asyncio.run(_listen(ports))
    return 0


async def _listen(ports: list[LinePort]) -> None:
    from temoin.lib.callers import caller_network
    from temoin.serving.lines import LinePace, LineServer

    stop, ended = asyncio.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tell_ready()  # the ports take callers from now on
    keep_watchdog(ended)
    await LineServer(ports, LinePace(), LineCounts(), caller_network).run(stop)
    ended.set()


class LineCounts:
    """Shows in the measures what the server of lines tells, and that it turns."""

    def __init__(self) -> None:
        self._failures = FoldedLog(logging.getLogger("temoin.serving"), "lines failed")

    def opened(self, name: str, change: int) -> None:
        """Count a line that was opened, or is over."""
        from temoin.lib.measures import LINES

        LINES.labels(name).inc(change)

    def closed(self, name: str, reason: str) -> None:
        """Count a line that was closed on its peer."""
        from temoin.lib.measures import LINES_CLOSED

        LINES_CLOSED.labels(name, reason).inc()

    def failed(self, kind: str) -> None:
        """Say that a defect ended a line; whoever meets one a hundred times a second fills no disk."""
        self._failures.note(kind)

    def turned(self) -> None:
        """Tell the watchdog that the loop turns."""
        beat("lines")
