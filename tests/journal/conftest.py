"""The journal of the tests, on the real database, with real commits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from patience import PATIENCE
from sealed_journal import ORIGIN, Journal

from temoin.crypto.notes import NoteSigner
from temoin_demo.postgresql.roles import DATABASE
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

# Why events are not sealed: who still has a transaction or the sealer's lock, and events that nobody asked for.
UNDER_WAY = """
    SELECT pid, backend_xid::text, state, xact_start::text, query FROM pg_stat_activity
     WHERE backend_xid IS NOT NULL OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')
     UNION ALL
    SELECT NULL, xid::text, kind, at::text, detail FROM journal_event"""


@pytest.fixture
def empty(transactional_db: None, embedded_server: EmbeddedServer, tmp_path: Path) -> Iterator[Journal]:  # noqa: ARG001
    """A journal in which nothing happened yet."""
    conninfo = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password(), DATABASE)
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        yield Journal(NoteSigner(ORIGIN, bytes(range(32))), tmp_path / "checkpoints", superuser)


@pytest.fixture
def journal(empty: Journal) -> Journal:
    """Nine events of two pharmacies, sealed three by three."""
    for size in (3, 6, 9):
        empty.seal(looks=3)
        wait_sealed(empty, size)
    return empty


def wait_sealed(journal: Journal, size: int) -> None:
    """Seal until the tree has its size: a transaction of the server's own, still under way, puts sealing off."""
    deadline = time.monotonic() + PATIENCE
    while (found := journal.superuser.execute("SELECT count(*) FROM journal_leaf").fetchone()) != (size,):
        assert time.monotonic() < deadline, (found, size, journal.superuser.execute(UNDER_WAY).fetchall())
        time.sleep(0.05)
        journal.seal()
