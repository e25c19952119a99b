"""Keeps the embedded database running while a command works, when the settings name one and nothing else does."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from temoin.cli.beside import embedded_server_running
from temoin.settings.file import copy_named, read_content


def database_running(settings: Path) -> AbstractContextManager[None]:
    """Start the embedded server that the settings name unless it runs; any other server is its operator's."""
    folder = embedded_folder(settings) if copy_named() is None else None
    return nullcontext() if folder is None else embedded_server_running(folder)


def embedded_folder(settings: Path) -> Path | None:
    """Return the data folder of the embedded server that the settings name."""
    database = read_content(settings).get("database")
    named = database.get("embedded") if isinstance(database, dict) else None
    return (settings.resolve().parent / named).resolve() if isinstance(named, str) else None
