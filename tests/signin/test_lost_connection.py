"""Sessions and a connection that the server has ended."""

from __future__ import annotations

import pytest
from django.db import OperationalError, transaction

from temoin.signin.sessions import SessionStore


def test_a_session_is_read_over_a_new_connection(lose_connection):
    lose_connection()

    assert SessionStore("nobody").load() == {}


def test_inside_a_transaction_the_loss_is_told_or_the_first_half_would_be_forgotten(lose_connection):
    def read_in_transaction() -> None:
        with transaction.atomic():
            lose_connection()
            SessionStore("nobody").load()

    with pytest.raises(OperationalError):
        read_in_transaction()
