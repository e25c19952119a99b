"""Keeps the embedded database running while a command works, when nothing else does."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin_demo.postgresql.server import EmbeddedServer


@contextmanager
def server_running(folder: Path) -> Iterator[None]:
    """Start the server of a folder unless it runs, and stop it after if it was us.

    Commands that use the same folder hold a shared lock: the one that started the server waits for the others.
    """
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
