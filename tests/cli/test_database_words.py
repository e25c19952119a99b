"""What an operator's command says when the database does not do it: an outage, or a statement that was stopped."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError
from django.db.migrations.exceptions import MigrationSchemaMissing
from psycopg import errors

from temoin.cli.refusals import database_words


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (psycopg.OperationalError("connection refused"), "does not answer"),
        (errors.AdminShutdown(), "does not answer"),
        (errors.QueryCanceled("SELECT 'Martin'"), "stopped the work (57014)"),
        (errors.LockNotAvailable(), "stopped the work (55P03)"),
    ],
)
def test_an_outage_and_a_time_limit_are_told_apart(cause, words):
    error = OperationalError("Martin")
    error.__cause__ = cause

    assert words in database_words(error)
    assert "Martin" not in database_words(error)


def test_tables_that_a_full_disk_did_not_take_are_told_by_the_disk():
    met, raised_over_it = OperationalError(), MigrationSchemaMissing()
    met.__cause__, raised_over_it.__context__ = errors.DiskFull(), met

    assert "it has no room: disk" in database_words(raised_over_it)
