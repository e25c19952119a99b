"""`temoin check --as PROCESS`, as a unit runs it before its start: what stops it, what is only told, and how."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from kit_files import KITS_FILE, kits_as_before

from temoin.cli.check import PROCESSES, kits_findings, look_at_channels
from temoin.cli.looks import certificates_told, folder_findings, folders_of, writing_words
from temoin.cli.main import main
from temoin.lib.clock import frozen_at, now
from temoin.lib.config_error import ConfigError
from temoin.lib.section import CREDENTIALS
from temoin.settings.file import Config, Process, read_config
from temoin.site.database_role import check_role, findings_as
from temoin.site.known_schema import known_migrations, schema_findings
from temoin.site.server_settings import (
    LOSES,
    clock_words,
    setting_findings,
    version_findings,
    wanted_of_database,
    wanted_of_role,
)
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.roles import DATABASE
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

Run = Callable[[str], None]


@pytest.fixture
def config(embedded_server: EmbeddedServer) -> Config:
    return read_config(embedded_server.folder / "temoin.toml")


@pytest.fixture
def superuser(embedded_server: EmbeddedServer) -> Iterator[psycopg.Connection]:
    conninfo = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password(), DATABASE)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        yield connection


@pytest.fixture
def kits_of_before() -> Iterator[None]:
    with kits_as_before():
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9470))
    return tmp_path


@pytest.mark.parametrize("process", PROCESSES)
def test_a_sound_set_up_lets_each_process_start(embedded_server: EmbeddedServer, capsys, process: str):
    assert main(["check", "--as", process, "--data", str(embedded_server.folder)]) == 0
    assert "Nothing is wrong." in capsys.readouterr().out


def test_a_mail_server_that_is_down_is_told_and_stops_nobody(config: Config):
    found = look_at_channels(config)

    assert found.findings == []
    assert any("does not answer now (connect): mail waits for it." in words for words in found.remarks)


@pytest.mark.usefixtures("kits_of_before")
def test_a_catalogue_that_no_process_could_read_is_found(folder):
    config = read_config(folder / "temoin.toml")
    sound = kits_findings(config)
    (folder / KITS_FILE).write_text("[review]\n", encoding="utf-8")

    assert sound == []
    assert [one.partition(":")[0] for one in kits_findings(config)] == ["The catalogue of kits cannot be read"]


def test_a_database_that_takes_no_writes_is_told(superuser):
    writable = writing_words(superuser)
    superuser.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

    assert writable == []
    assert "takes no writes" in writing_words(superuser)[0]


# The tables -------------------------------------------------------------------------------------------------


def test_an_empty_database_is_a_finding_and_no_process_starts_on_it(config: Config, superuser: psycopg.Connection):
    superuser.execute("ALTER TABLE django_migrations RENAME TO hidden_migrations")
    try:
        found = findings_as(config, "app", schema_findings)
        with pytest.raises(ConfigError, match="run temoin migrate"):
            check_role(config, "worker")
    finally:
        superuser.execute("ALTER TABLE hidden_migrations RENAME TO django_migrations")

    assert found == ["The database has no tables of this version of Témoin yet: run temoin migrate."]


@pytest.mark.parametrize("role", ["app", "worker", "portal", "keeper", "sealer"])
def test_a_missing_migration_and_one_of_a_newer_version_are_refused(config, superuser, role):
    superuser.execute("UPDATE django_migrations SET name = '9999_x' WHERE (app, name) = ('journal', '0001_initial')")
    try:
        with pytest.raises(ConfigError) as refused:
            check_role(config, role)
    finally:
        superuser.execute("UPDATE django_migrations SET name = '0001_initial' WHERE name = '9999_x'")

    assert "lacks journal.0001_initial: run temoin migrate" in str(refused.value)
    assert "a newer version of Témoin (journal.9999_x)" in str(refused.value)


@pytest.mark.django_db
def test_the_files_known_without_django_are_those_that_it_would_apply():
    from django.db.migrations.loader import MigrationLoader

    assert known_migrations() == set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


# The server's settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "back", "words"),
    [
        (
            "ALTER ROLE temoin_app RESET statement_timeout",
            "ALTER ROLE temoin_app SET statement_timeout = '30s'",
            "statement_timeout of temoin_app is 0, not 30000",
        ),
        *[
            (
                f"ALTER DATABASE temoin SET {name} = '{other}'",
                f"ALTER DATABASE temoin SET {name} = '{value}'",
                f"{name} of the database is {other}, not {value}",
            )
            for (name, value), other in zip(
                wanted_of_database().items(), ["all", "0", "-1", "-1", "error", "verbose", "error"], strict=True
            )
        ],
    ],
)
def test_a_setting_that_a_restore_forgot_is_a_finding(config, superuser, change, back, words):
    superuser.execute(change.encode())
    try:
        found = findings_as(config, "app", lambda database: setting_findings(database, "app", demo=True))
    finally:
        superuser.execute(back.encode())

    assert [words in finding for finding in found] == [True]


@pytest.mark.parametrize(("version", "found"), [(160_004, 1), (170_000, 0), (180_001, 0)])
def test_a_server_that_is_too_old_is_a_finding(version: int, found: int):
    server = SimpleNamespace(info=SimpleNamespace(server_version=version))

    assert len(version_findings(server)) == found


def test_every_role_of_a_site_or_lane_has_its_limits():
    assert {role: len(wanted_of_role(role)) for role in ("app", "worker", "portal", "sealer", "keeper", "owner")} == {
        "app": 3,
        "worker": 3,
        "portal": 3,
        "sealer": 3,
        "keeper": 2,
        "owner": 1,
    }


def test_a_server_that_may_lose_a_commit_is_a_finding_outside_a_demonstration(config):
    found = findings_as(config, "app", lambda database: setting_findings(database, "app", demo=False))

    assert len(found) == len(LOSES)
    assert all("may then lose signed results" in finding for finding in found)


@pytest.mark.parametrize(("apart", "findings", "remarks"), [(0, 0, 0), (30, 0, 1), (300, 1, 0), (-300, 1, 0)])
def test_clocks_that_differ_are_told(config, apart, findings, remarks):
    with frozen_at(now() + timedelta(seconds=apart)):
        told: list[tuple[list[str], list[str]]] = []
        findings_as(config, "app", lambda database: told.append(clock_words(database)) or [])

    assert (len(told[0][0]), len(told[0][1])) == (findings, remarks)


# Folders, certificates, secrets -----------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_in_is_a_finding(folder: Path):
    config = read_config(folder / "temoin.toml")
    for name in ("static", "checkpoints"):
        (folder / name).write_text("a file in its place", encoding="utf-8")

    found = {process: len(folder_findings(config, process)) for process in Process if list(folders_of(config, process))}

    assert found == {Process.STAFF: 1, Process.PORTAL: 1, Process.AUTHORITY: 1, Process.SEALER: 1, Process.KEEPER: 0}


@pytest.mark.parametrize(("days", "words"), [(10, "ends in 9 days"), (-1, "has ended: renew"), (60, None)])
def test_a_certificate_of_ours_is_told_a_month_before_its_end(folder: Path, days, words):
    path = certificate_until(folder / "ours.pem", now() + timedelta(days=days))
    config = read_config(folder / "temoin.toml")
    own = next(settings for channel, settings in config.set_up if channel.name == "fhir")
    object.__setattr__(own, "certificate", path)

    remarks = certificates_told(config).remarks

    assert ([words in remark for remark in remarks] if words else remarks) == ([True] if words else [])


def certificate_until(path: Path, end: datetime) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "temoin.example.fr")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(end - timedelta(days=400)).not_valid_after(end)
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return path


def test_a_copy_handed_by_the_supervisor_is_taken_in_the_place_of_the_file(folder: Path, tmp_path_factory, monkeypatch):
    handed = tmp_path_factory.mktemp("credentials")
    (handed / "app.password").write_text("q7Lw2xVr9TzKp4Nc8YbM", encoding="ascii")
    (handed / "app.password").chmod(0o440)  # systemd's own mode, with a list of who may read
    monkeypatch.setenv(CREDENTIALS, str(handed))

    database = read_config(folder / "temoin.toml").database

    assert database.password("app") == "q7Lw2xVr9TzKp4Nc8YbM"
    assert database.password_file("worker") == folder / "keys" / "worker.password"


def test_the_settings_that_are_told_count_and_not_those_of_the_environment(embedded_server: EmbeddedServer):
    words = [sys.executable, "-m", "temoin.cli.main", "check", "--data", str(embedded_server.folder)]
    elsewhere = {**os.environ, "TEMOIN_CONFIG": "/nonexistent/temoin.toml"}

    done = subprocess.run(words, capture_output=True, text=True, check=False, env=elsewhere)

    assert "/nonexistent" not in done.stdout + done.stderr
    assert "Findings: " in done.stdout or "Nothing is wrong." in done.stdout


def test_the_command_ends_with_a_status_that_a_unit_understands(folder: Path):
    words = [sys.executable, "-m", "temoin.cli.main", "check", "--as", "nobody", "--data", str(folder)]
    answer = subprocess.run(words, capture_output=True, text=True, check=False)

    assert answer.returncode == 2
    assert "invalid choice" in answer.stderr
