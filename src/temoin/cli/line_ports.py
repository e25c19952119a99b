"""The ports of open lines that the settings name: who comes in by each, how they speak, what takes their messages."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from temoin.api.listening_settings import AstmSettings, Hl7Settings, PlainPort, is_within
from temoin.lib.config_error import ConfigError
from temoin.settings.file import Config

if TYPE_CHECKING:
    from ssl import SSLContext

    from temoin.api.listening import LineAnswer
    from temoin.serving.lines import LinePort

HL7, ASTM = "hl7", "astm"
PROTOCOLS = (HL7, ASTM)
_ASTM_PATIENCE = 14.0  # E1381 has a sender give up after fifteen seconds without an answer
Admit: TypeAlias = Callable[[str, bytes], Hashable | None]


def ports_of(config: Config, asked: str | None) -> list[LinePort]:
    """Open the ports of one protocol, or of all; ConfigError when the settings name none."""
    found: list[LinePort] = []
    if config.hl7 is not None and asked in {None, HL7}:
        found += _hl7_ports(config.hl7)
    if config.astm is not None and asked in {None, ASTM}:
        found += _astm_ports(config.astm)
    if not found:
        raise ConfigError(f"{config.file.name}: nothing is set up to be listened to: add [hl7] or [astm].")
    return found


def _hl7_ports(own: Hl7Settings) -> Iterator[LinePort]:
    from temoin.api.hl7_taken import SAMPLES, road_with_notice
    from temoin.api.listening import MllpTalk, program_of_certificate, take_frame

    def proved(_address: str, der: bytes) -> Hashable | None:
        return program_of_certificate(der, own.programs)

    whole = road_with_notice(own.notice)
    context = _context(own)
    if own.port and context:
        yield _port(HL7, own.host, own.port, proved, MllpTalk, partial(take_frame, road=whole), context)
    for name, one in own.plain.items():
        take = partial(take_frame, road=SAMPLES if one.samples else whole)
        yield _port(HL7, one.host, one.port, _named(name, one), MllpTalk, take)


def _astm_ports(own: AstmSettings) -> Iterator[LinePort]:
    from temoin.api.analysers import AstmTalk, take_astm

    for name, one in own.analysers.items():
        take = partial(take_astm, codes=one.codes)
        port = _port(ASTM, one.host, one.port, _named(name, one), AstmTalk, take)
        yield replace(port, patience=_ASTM_PATIENCE)


def _port(  # noqa: PLR0917 one call each for what a port is
    name: str, host: str, number: int, admit: Admit, talk: Any, take: Any, context: SSLContext | None = None
) -> LinePort:
    from temoin.serving.lines import LinePort
    from temoin.serving.processes import listen

    listener, connected = listen(host, number), partial(_connected, take)
    return LinePort(name=name, listener=listener, context=context, admit=admit, talk=talk, take=connected)


def _named(name: str, one: PlainPort) -> Admit:
    """Return who comes in without TLS: the port's program, from the network that is named."""
    from temoin.api.listening import LineProgram

    program = LineProgram(one.program, None, name)
    return lambda address, _der: program if is_within(address, one.network) else None


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
