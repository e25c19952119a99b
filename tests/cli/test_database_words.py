"""What an operator's command says when the database does not do it: an outage, or a statement that was stopped."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError
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
