"""The embedded server: anywhere, as anyone, again and again, and gone with us."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from patience import wait_until

from temoin.lib.config_error import ConfigError
from temoin_demo.postgresql.identity import Mode
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up being root")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(folder: Path):
    server = EmbeddedServer(folder)
    server.ensure_initialised()
    server.start()
    yield server
    server.stop()


def ask(server: EmbeddedServer, question: str, password: str | None = None):
    conninfo = server.conninfo(SUPERUSER, password or server.superuser_password())
    with psycopg.connect(conninfo) as connection:
        return connection.execute(question.encode()).fetchone()[0]


def processes_of(server: EmbeddedServer) -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if server.name in line]


def test_a_new_server_is_utf8_with_checksums_and_waits_for_the_disk(server):
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SHOW data_checksums") == "on"
    assert ask(server, "SHOW fsync") == "on"


def test_it_listens_on_no_network_and_in_a_closed_folder(server):
    assert ask(server, "SHOW listen_addresses") == ""
    assert server.socket_folder().stat().st_mode & 0o077 == 0


def test_a_wrong_password_is_refused(server):
    with pytest.raises(psycopg.OperationalError):
        ask(server, "SELECT 1", password="wrong")


def test_a_path_too_long_for_a_socket_works(folder):
    server = EmbeddedServer(folder / ("long" * 20) / ("path" * 20))
    server.ensure_initialised()
    server.start()

    try:
        assert ask(server, "SELECT 1") == 1
        assert server.socket_folder().parent.stat().st_mode & 0o077 == 0
    finally:
        server.stop()


def test_what_was_committed_is_there_at_the_second_start(server, folder):
    with psycopg.connect(server.conninfo(SUPERUSER, server.superuser_password()), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    server.stop()

    again = EmbeddedServer(folder)
    again.ensure_initialised()
    again.start()

    try:
        assert ask(again, "SELECT number FROM kept") == 42
    finally:
        again.stop()


def test_stopping_leaves_no_process(server):
    server.stop()

    assert not server.running()
    assert processes_of(server) == []


def test_a_killed_server_starts_again(server, folder):
    os.kill(server.process_number(), signal.SIGKILL)
    wait_until(lambda: not server.alive())
    server.stop()

    again = EmbeddedServer(folder)
    again.start()

    try:
        assert ask(again, "SELECT 1") == 1
    finally:
        again.stop()


def test_a_mark_that_names_another_living_process_does_not_block_the_start(server, folder):
    os.kill(server.process_number(), signal.SIGKILL)
    wait_until(lambda: not server.alive())
    server.stop()
    mark = folder / "database" / "postmaster.pid"
    lines = mark.read_text().splitlines()
    mark.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")

    again = EmbeddedServer(folder)
    again.start()

    try:
        assert ask(again, "SELECT 1") == 1
    finally:
        again.stop()


def test_the_server_ends_with_a_killed_supervisor_and_starts_again(folder):
    program = (
        "import sys, time; from pathlib import Path; from temoin_demo.postgresql.server import EmbeddedServer; "
        "s = EmbeddedServer(Path(sys.argv[1])); s.ensure_initialised(); s.start(); print('up', flush=True); "
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout.readline() == b"up\n"
        supervisor.kill()
    server = EmbeddedServer(folder)

    server.start()

    try:
        assert ask(server, "SELECT 1") == 1
        assert len([line for line in processes_of(server) if "cluster_name" in line]) == 1
    finally:
        server.stop()


def test_the_server_ends_by_itself_when_its_supervisor_is_killed(folder):
    program = (
        "import sys, time; from pathlib import Path; from temoin_demo.postgresql.server import EmbeddedServer; "
        "s = EmbeddedServer(Path(sys.argv[1])); s.ensure_initialised(); s.start(); print('up', flush=True); "
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout.readline() == b"up\n"
        supervisor.kill()

    wait_until(lambda: not EmbeddedServer(folder).running())


def test_a_second_supervisor_is_refused(server):
    with pytest.raises(ConfigError, match="Another temoin is using"):
        EmbeddedServer(server.folder).start()


def test_a_folder_others_may_enter_is_refused(folder):
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    (folder / "something").touch()

    with pytest.raises(ConfigError, match="chmod 700"):
        EmbeddedServer(folder).ensure_initialised()


def test_files_of_another_major_version_are_refused(server, folder):
    server.stop()
    (folder / "database" / "PG_VERSION").write_text("17\n")

    with pytest.raises(ConfigError, match="written by PostgreSQL 17"):
        EmbeddedServer(folder).ensure_initialised()


def test_an_interrupted_creation_is_begun_again(folder):
    (folder / "database.new").mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)
    (folder / "database.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedServer(folder)

    server.ensure_initialised()

    assert (folder / "database" / "global" / "pg_control").exists()


def test_no_value_reaches_the_log(server):
    for statement in (
        "SELECT 'Secret-Nom'::int",
        "SELECT 1/0, 'Secret-Nom'",
        "INSERT INTO missing VALUES ('Secret-Nom')",
    ):
        with pytest.raises(psycopg.Error):
            ask(server, statement)
    with (
        pytest.raises(psycopg.Error),
        psycopg.connect(server.conninfo(SUPERUSER, server.superuser_password())) as connection,
    ):
        connection.execute("SELECT %s::text::int", ["Secret-Nom"])

    assert "Secret-Nom" not in server.log.read_text()


@needs_root
@pytest.mark.parametrize("mode", [Mode.NAMESPACE, Mode.DROP])
def test_root_gives_up_being_root_without_touching_the_folders_above(folder, mode):
    folder.parent.chmod(0o700)
    before = folder.parent.stat()
    server = EmbeddedServer(folder, mode=mode)
    server.ensure_initialised()
    server.start()

    try:
        assert ask(server, "SELECT 1") == 1
        status = Path(f"/proc/{server.process_number()}/status").read_text()
    finally:
        server.stop()
    assert "CapEff:\t0000000000000000" in status
    after = folder.parent.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@needs_root
def test_a_folder_may_change_from_one_way_to_the_other(folder):
    for mode in (Mode.DROP, Mode.NAMESPACE, Mode.DROP):
        server = EmbeddedServer(folder, mode=mode)
        server.ensure_initialised()
        server.start()
        assert ask(server, "SELECT 1") == 1
        server.stop()
