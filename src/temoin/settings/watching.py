"""The sections [metrics] and [logs]: where each process shows its numbers, and how its lines are written."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.section import Port, Text, section


@section
class Metrics:
    """The private address, and the port of each kind of process; without one, it shows nothing."""

    host: Text = "127.0.0.1"
    web: Port | None = None
    portal: Port | None = None
    authority: Port | None = None
    worker: Port | None = None
    sealer: Port | None = None
    reaper: Port | None = None
    listen: Port | None = None


class LogFormat(StrEnum):
    """How a line of the log is written."""

    LINE = "line"
    JSON = "json"


@section
class Logs:
    """Lines for people, or one JSON object a line for a collector."""

    format: LogFormat = LogFormat.LINE
