"""What a superuser planted in the database runs in a copy of its backup, and reads no key there.

The copy's server is another account's than the one that holds keys: that is what these tests have, whatever is
switched off beside it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg
import pytest
from patience import wait_until

from temoin.cli.backup import _refuse_own_account
from temoin.cli.backup_accounts import give, give_tree, serving_account
from temoin.cli.backup_copy import BackupSource, scratch_cluster
from temoin.cli.backup_proof import _WAY
from temoin.cli.backup_server import CopyError, answers, programs_for
from temoin.cli.backup_units import copied_since, run_copy, run_serve, served_copy
from temoin.lib.clock import now
from temoin.lib.config_error import ConfigError
from temoin.settings.file import COPIED_SOCKET, read_named_config
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives a copy to another account")

SECRET, PUBLIC = "root-key-of-the-site", "everybody-may-read-this"
PLANTED = """
CREATE ROLE temoin_sealer LOGIN PASSWORD 'seal';
CREATE TABLE loot (how text, got text);
GRANT SELECT ON loot TO temoin_sealer;
CREATE FUNCTION plunder(how text, path text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.loot VALUES (how, pg_catalog.pg_read_file(path));
EXCEPTION WHEN insufficient_privilege THEN
    INSERT INTO public.loot VALUES (how, SQLERRM);
END $$;
CREATE FUNCTION by_program() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    COPY public.loot (got) FROM PROGRAM 'cat {key} 2>/dev/null || echo nothing';
    UPDATE public.loot SET how = 'program' WHERE how IS NULL;
END $$;
CREATE FUNCTION on_login() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM public.plunder('login', '{key}'), public.plunder('public', '{public}'), public.by_program();
END $$;
CREATE EVENT TRIGGER on_login ON login EXECUTE FUNCTION on_login();
ALTER EVENT TRIGGER on_login ENABLE ALWAYS;
CREATE SCHEMA planted;
CREATE FUNCTION planted.upper(word text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM public.plunder('upper', '{key}');
    RETURN 'planted';
END $$;
GRANT USAGE ON SCHEMA planted TO temoin_sealer;
ALTER ROLE temoin_sealer SET search_path = planted, pg_catalog, public;
"""
TURNED_ON = "ALTER ROLE temoin_sealer SET event_triggers = on"
TURNED_OFF = "ALTER ROLE temoin_sealer RESET event_triggers"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tb-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "root.key").write_text(SECRET, encoding="ascii")
        (folder / "root.key").chmod(0o600)
        (folder / "public").write_text(PUBLIC, encoding="ascii")
        yield folder


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[EmbeddedServer]:
    """A database that somebody prepared for whoever restores its backup."""
    server = EmbeddedServer(place / "site", options={"fsync": "off"})
    server.ensure_initialised()
    server.start()
    try:
        with psycopg.connect(as_superuser(server), autocommit=True) as database:
            database.execute(PLANTED.format(key=place / "root.key", public=place / "public").encode())
        yield server
    finally:
        server.stop()


def as_superuser(server: EmbeddedServer) -> str:
    return server.conninfo(SUPERUSER, server.superuser_password())


def prepare(server: EmbeddedServer, words: str) -> None:
    """Plant something more; what the site's own server gave away, which is not asked here, is forgotten."""
    with psycopg.connect(as_superuser(server), autocommit=True) as database:
        database.execute(f"{words}; TRUNCATE public.loot".encode())


@contextmanager
def backup_of(server: EmbeddedServer, target: Path) -> Iterator[Path]:
    command = [str(server.identity.programs / "pg_basebackup"), "-D", str(target), "-c", "fast", "-U", SUPERUSER]
    environment = {**os.environ, "PGPASSWORD": server.superuser_password()}
    socket = ["-h", str(server.socket_folder())]
    subprocess.run([*command, *socket], check=True, env=environment, capture_output=True)
    try:
        yield target
    finally:
        shutil.rmtree(target)


def signed_in(folder: Path, **more: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(folder / COPIED_SOCKET), user="temoin_sealer", password="seal", dbname="postgres", **more
    )


def test_what_was_planted_runs_under_an_account_that_reads_no_key(server: EmbeddedServer, place: Path):
    """Each of its ways is open here: the trigger is turned on for the role, and the client asks for nothing."""
    prepare(server, TURNED_ON)
    with backup_of(server, place / "base") as base, scratch_cluster(place / "scratch") as copy:
        copy.restore(BackupSource(folder=base), None)
        copy.start(None)
        with signed_in(copy.folder) as restored:
            said = restored.execute("SELECT upper('word')").fetchone()
            loot = dict(restored.execute("SELECT DISTINCT how, got FROM loot").fetchall())

    assert said == ("planted",)
    assert loot["public"] == PUBLIC
    assert loot["program"] == "nothing"
    assert "Permission denied" in loot["login"]
    assert "Permission denied" in loot["upper"]
    assert not any(SECRET in got for got in loot.values())


def test_settings_of_a_role_are_the_verifiers_as_far_as_a_client_can(server: EmbeddedServer, place: Path):
    prepare(server, TURNED_OFF)
    with backup_of(server, place / "base") as base, scratch_cluster(place / "scratch") as copy:
        copy.restore(BackupSource(folder=base), None)
        copy.start(None)
        with signed_in(copy.folder, **_WAY) as restored:
            said = restored.execute("SELECT upper('word'), current_setting('search_path')").fetchone()
            loot = restored.execute("SELECT how FROM loot").fetchall()

    assert said == ("WORD", "public")
    assert loot == []


def told_by(folder: Path) -> str:
    """Return how a server asks for the password of somebody whom it does not know."""
    try:
        psycopg.connect(host=str(folder / COPIED_SOCKET), user="nobody", password="", dbname="postgres")
    except psycopg.OperationalError as error:
        return str(error)
    return ""


def test_a_server_that_asks_for_the_password_itself_is_given_none(server: EmbeddedServer, place: Path):
    with backup_of(server, place / "base") as base, scratch_cluster(place / "scratch") as copy:
        copy.restore(BackupSource(folder=base), None)
        copy.start(None)
        (copy.folder / "hba.conf").write_text("local all all password\n", encoding="ascii")
        os.kill(copy._running._process.pid, 1)
        wait_until(lambda: "password" in told_by(copy.folder))
        with pytest.raises(psycopg.OperationalError, match="scram-sha-256"):
            signed_in(copy.folder, **_WAY)


def test_an_account_that_reads_keys_runs_no_copy(monkeypatch: pytest.MonkeyPatch):
    site = read_named_config()
    assert site is not None
    object.__setattr__(site.site, "demo", False)
    by_hand = Namespace(copy=None)

    _refuse_own_account(by_hand, site)
    monkeypatch.setattr("temoin.cli.backup.serving_account", dict)
    with pytest.raises(ConfigError, match="temoin-backup-verify"):
        _refuse_own_account(by_hand, site)
    _refuse_own_account(Namespace(copy=Path("/var/cache/temoin-copy")), site)


def as_copys_account(work: Callable[[Namespace], int], options: Namespace) -> BaseProcess:
    """Begin to do, in a process of the copy's account, what one of its units does."""

    def drop_and_work() -> None:
        who = serving_account()
        os.chdir("/")
        os.setgroups([])
        os.setgid(who["group"])
        os.setuid(who["user"])
        sys.exit(work(options))

    begun = get_context("fork").Process(target=drop_and_work)
    begun.start()
    return begun


@contextmanager
def served(options: Namespace) -> Iterator[None]:
    running = as_copys_account(run_serve, options)
    try:
        wait_until(lambda: not running.is_alive() or answers(options.copy))
        yield
    finally:
        running.terminate()
        running.join()


@pytest.mark.usefixtures("django_db_setup")
def test_one_account_restores_and_serves_and_another_verifies(embedded_server: EmbeddedServer, place: Path):
    """The units' way: the copy's account has no secret of the site's, and the verifier writes nothing of the copy."""
    copy = place / "copy"
    copy.mkdir(mode=0o750)
    give(copy, serving_account())
    with backup_of(embedded_server, place / "base") as base:
        give_tree(base, serving_account())
        options = Namespace(copy=copy, stanza=None, folder=base, programs=programs_for(base, None))
        restoring = as_copys_account(run_copy, options)
        restoring.join()
        assert restoring.exitcode == 0

        with served(options), served_copy(copy) as look:
            assert answers(look)
            assert copied_since(copy) <= now()
            words = [sys.executable, "-m", "temoin.cli.main", "backup", "verify", "--copy", str(copy)]
            done = subprocess.run(words, capture_output=True, text=True, check=False)

    told = done.stdout + done.stderr
    assert "well   holds nothing that opens it" in told
    assert "well   keys and rows open" in told, told
    assert list(copy.iterdir()) == []
    with pytest.raises(CopyError, match="no copy"), served_copy(copy):
        pass


def test_a_copy_of_the_verifiers_own_account_is_refused(place: Path):
    (place / "own" / "database").mkdir(parents=True)

    with pytest.raises(ConfigError, match="very account"), served_copy(place / "own"):
        pass


@pytest.mark.parametrize("word", ["", "yesterday", "2026-11-30"])
def test_a_copy_that_does_not_say_when_it_was_begun_is_a_fault(place: Path, word: str):
    (place / "began").write_text(word, encoding="ascii")

    with pytest.raises(CopyError, match="does not say"):
        copied_since(place)
