"""What keeps a process from starting: one case per refusal, each with a sentence that says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from patience import PATIENCE

from temoin.cli.check import run as run_check
from temoin.cli.main import build_parser
from temoin.lib.clock import frozen_at
from temoin.lib.config_error import ConfigError
from temoin.lib.section import CREDENTIALS
from temoin.settings.checks import check_setup, debug_findings, homonymous_secrets, setup_findings, shared_passwords
from temoin.settings.file import Config, Process, read_config
from temoin.settings.secrets import make_password
from temoin.site.database_role import role_findings
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.roles import DATABASE, ROLES, password_file
from temoin_demo.postgresql.server import SUPERUSER

HOST = '[hosting]\nname = "Hébergeur"\ncertificate = "HDS-1"\nexpires = 2027-06-30\n\n[fhir]'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(8600))
    for role in ROLES:
        make_password(password_file(tmp_path / "keys", role))
    return tmp_path


def config_of(folder: Path, *changes: tuple[str, str]) -> Config:
    path = folder / "temoin.toml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    if PRODUCTION in changes:
        text = text.replace('rules = "demonstration"', 'rules = "us-elr"')
    path.write_text(text)
    return read_config(path)


PRODUCTION = ("demo = true", "demo = false")


def test_a_sound_set_up_is_not_refused(folder):
    config = config_of(folder, PRODUCTION, ("[fhir]", HOST))

    with frozen_at(datetime(2027, 6, 30, 21, tzinfo=UTC)):
        assert [finding for process in Process for finding in setup_findings(config, process)] == []


@pytest.mark.parametrize("name", ["root.key", "django.key", "app.password"])
def test_a_missing_secret(folder, name):
    (folder / "keys" / name).unlink()

    with pytest.raises(ConfigError, match="is missing: restore it"):
        check_setup(config_of(folder), Process.STAFF)


def test_the_key_of_certificates_is_the_workers_alone(folder):
    (folder / "keys" / "certificates.key").unlink()
    config = config_of(folder)

    refused = [process for process in Process if setup_findings(config, process)]

    assert refused == [Process.WORKER]


@pytest.mark.parametrize(
    ("old", "new"),
    [('portal_url = "http://127.0.0.1:8601"', 'portal_url = "http://127.0.0.1:8609"'), ('"trusted"', '"checkpoints"')],
)
def test_a_key_of_certificates_that_is_not_published_stops_the_worker(folder, old, new):
    (folder / "checkpoints").mkdir(exist_ok=True)
    config = config_of(folder, (old, new))

    with pytest.raises(ConfigError, match="run temoin certificates make-key"):
        check_setup(config, Process.WORKER)
    assert setup_findings(config, Process.PORTAL) == []


@pytest.mark.parametrize("content", ["changeme", "temoin", "a" * 40, "postgres\n"])
@pytest.mark.parametrize("name", ["django.key", "app.password"])
def test_a_default_or_guessable_secret(folder, name, content):
    (folder / "keys" / name).write_text(content)

    with pytest.raises(ConfigError, match=r"can be guessed .* openssl rand"):
        check_setup(config_of(folder), Process.STAFF)


def test_a_root_key_of_zeros(folder):
    (folder / "keys" / "root.key").write_bytes(bytes(32))

    with pytest.raises(ConfigError, match="can be guessed"):
        check_setup(config_of(folder), Process.WORKER)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620])
def test_a_secret_file_that_others_may_open(folder, mode):
    (folder / "keys" / "root.key").chmod(mode)

    with pytest.raises(ConfigError, match="run chmod 600"):
        check_setup(config_of(folder), Process.KEEPER)


def test_a_root_key_in_a_git_checkout(folder):
    (folder / ".git").mkdir()

    with pytest.raises(ConfigError, match="would be committed: move it out"):
        check_setup(config_of(folder), Process.STAFF)


def test_a_root_key_in_a_served_folder(folder):
    (folder / "static").mkdir()
    shutil.move(folder / "keys" / "root.key", folder / "static" / "root.key")

    with pytest.raises(ConfigError, match="served to everyone: move it out"):
        check_setup(config_of(folder, ("keys/root.key", "static/root.key")), Process.STAFF)


def test_a_root_key_reached_through_a_link_into_a_git_checkout(folder):
    inner = folder / "work"
    (inner / ".git").mkdir(parents=True)
    shutil.move(folder / "keys" / "root.key", inner / "root.key")
    (folder / "keys" / "root.key").symlink_to(inner / "root.key")

    with pytest.raises(ConfigError, match="git checkout"):
        check_setup(config_of(folder), Process.STAFF)


def test_an_undeclared_host_in_production(folder):
    with pytest.raises(ConfigError, match=r"not declared: add a section \[hosting\]"):
        check_setup(config_of(folder, PRODUCTION), Process.STAFF)


def test_an_expired_certificate_of_the_host(folder):
    config = config_of(folder, PRODUCTION, ("[fhir]", HOST))

    with frozen_at(datetime(2027, 7, 1, 12, tzinfo=UTC)), pytest.raises(ConfigError, match="ended on 2027-06-30"):
        check_setup(config, Process.PORTAL)


def test_a_pharmacy_that_hosts_for_itself_says_so(folder):
    own = '[hosting]\nself_hosted = true\nname = "Pharmacie du Marché"\n\n[fhir]'
    config = config_of(folder, PRODUCTION, ("[fhir]", own))

    check_setup(config, Process.STAFF)
    assert config.hosting is not None
    assert "hosts its own data" in config.hosting.words


@pytest.mark.parametrize("missing", ['certificate = "HDS-1"\n', "expires = 2027-06-30\n", 'name = "Hébergeur"\n'])
def test_a_half_declared_host(folder, missing):
    with pytest.raises(ConfigError, match=r"in \[hosting\] is missing"):
        config_of(folder, ("[fhir]", HOST.replace(missing, "")))


def test_a_public_address_in_clear(folder):
    with pytest.raises(ConfigError, match="must be https: only this machine"):
        config_of(folder, ("http://127.0.0.1:8601", "http://resultat.example.fr"))


@pytest.mark.parametrize("section", ["transit", "pkcs11"])
def test_a_keeper_of_root_keys_that_is_not_described(folder, section):
    with pytest.raises(ConfigError, match=rf"\[keys.{section}\] is missing: add it"):
        config_of(folder, ("[keys]", f'[keys]\nwrap_with = "{section}"'))


def test_an_engine_reached_in_clear(folder):
    engine = '[keys.transit]\nurl = "http://bao.example.fr"\nkey = "temoin"\ntoken_file = "t"\n\n[fhir]'

    with pytest.raises(ConfigError, match="data keys do not travel in clear"):
        config_of(folder, ("[fhir]", engine))


def test_debugging_in_production(folder, monkeypatch):
    production = config_of(folder, PRODUCTION)
    flags = type("Flags", (), {"dev_mode": True})
    monkeypatch.setattr(sys, "flags", flags)

    found = debug_findings(production, debug=True)

    assert [words.split(":")[0] for words in found] == ["Django's DEBUG is on", "Python's development mode is on"]


def test_debugging_a_demonstration_is_allowed(folder):
    assert debug_findings(config_of(folder), debug=True) == []


def test_two_roles_with_one_password(folder):
    (folder / "keys" / "portal.password").write_bytes((folder / "keys" / "app.password").read_bytes())

    assert "temoin_app and temoin_portal have the same password" in shared_passwords(config_of(folder))[0]


def test_everything_that_is_wrong_is_told_at_once(folder):
    (folder / "keys" / "root.key").unlink()
    (folder / "keys" / "app.password").write_text("changeme")

    with pytest.raises(ConfigError) as caught:
        check_setup(config_of(folder, PRODUCTION), Process.STAFF)
    assert len(str(caught.value).splitlines()) == 3


def test_a_settings_file_that_others_may_change(folder):
    config = config_of(folder)
    config.file.chmod(0o664)

    with pytest.raises(ConfigError, match="run chmod go-w"):
        check_setup(config, Process.STAFF)


def test_the_faults_of_several_sections_are_told_together(folder):
    changes = (("demo = true", ""), ("enabled = true", ""), ('root = "keys/root.key"', ""))

    with pytest.raises(ConfigError) as caught:
        config_of(folder, *changes)
    assert len(str(caught.value).splitlines()) == 3


# The database role ------------------------------------------------------------------------------------------


@pytest.fixture
def as_superuser(embedded_server) -> Iterator[Callable[[str], None]]:
    conninfo = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password(), DATABASE)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        yield lambda sql: connection.execute(sql.encode())


@pytest.fixture
def config(embedded_server) -> Config:
    return read_config(embedded_server.folder / "temoin.toml")


@contextmanager
def changed(run: Callable[[str], None], change: str, back: str) -> Iterator[None]:
    run(change)
    try:
        yield
    finally:
        run(back)


@pytest.mark.parametrize("role", ROLES)
def test_the_roles_of_the_script_are_not_refused(config, role):
    assert role_findings(config, role) == []


@pytest.mark.parametrize(
    ("change", "back", "words"),
    [
        ("ALTER ROLE temoin_app SUPERUSER", "ALTER ROLE temoin_app NOSUPERUSER", "is a superuser"),
        ("ALTER ROLE temoin_app BYPASSRLS", "ALTER ROLE temoin_app NOBYPASSRLS", "bypasses row-level security"),
        ("ALTER ROLE temoin_app CREATEROLE", "ALTER ROLE temoin_app NOCREATEROLE", "may make roles"),
        ("GRANT temoin_owner TO temoin_app", "REVOKE temoin_owner FROM temoin_app", "is a member of other roles"),
        (
            "CREATE TABLE spare (); ALTER TABLE spare OWNER TO temoin_app",
            "DROP TABLE spare",
            "owns tables",
        ),
    ],
)
def test_a_role_with_more_power_than_it_needs(as_superuser, config, change, back, words):
    with changed(as_superuser, change, back):
        found = role_findings(config, "app")

    assert [words in finding for finding in found] == [True]


@pytest.mark.parametrize(("command", "role"), [("web", "app"), ("portal", "portal"), ("worker", "worker")])
def test_no_server_starts_as_a_role_with_too_much_power(as_superuser, embedded_server, command, role):
    words = [sys.executable, "-m", "temoin.cli.main", command, "--data", str(embedded_server.folder)]
    grant, revoke = f"GRANT temoin_owner TO temoin_{role}", f"REVOKE temoin_owner FROM temoin_{role}"
    with changed(as_superuser, grant, revoke):
        answer = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert answer.returncode == 2
    assert f"Role temoin_{role} is a member of other roles" in answer.stderr


def test_a_database_that_does_not_answer(folder):
    assert "The database does not answer at " in role_findings(config_of(folder), "app", patience=0.0)[0]


def test_a_database_that_refuses_a_role_is_told_with_its_password_file(config, tmp_path):
    wrong = tmp_path / "app.password"
    wrong.write_text("q7Lw2xVr9TzKp4Nc8YbM", encoding="ascii")
    wrong.chmod(0o600)
    database = replace(config.database, passwords=replace(config.database.passwords, app=wrong))

    (found,) = role_findings(replace(config, database=database), "app", patience=0.0)

    assert found.startswith(f"The database does not let temoin_app in: see that {wrong} holds")


def test_temoin_check_tells_all_findings_and_the_host(embedded_server, capsys, monkeypatch):
    monkeypatch.setenv("TEMOIN_CONFIG", str(embedded_server.folder / "temoin.toml"))
    options = build_parser().parse_args(["check"])

    assert run_check(options) == 0
    assert "Nothing is wrong." in capsys.readouterr().out


def test_temoin_check_fails_when_anything_is_wrong(embedded_server, capsys, monkeypatch):
    monkeypatch.setenv("TEMOIN_CONFIG", str(embedded_server.folder / "temoin.toml"))
    path = embedded_server.folder / "keys" / "django.key"
    path.chmod(0o644)
    try:
        status = run_check(build_parser().parse_args(["check"]))
    finally:
        path.chmod(0o600)

    assert status == 1
    assert "Findings: 1." in capsys.readouterr().out


TWO_OF_A_NAME = ("keys/django.key", "other/app.password")


def test_two_secrets_of_one_name_are_told(folder):
    assert homonymous_secrets(config_of(folder)) == []

    [told] = homonymous_secrets(config_of(folder, TWO_OF_A_NAME))

    assert f"{folder}/keys/app.password and {folder}/other/app.password have the same name" in told


def test_one_copy_is_not_read_for_two_secrets(folder, tmp_path_factory, monkeypatch):
    handed = tmp_path_factory.mktemp("credentials")
    monkeypatch.setenv(CREDENTIALS, str(handed))
    config_of(folder, TWO_OF_A_NAME)  # neither is handed: each is read where it lies
    (handed / "app.password").write_text("q7Lw2xVr9TzKp4Nc8YbM", encoding="ascii")

    with pytest.raises(ConfigError, match=r"names a second file app\.password, and this process was handed one copy"):
        read_config(folder / "temoin.toml")
