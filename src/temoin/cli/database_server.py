"""Keeps the embedded database running while a command works, when nothing else does."""

from __future__ import annotations

import fcntl
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from temoin.config.embedded import EmbeddedServer
from temoin.lib.config_error import ConfigError


@contextmanager
def database_running(settings: Path) -> Iterator[None]:
    """Start the embedded server that the settings name unless it runs, and stop it after if it was us.

    Commands that use the same folder hold a shared lock: the one that started the server waits for the others.
    """
    folder = _embedded_folder(settings)
    if folder is None:
        yield
        return
    server = EmbeddedServer(folder)
    if not server.cluster.is_dir():
        raise ConfigError(f"{folder}, which embedded in [database] names, holds no database: temoin demo makes one.")
    with (folder / "users.lock").open("wb") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        if server.running():
            yield
            return
        server.start()
        try:
            yield
            fcntl.flock(users, fcntl.LOCK_EX)
        finally:
            server.stop()


def _embedded_folder(settings: Path) -> Path | None:
    content = tomllib.loads(settings.read_text(encoding="utf-8"))
    named = content.get("database", {}).get("embedded")
    return None if named is None else (settings.resolve().parent / named).resolve()
