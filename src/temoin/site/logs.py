"""Logging: to standard error, with where and what kind of error, never with a value (law 7)."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from temoin.lib.request_id import current_request
from temoin.outbox.channel import Channel
from temoin.settings.watching import LogFormat

FORMAT = "%(levelname)s %(name)s: %(message)s"


def _moment(record: logging.LogRecord) -> str:
    """Return the record's time in UTC, with its offset: local time has an hour twice in October."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class ValuelessFormatter(logging.Formatter):
    """Writes an exception as its type and its places in the code.

    The text of an exception is left out: a database driver, a parser or a mail client repeats in it what it
    was given.
    """

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """Return one line per error of the chain, outermost last."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            places = " > ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames[-8:])
            lines.append(f"{type(error).__module__}.{type(error).__qualname__} at {places}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(reversed(lines))

    def format(self, record: logging.LogRecord) -> str:
        """Format without the exception text that another handler may have left on the record."""
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Write the line's own part: when, which process, what, and in which request."""
        number = current_request()
        return f"{_moment(record)} {super().formatMessage(record)}" + (f" [request {number}]" if number else "")


class JsonFormatter(ValuelessFormatter):
    """Writes a record as one object on one line, for a collector of logs; an exception as types and places, too."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the object."""
        told: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname,
            "process": self._process,
            "pid": record.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := current_request():
            told["request"] = number
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info).splitlines()
        return json.dumps(told, ensure_ascii=False)


def logging_settings(
    process: str, channels: Iterable[Channel[Any]] = (), *, form: LogFormat = LogFormat.LINE
) -> dict[str, Any]:
    """Return the LOGGING setting of a process; each channel says how much its libraries may tell."""
    of_channels = {name: {"level": level} for each in channels for name, level in each.loggers.items()}
    quiet = {"handlers": ["nowhere"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": ValuelessFormatter, "format": f"{process} {FORMAT}"},
            "json": {"()": JsonFormatter, "process": process},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": form.value},
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django's own set-up of these is replaced: it mails tracebacks and prints what was asked for.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "ERROR"},  # below it: paths that people typed
            "django.security": quiet,  # repeats host names and forged values
            "django.db.backends": quiet,  # repeats statements with their values
            "django.server": quiet,
            "fontTools": {"level": "WARNING"},  # below it: the letters of each page
            "fido2": {"level": "WARNING"},  # below it: identifiers of passkeys
            **of_channels,
        },
    }
