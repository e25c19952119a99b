"""What tells that the database is away, and what only says that a statement took too long."""

from __future__ import annotations

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from psycopg import errors

from temoin.lib.away import is_away


def told(error: type[Exception], cause: Exception | None) -> Exception:
    made = error("told")
    made.__cause__ = cause
    return made


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (told(OperationalError, psycopg.OperationalError("connection refused")), True),
        (told(OperationalError, None), True),
        (told(InterfaceError, psycopg.InterfaceError("the connection is closed")), True),
        (told(OperationalError, errors.AdminShutdown()), True),
        (told(OperationalError, errors.CannotConnectNow()), True),
        (told(OperationalError, errors.ConnectionFailure()), True),
        (told(OperationalError, errors.TooManyConnections()), True),
        (told(OperationalError, errors.QueryCanceled()), False),
        (told(OperationalError, errors.LockNotAvailable()), False),
        (told(OperationalError, errors.DeadlockDetected()), False),
        (told(ProgrammingError, errors.UndefinedTable()), False),
        (ConnectionError(), False),
    ],
)
def test_the_database_is_away_when_no_server_answers_or_one_that_begins_or_ends(error, expected):
    assert is_away(error) is expected
