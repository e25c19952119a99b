"""Isolation through PgBouncer in transaction mode: two pharmacies mixed over two server connections (law 3).

There, a plain SET would hand the next client the other pharmacy's rows; the scope must end with its transaction.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from patience import PATIENCE
from people import House, make_patient, open_house
from programs import need

from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.settings.file import read_named_config
from temoin_demo.postgresql.server import EmbeddedServer

pytestmark = pytest.mark.django_db(transaction=True)

PORT = 6432
ROUNDS = 150
CONFIG = """[databases]
temoin = host={host} port=5432 dbname=temoin user=temoin_app password={password}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = {port}
pool_mode = transaction
default_pool_size = 2
max_client_conn = 50
auth_type = any
logfile = {folder}/pgbouncer.log
"""


@pytest.fixture(scope="module")
def pooler(embedded_server: EmbeddedServer):
    """PgBouncer before the tests' server, with two server connections for everybody."""
    program = need("pgbouncer", "/usr/sbin/pgbouncer")
    config = read_named_config()
    assert config is not None
    with TemporaryDirectory() as name:
        folder = Path(name)
        settings = {"host": embedded_server.socket_folder(), "password": config.database.password("app")}
        (folder / "pgbouncer.ini").write_text(CONFIG.format(folder=folder, port=PORT, **settings), encoding="utf-8")
        # PgBouncer refuses to run as root, as PostgreSQL does: it takes the same identity.
        command = embedded_server.identity.command(program, "-q", "pgbouncer.ini")
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(folder)
            yield folder
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait_for(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            psycopg.connect(host=str(folder), port=PORT, user="temoin_app", dbname="temoin").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError((folder / "pgbouncer.log").read_text(encoding="utf-8"))


@pytest.fixture
def pooled_house(request: pytest.FixtureRequest, pooler: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Two pharmacies with a patient each; from now on every new connection goes through the pooler."""
    request.getfixturevalue("db")
    house = open_house()
    for seat in (house.owner, house.stranger):
        make_patient(seat)
    settings = connection.settings_dict
    monkeypatch.setitem(settings, "HOST", str(pooler))
    monkeypatch.setitem(settings, "PORT", PORT)
    monkeypatch.setitem(settings, "USER", "temoin_app")
    # What `pooled = true` sets: no startup options, no statement that only one server process knows.
    monkeypatch.setitem(settings, "OPTIONS", {"server_side_binding": True, "prepare_threshold": None})
    connection.close()
    yield house
    connection.close()


def _in_thread(work, *arguments):
    try:
        return work(*arguments)
    finally:
        connection.close()


def _look(pharmacy_id) -> set:
    seen: set = set()
    for _ in range(ROUNDS):
        with tenant_scope(pharmacy_id):
            seen |= set(Patient.objects.values_list("pharmacy_id", flat=True))
            with connection.cursor() as cursor:  # past the managers: row security alone
                cursor.execute("SELECT DISTINCT pharmacy_id FROM patients_patient")
                seen |= {row[0] for row in cursor.fetchall()}
    return seen


def _look_without_scope(_none) -> set:
    seen: set = set()
    for _ in range(ROUNDS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pharmacy_id FROM patients_patient")
            seen |= {row[0] for row in cursor.fetchall()}
    return seen


def test_two_pharmacies_mixed_over_two_connections_see_only_themselves(pooled_house):
    here, elsewhere = pooled_house.here.id, pooled_house.elsewhere.id
    work = [(_look, here), (_look, elsewhere), (_look_without_scope, None)] * 2

    with ThreadPoolExecutor(len(work)) as threads:
        seen = list(threads.map(lambda pair: _in_thread(*pair), work))

    assert seen == [{here}, {elsewhere}, set()] * 2


def test_an_error_in_one_pharmacys_transaction_leaves_no_scope_behind(pooled_house):
    def fail(_none) -> None:
        with tenant_scope(pooled_house.here.id), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with ThreadPoolExecutor(1) as threads:
        for _ in range(3):
            with pytest.raises(OperationalError):
                threads.submit(_in_thread, fail, None).result()
            assert threads.submit(_in_thread, _look_without_scope, None).result() == set()


def test_a_plain_set_would_leak_here(pooled_house):
    """The probe can fail: what the house never does is seen to hand rows over."""

    def spoil(_none) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('temoin.pharmacy', %s, false)", [str(pooled_house.here.id)])

    with ThreadPoolExecutor(1) as threads:
        for _ in range(4):
            threads.submit(_in_thread, spoil, None).result()

        assert threads.submit(_in_thread, _look_without_scope, None).result() == {pooled_house.here.id}
