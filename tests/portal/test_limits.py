"""Whoever asks too often is slowed down, and nobody else."""

from __future__ import annotations

import pytest

from temoin.portal import limits
from temoin.portal.limits import Buckets, Limits, network_of


class Hand:
    """A clock that a test moves."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def test_a_bucket_empties_and_fills_again_with_time():
    clock = Hand()
    buckets = Buckets(per_minute=20, now=clock)

    assert [buckets.take("a") for _ in range(21)] == [True] * 20 + [False]
    clock.seconds = 3.0
    assert [buckets.take("a"), buckets.take("a")] == [True, False]


def test_a_long_silence_gives_no_more_than_a_full_bucket():
    clock = Hand()
    buckets = Buckets(per_minute=2, now=clock)
    buckets.take("a")

    clock.seconds = 3600.0

    assert [buckets.take("a") for _ in range(3)] == [True, True, False]


def test_one_asker_does_not_empty_the_bucket_of_another():
    buckets = Buckets(per_minute=1, now=Hand())

    assert [buckets.take("a"), buckets.take("a"), buckets.take("b")] == [True, False, True]


def test_the_asker_silent_for_longest_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(limits, "REMEMBERED", 2)
    buckets = Buckets(per_minute=1, now=Hand())

    for asker in ("a", "b", "c"):
        buckets.take(asker)

    assert buckets.take("c") is False
    assert buckets.take("a") is True


def test_a_letter_is_limited_whatever_the_addresses():
    box = Limits(per_address=100, per_letter=2, in_all=100)

    assert [box.allow(address=f"192.0.2.{n}", letter=b"x") for n in range(3)] == [True, True, False]
    assert box.allow(address="192.0.2.9", letter=b"y")


def test_an_address_is_limited_whatever_the_letters():
    box = Limits(per_address=2, per_letter=100, in_all=100)

    assert [box.allow(address="192.0.2.1", letter=bytes([n])) for n in range(3)] == [True, True, False]


def test_a_refused_flood_does_not_use_up_what_all_share():
    box = Limits(per_address=1, per_letter=100, in_all=2)

    for _ in range(10):
        box.allow(address="192.0.2.1", letter=b"x")

    assert box.allow(address="192.0.2.2", letter=b"x")
    assert not box.allow(address="192.0.2.3", letter=b"x")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_a_subscriber_is_an_ipv4_address_or_an_ipv6_network(address, network):
    assert network_of(address) == network
