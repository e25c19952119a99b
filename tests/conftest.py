"""The database of the tests: a private server, our migrations, and ONE login that takes on the role under test.

The server, its roles and its tables are made once per session, as `temoin` itself makes them. Tests then sign
in as `temoin_tester`, who may become app, worker or portal and owns nothing: forced row-level security holds
in tests too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import django
import psycopg
import pytest
from collecting import pytest_collection, pytest_configure  # noqa: F401 hooks
from django.core.signals import setting_changed
from django.dispatch import receiver
from hypothesis import settings as hypothesis_settings
from keepers import OpenBao, make_token, running_openbao
from roles import take_role
from running_demo import SharedDemo
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from temoin.settings.secrets import make_password
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.roles import DATABASE, ROLES, ensure_roles, password_file
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

# A busy machine is not a defect: no example has to be quick. The test command replays the same examples wherever it
# runs, on a newcomer's machine as in CI; `make shuffle` draws others at random, `make explore` ten times as many. All
# start from the library's own default, because under CI=true it takes another, which replays.
_default = hypothesis_settings.get_profile("default")
hypothesis_settings.register_profile("replay", _default, deadline=None, derandomize=True, database=None)
hypothesis_settings.register_profile("random", _default, deadline=None, print_blob=True)
hypothesis_settings.register_profile("explore", _default, deadline=None, max_examples=1000, print_blob=True)
hypothesis_settings.load_profile("replay")

TESTER = "temoin_tester"
CLOCK = "temoin.tests_clock"  # the time of events, while a test has moved the clock
PLAY = "temoin.tests_play"  # while this setting is on, the staff site's role may write any event
# Tests lose nothing when the machine stops; the product's own server always waits for the disk. Nor does a round of
# vacuum take statistics in the middle of a run, from whatever rows stand there: a plan is the same in each.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}

# The tests start hundreds of processes of the same modules: what one compiles the others find, whatever the shell asks.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_folder = Path(tempfile.mkdtemp(prefix="temoin-tests-"))
write_settings(_folder, Ports(8600))
for _role in ROLES:
    make_password(password_file(_folder / "keys", _role))  # the server, started later, takes them as they are
os.environ["TEMOIN_CONFIG"] = str(_folder / "temoin.toml")
os.environ["TEMOIN_PROCESS"] = "staff"
os.environ["DJANGO_SETTINGS_MODULE"] = "temoin.site.settings"
django.setup()

from quick_hashing import hash_quickly  # noqa: E402 the hasher is an application's

hash_quickly()


@receiver(setting_changed)
def hand_down_again(*, setting: str, value: object, **_told: object) -> None:
    """Hand down the settings that a test changes, as a start with them would, and those of before after it."""
    if setting == "TEMOIN":
        from temoin.site.handing import hand_down

        hand_down(value)


@pytest.fixture(autouse=True)
def process_as_before() -> Iterator[None]:
    """Keep from other tests what a test leaves in the process: one fixture, as each costs every test its part."""
    from django.utils import translation

    from temoin.crypto.ring import forget_keys
    from temoin.lib import heartbeat

    translation.deactivate()  # the last page asked for by a test before may have spoken another, and it stays
    named = os.environ["TEMOIN_CONFIG"]
    with _announced_as_before():
        yield
    os.environ["TEMOIN_CONFIG"] = named  # a command, run in this process, may have been told of other settings
    forget_keys()  # their rows were rolled back
    heartbeat._turned.clear()  # a loop that a test cut short would be a silent one to whoever watches


@contextmanager
def _announced_as_before() -> Iterator[None]:
    """Keep the couriers and duties that a test announces from the tests after it."""
    from temoin.outbox import courier, duties, open_channels

    registers = (courier._couriers, duties._duties, open_channels._channels)
    before = [dict(register) for register in registers]
    yield
    for register, kept in zip(registers, before, strict=True):
        register.clear()
        register.update(kept)


# Minutes of few tests, which mostly wait for what they start: begun last, they would run on alone at the end.
SLOW_FILES = (
    "test_demo",
    "test_shown_commands",
    "test_both_verifiers",
    "test_kind_by_data",
    "test_site",
    "_in_browser",
)


# Files that use one running demonstration, in the order in which they do: the last ones kill its parts, and stop it.
OF_ONE_DEMO = (
    "tests/demo/test_tutorial.py",
    "tests/client/",
    "tests/demo/test_demo_running.py",
    "tests/demo/test_demo.py",
)


def place_with_demo(nodeid: str) -> int | None:
    """Return where in that order a test is, None for those that use no such demonstration."""
    return next((place for place, path in enumerate(OF_ONE_DEMO) if nodeid.startswith(path)), None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow files first, so that no process waits for another at the end; the rest keeps its random order."""

    def place(item: pytest.Item) -> tuple[bool, int]:
        with_demo = place_with_demo(item.nodeid)
        is_slow = with_demo is not None or any(name in item.path.stem for name in SLOW_FILES)
        return not is_slow, len(OF_ONE_DEMO) if with_demo is None else with_demo

    items.sort(key=place)


class DemoTogether(LoadFileScheduling):
    """Each file in one process, as `--dist=loadfile` says, and in one the files of one demonstration."""

    def _split_scope(self, nodeid: str) -> str:
        return super()._split_scope(nodeid) if place_with_demo(nodeid) is None else "demonstration"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> DemoTogether | None:
    return DemoTogether(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Number the cases that are bytes: those of a key or a seal differ in each process, which must collect the same."""
    return argname if isinstance(val, bytes) and len(val) > 16 else None


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: tests mostly wait for browsers, servers and other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_setupnodes() -> None:
    """Let each process of a parallel run name its own folder: Django's settings are read before this file is, there."""
    for name in ("TEMOIN_CONFIG", "TEMOIN_PROCESS", "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(name)


def pytest_unconfigure() -> None:
    shutil.rmtree(_folder, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[EmbeddedServer]:
    """The running server, with roles and migrated tables."""
    server = EmbeddedServer(_folder, options=FAST)
    server.ensure_initialised()
    server.start()
    try:
        ensure_roles(server, _folder / "keys")
        _create_tester(server)
        command = [sys.executable, "-m", "temoin.cli.main", "migrate", "--quiet"]
        subprocess.run(command, check=True, env=os.environ.copy())
        _let_tests_play(server)
        yield server
    finally:
        server.stop()


def _create_tester(server: EmbeddedServer) -> None:
    with _superuser(server, "postgres") as connection:
        connection.execute(f"CREATE ROLE {TESTER} LOGIN NOINHERIT PASSWORD '{TESTER}'")
        connection.execute(
            "GRANT temoin_app, temoin_worker, temoin_portal, temoin_keeper, temoin_sealer, temoin_authority "
            f"TO {TESTER}"
        )
        connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {TESTER}")


def _let_tests_play(server: EmbeddedServer) -> None:
    """Let tests move the clock of events, and do the worker's and the keeper's work as the staff site's role.

    Both by means of their own server that `temoin migrate` does not know: another default of the events' time, which
    asks a setting first, and a second policy that holds while a setting is on. No role may give a time, here neither.
    """
    from temoin.lib.schema import SCOPE

    moved = f"nullif(current_setting('{CLOCK}', true), '')::timestamptz"
    with _superuser(server, DATABASE) as owner:
        owner.execute(f"ALTER TABLE journal_event ALTER COLUMN at SET DEFAULT coalesce({moved}, statement_timestamp())")
        rule = f"current_setting('{PLAY}', true) = 'on' AND {SCOPE}"
        owner.execute(f"CREATE POLICY tests_play ON journal_event FOR INSERT TO temoin_app WITH CHECK ({rule})")


def _tell_moved_clock(execute: Callable[..., object], sql: str, *rest: object) -> object:
    """Tell the server before an event is written which time it is for the test."""
    from temoin.lib import clock

    context = rest[-1]
    assert isinstance(context, dict)
    connection = context["connection"]
    if "INTO journal_event" in sql:
        is_moved = clock._source is not clock._system_now
        if is_moved or vars(connection).get("was_moved"):
            connection.was_moved = True
            told = clock.now().isoformat() if is_moved else ""
            connection.connection.execute("SELECT set_config(%s, %s, false)", [CLOCK, told])
    return execute(sql, *rest)


def _follow_clock(connection: object, **_told: object) -> None:
    wrappers = connection.execute_wrappers
    if _tell_moved_clock not in wrappers:
        wrappers.append(_tell_moved_clock)


@contextmanager
def _superuser(server: EmbeddedServer, database: str) -> Iterator[psycopg.Connection]:
    conninfo = server.conninfo(SUPERUSER, server.superuser_password(), database)
    connection = psycopg.connect(conninfo, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture(scope="session")
def django_db_setup(embedded_server: EmbeddedServer, django_db_blocker: pytest.FixtureDef) -> Iterator[None]:
    """Point Django at the migrated database instead of letting it create a test database as owner."""
    from django.db import connection
    from django.db.backends.signals import connection_created

    connection_created.connect(_follow_clock)
    connection.close()
    connection.settings_dict.update(
        {"HOST": str(embedded_server.socket_folder()), "USER": TESTER, "PASSWORD": TESTER, "CONN_MAX_AGE": None}
    )
    connection.settings_dict["OPTIONS"] = {"options": f"-c role=temoin_app -c {PLAY}=on"}
    # A flush takes the superuser's rights: see _flush.
    with pytest.MonkeyPatch.context() as patch:
        from django.test import TransactionTestCase

        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: _flush(embedded_server))
        yield
    with django_db_blocker.unblock():
        connection.close()


# What tests leave is little: to delete it takes a fifth of the time that new files for all tables take. Of what is
# much, the pages go too. Whoever is in a transaction is waited for, readers too: they may go on to write what they read
# (a sealer sealed events that were deleted meanwhile). As a replica the superuser sets off no trigger.
_EMPTY = """DO $$ DECLARE emptied regclass[]; one regclass; is_used boolean; BEGIN
SET LOCAL session_replication_role = replica;
emptied := ARRAY(SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
  AND relname NOT IN ('django_migrations', 'django_content_type') ORDER BY oid);
EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', array_to_string(emptied, ', '));
FOREACH one IN ARRAY emptied LOOP
  EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO is_used;
  IF pg_relation_size(one) > 1000000 THEN EXECUTE format('TRUNCATE %s RESTART IDENTITY CASCADE', one);
  ELSIF is_used THEN EXECUTE format('DELETE FROM %s', one); END IF;
END LOOP;
FOR one IN SELECT format('%I.%I', schemaname, sequencename)::regclass FROM pg_sequences WHERE last_value IS NOT NULL
LOOP EXECUTE format('ALTER SEQUENCE %s RESTART', one); END LOOP;
END $$"""


def _flush(server: EmbeddedServer) -> None:
    from django.db import connection

    connection.close()
    _empty(server)


def _empty(server: EmbeddedServer) -> None:
    with _superuser(server, DATABASE) as owner:
        owner.execute(_EMPTY)


@pytest.fixture(scope="module")
def emptied_after(embedded_server: EmbeddedServer) -> Iterator[None]:
    """For what commits without Django's knowledge (another process, a bare connection): the next module finds nothing.

    Not `transactional_db`: while a browser's loop lives, Django refuses the database.
    """
    yield
    _empty(embedded_server)


@pytest.fixture
def lose_connection(embedded_server: EmbeddedServer, transactional_db: None) -> Callable[[], None]:  # noqa: ARG001
    """Return what ends the server's side of Django's connection, as a restart of the server does."""

    def lose() -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (backend,) = cursor.fetchone()
        with _superuser(embedded_server, DATABASE) as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])

    return lose


@pytest.fixture
def as_role(request: pytest.FixtureRequest) -> Callable[[str], AbstractContextManager[None]]:
    """Return a context manager: inside, the database sees the named role, e.g. `temoin_worker`."""
    request.getfixturevalue("db")
    return take_role


@pytest.fixture(scope="session")
def _tampering(embedded_server: EmbeddedServer) -> None:
    """A function that does anything, triggers and row security notwithstanding, inside the transaction of a test."""
    with _superuser(embedded_server, DATABASE) as owner:
        owner.execute("CREATE SCHEMA tampering")
        owner.execute("GRANT USAGE ON SCHEMA tampering TO PUBLIC")
        owner.execute(
            "CREATE FUNCTION tampering.tamper(sql text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER "
            "SET session_replication_role = replica SET search_path = public AS $$ DECLARE touched int; "
            "BEGIN EXECUTE sql; GET DIAGNOSTICS touched = ROW_COUNT; RETURN touched; END $$"
        )


@pytest.fixture
def as_superuser(_tampering: None, request: pytest.FixtureRequest) -> Callable[[str], int]:
    """Return what runs statements as the superuser in the test's transaction, and tells how many rows the last took."""
    request.getfixturevalue("db")

    def run(sql: str) -> int:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT tampering.tamper(%s)", [sql])
            return int(cursor.fetchone()[0])

    return run


@pytest.fixture
def tamper(as_superuser: Callable[[str], int]) -> Callable[[str], None]:
    """Return what runs a statement as the superuser; it must find its rows."""

    def run(sql: str) -> None:
        assert as_superuser(sql) > 0

    return run


@pytest.fixture
def stick(as_superuser: Callable[[str], int]) -> Callable[..., Callable[[], int]]:
    """Return what has the server refuse an act on the rows that a condition names, until what it returns is called.

    So does a table that points to them and that we forgot, a full disk under them, a page that cannot be read.
    """

    def run(act: str, table: str, condition: str) -> Callable[[], int]:
        is_read = act == "SELECT"
        kind, made = ("POLICY", "boolean") if is_read else ("TRIGGER", "trigger")
        as_superuser(
            f"SET CONSTRAINTS ALL IMMEDIATE; CREATE OR REPLACE FUNCTION pg_temp.stuck() RETURNS {made} "
            "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stuck'; END $$"
        )
        if is_read:
            reading = f"AS RESTRICTIVE FOR SELECT USING (NOT ({condition}) OR pg_temp.stuck())"
            as_superuser(f"CREATE POLICY stuck ON {table} {reading}")
        else:
            each = f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION pg_temp.stuck()"
            as_superuser(f"CREATE TRIGGER stuck BEFORE {act} ON {table} {each}")
        return lambda: as_superuser(f"SET CONSTRAINTS ALL IMMEDIATE; DROP {kind} stuck ON {table}")

    return run


@pytest.fixture(scope="session", autouse=True)
def gathered_files() -> Iterator[None]:
    """Gather the staff site's static files, as its start does: pages and middleware read the manifest."""
    from django.core.management import call_command

    from temoin.site.static_files import ManifestFiles

    call_command("collectstatic", interactive=False, verbosity=0)
    with pytest.MonkeyPatch.context() as patch:
        # Each client looks through the folder as the site's start does, which works out the headers of sixty files.
        patch.setattr(ManifestFiles, "get_static_file", _once_a_file(ManifestFiles.get_static_file))
        # A live server of tests would answer for static files itself, by their plain names; the site does.
        patch.setattr("django.contrib.staticfiles.handlers.StaticFilesHandler", lambda application: application)
        yield


def _once_a_file(made: Callable[..., object]) -> Callable[..., object]:
    known: dict[tuple[str, str], object] = {}

    def get_static_file(site: object, path: str, url: str, stat_cache: object = None) -> object:
        if (path, url) not in known:
            known[path, url] = made(site, path, url, stat_cache=stat_cache)
        return known[path, url]

    return get_static_file


@pytest.fixture(scope="session")
def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedDemo]:
    one = SharedDemo(tmp_path_factory.mktemp("demonstration"))
    yield one
    one.end()


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """A real OpenBao server, in memory."""
    with running_openbao(tmp_path_factory.mktemp("openbao")) as server:
        yield server


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SoftHSM token."""
    return make_token(tmp_path_factory.mktemp("softhsm"))
