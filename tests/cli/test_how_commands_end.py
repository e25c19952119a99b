"""However a command ends, whoever typed it is told in words of ours, with a status, and never with a value."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import InternalError, OperationalError, ProgrammingError
from psycopg import errors

from temoin.cli import main as command
from temoin.cli.main import main
from temoin.cli.migrate import migrate_database
from temoin.cli.operating import keep_to_known_tables
from temoin.crypto.backup import BackupError
from temoin.crypto.roots.provider import RootKeyError
from temoin.lib.config_error import ConfigError
from temoin.lib.data_file import DataFileError
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError, refuse
from temoin.settings.file import COPY

VALUE = "MARTIN"


def of_django(kind: type[Exception], cause: psycopg.Error) -> Exception:
    error = kind(VALUE)
    error.__cause__ = cause
    return error


ENDINGS = [
    (ConfigError("Say where."), "Say where."),
    (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
    (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/var/x"), "/var/x: Permission denied"),
    (refuse("finess", "form", "Nine digits."), "finess: Nine digits."),
    (NotFoundError(), "Not found."),
    (ConflictError(), "This was already done."),
    (DeniedError("read"), "Refused: read"),
    (RootKeyError("chmod 600 it"), "chmod 600 it"),
    (BackupError("name a new folder"), "name a new folder"),
    (DataFileError("kits.toml", "kit", "code", "must be a text"), "kits.toml"),
    (psycopg.OperationalError(f"no route for {VALUE}"), "does not answer"),
    (of_django(OperationalError, psycopg.OperationalError(VALUE)), "does not answer"),
    (of_django(InternalError, errors.ReadOnlySqlTransaction(VALUE)), "it is a standby now"),
    (of_django(OperationalError, errors.DiskFull(VALUE)), "it has no room"),
    (of_django(ProgrammingError, errors.UndefinedTable(VALUE)), "temoin check"),
    (of_django(ProgrammingError, errors.InsufficientPrivilege(VALUE)), "run roles.sql again"),
    (of_django(OperationalError, errors.SerializationFailure(VALUE)), "run it again"),
    (errors.NotNullViolation(f"Failing row contains ({VALUE})"), "(23502): a defect"),
    (ValueError(VALUE), "Report it with these lines"),
]


@pytest.mark.parametrize(("error", "words"), ENDINGS, ids=[type(one).__name__ for one, _ in ENDINGS])
def test_what_ends_a_command_is_told_without_a_value(error, words, monkeypatch, capsys):
    def end(_options: object) -> int:
        raise error

    monkeypatch.setattr(command, "_run", end)

    assert main(["journal", "key"]) == 2

    told = capsys.readouterr()
    assert words in told.err
    assert (told.out, VALUE in told.err, "Traceback" in told.err) == ("", False, False)


def test_a_reader_who_has_enough_is_told_nothing(monkeypatch, capfd):
    def end(_options: object) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(command, "_run", end)
    monkeypatch.setattr(command, "forget_output", lambda: None)  # the output of the tests is needed yet

    assert main(["journal", "key"]) == 141
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("import template >&- 2>&- <&-", 0),
        ("import template | true; exit ${PIPESTATUS[0]}", 141),
        ("leaving export --help | grep -c …", 0),  # a sign that ASCII has not
    ],
)
def test_odd_ends_of_a_command_line_are_no_defect(words, status):
    line = f"'{sys.executable}' -m temoin.cli.main {words}"
    odd = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=odd, check=False)

    assert (done.returncode, "Traceback" in done.stderr, "Exception" in done.stderr) == (status, False, False)


# Commands that keep a database running without asking for its tables' version, each with its reason.
OF_ANY_VERSION = {
    "operating.py": "asks, for all the others",
    "check.py": "finds it among all else",
    "backup.py": "a copy of files, whatever they hold; its proof asks of the copy",
}


def test_every_command_asks_for_the_version_of_the_tables():
    keep = {one.name for one in Path(command.__file__).parent.glob("*.py") if "database_running(" in one.read_text()}

    assert keep == {*OF_ANY_VERSION, "database_server.py"}


def test_tables_of_a_newer_version_are_left_alone(tamper, monkeypatch, tmp_path: Path):
    tamper("INSERT INTO django_migrations (id, app, name, applied) VALUES (999999, 'testing', '9999_later', now())")

    with pytest.raises(ConfigError, match="newer version of Témoin"):
        keep_to_known_tables()
    with pytest.raises(ConfigError, match="newer version of Témoin"):
        migrate_database()

    monkeypatch.setenv(COPY, str(tmp_path))  # a backup of before, which is only looked at
    keep_to_known_tables()
