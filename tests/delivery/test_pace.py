"""Buckets of tokens in the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from temoin.delivery import pace
from temoin.delivery.pace import Bucket, charge, has_tokens
from temoin.lib.clock import frozen_at, now

A, B = Bucket("a", 3), Bucket("b", 3)


@pytest.fixture(autouse=True)
def patients_site(as_role) -> Iterator[None]:
    """The patients' site alone counts."""
    with as_role("temoin_portal"):
        yield


def past(seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_pace SET at = at - make_interval(secs => %s)", [seconds])


def test_a_bucket_empties_and_fills_again_with_time():
    for _ in range(3):
        assert has_tokens([A])
        charge([A])

    assert not has_tokens([A])
    past(20)
    assert has_tokens([A])
    charge([A])
    assert not has_tokens([A])


def test_a_long_silence_gives_no_more_than_a_full_bucket():
    charge([A])
    past(3600)

    for _ in range(3):
        charge([A])

    assert not has_tokens([A])


def test_one_empty_bucket_is_enough_and_leaves_the_others_alone():
    for _ in range(3):
        charge([A])

    assert not has_tokens([B, A])
    assert has_tokens([B])


def test_what_is_empty_owes_nothing():
    for _ in range(30):
        charge([A])
    past(20)

    assert has_tokens([A])


def test_what_is_full_again_is_forgotten(monkeypatch):
    monkeypatch.setattr(pace, "SWEEP", 1)
    charge([A])
    past(pace.FULL_AGAIN + 1)
    charge([B])

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM delivery_pace")
        assert cursor.fetchone() == (1,)


def test_names_are_keyed_and_change_with_the_day(settings, monkeypatch):
    today = pace._name(A)

    with frozen_at(now().replace(year=2031)):
        assert pace._name(A) != today
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "another")
    assert pace._name(A) != today
