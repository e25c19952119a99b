"""`temoin listen`: takes messages of programs on open lines, at the ports that the settings name."""

from __future__ import annotations

import argparse
import asyncio
import signal
import threading
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from temoin.api.listening_settings import Hl7Settings, PlainPort, is_within
from temoin.cli.commands import Commands
from temoin.cli.django_process import become, settings_of_process
from temoin.cli.exporter import show_measures
from temoin.cli.serve import process_command, require_sound
from temoin.cli.supervised import follow_supervisor, tell_ready
from temoin.cli.systemd import keep_watchdog
from temoin.lib.config_error import ConfigError
from temoin.lib.heartbeat import beat
from temoin.settings.file import Config, Process

if TYPE_CHECKING:
    from ssl import SSLContext

    from temoin.api.listening import LineAnswer
    from temoin.serving.lines import LinePort

Admit: TypeAlias = Callable[[str, bytes], Hashable | None]

HL7 = "hl7"
PROTOCOLS = (HL7,)


def add_commands(commands: Commands) -> None:
    listen = process_command(commands, "listen", "take messages of programs on open lines: HL7 v2")
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
    ports = _ports(config, options.protocol)
    start_ringing()
    show_measures(config, Process.LISTENER)
    asyncio.run(_listen(ports))
    return 0


async def _listen(ports: list[LinePort]) -> None:
    from temoin.serving.lines import LinePace, LineServer

    stop, ended = asyncio.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tell_ready()  # the ports take callers from now on
    keep_watchdog(ended)
    await LineServer(ports, LinePace(), LineCounts()).run(stop)
    ended.set()


class LineCounts:
    """Shows in the measures what the server of lines tells, and that it turns."""

    def opened(self, name: str, change: int) -> None:
        """Count a line that was opened, or is over."""
        from temoin.lib.measures import LINES

        LINES.labels(name).inc(change)

    def closed(self, name: str, reason: str) -> None:
        """Count a line that was closed on its peer."""
        from temoin.lib.measures import LINES_CLOSED

        LINES_CLOSED.labels(name, reason).inc()

    def turned(self) -> None:
        """Tell the watchdog that the loop turns."""
        beat("lines")


def _ports(config: Config, asked: str | None) -> list[LinePort]:
    found = _hl7_ports(config.hl7) if config.hl7 is not None and asked in {None, HL7} else []
    if not found:
        raise ConfigError(f"{config.file.name}: nothing is set up to be listened to: add the section [hl7].")
    return found


def _hl7_ports(own: Hl7Settings) -> list[LinePort]:
    from temoin.api.listening import LineProgram, MllpTalk, program_of_certificate, take_frame
    from temoin.serving.lines import LinePort
    from temoin.serving.processes import listen

    def port(host: str, number: int, admit: Admit, context: SSLContext | None = None) -> LinePort:
        take = partial(_connected, partial(take_frame, notice=own.notice))
        listener = listen(host, number)
        return LinePort(name=HL7, listener=listener, context=context, admit=admit, talk=MllpTalk, take=take)

    def named(one: PlainPort) -> Admit:
        program = LineProgram(one.program, None)
        return lambda address, _der: program if is_within(address, one.network) else None

    def proved(_address: str, der: bytes) -> Hashable | None:
        return program_of_certificate(der, own.programs)

    context = _context(own)
    ports = [port(own.host, own.port, proved, context)] if own.port and context else []
    return [*ports, *(port(one.host, one.port, named(one)) for one in own.plain.values())]


def _connected(take: Callable[[Any, bytes], LineAnswer], program: object, content: bytes) -> LineAnswer:
    """Take a message with a connection that lives: no request begins here, which would look."""
    from django.db import close_old_connections

    close_old_connections()
    return take(program, content)


def _context(own: Hl7Settings) -> SSLContext | None:
    from temoin.serving.line_tls import mutual_context

    if not (own.certificate and own.key and own.authorities):
        return None
    try:
        return mutual_context(certificate=own.certificate, key=own.key, authorities=own.authorities)
    except OSError:
        words = "certificate, key and authorities of [hl7] cannot be read, or do not belong together: compare them."
        raise ConfigError(words) from None
