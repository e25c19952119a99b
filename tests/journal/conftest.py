"""The journal of the tests, on the real database, with real commits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sealed_journal import ORIGIN, Journal

from temoin.config.embedded import SUPERUSER, EmbeddedServer
from temoin.config.roles import DATABASE
from temoin.crypto.notes import NoteSigner


@pytest.fixture
def empty(transactional_db: None, embedded_server: EmbeddedServer, tmp_path: Path) -> Iterator[Journal]:  # noqa: ARG001
    """A journal in which nothing happened yet."""
    conninfo = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password(), DATABASE)
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        yield Journal(NoteSigner(ORIGIN, bytes(range(32))), tmp_path / "checkpoints", superuser)


@pytest.fixture
def journal(empty: Journal) -> Journal:
    """Nine events of two pharmacies, sealed three by three."""
    for _ in range(3):
        empty.seal(looks=3)
    return empty
