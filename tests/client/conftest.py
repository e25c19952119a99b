"""A demonstration that serves the API over HTTP from PostgreSQL, and what its program needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running_demo import SharedDemo
from ways import Awaited, Between, Blocking, Place, World

from temoin_client import KeyFile


@pytest.fixture(scope="session")
def place(shared_demo: SharedDemo) -> Place:
    running = shared_demo.running()
    told = running.ready()
    key = KeyFile(running.data / "keys" / "program.pem")
    return Place(told["addresses"]["staff"], told["program"]["client_id"], key)


@pytest.fixture(scope="session")
def ways(place: Place) -> Iterator[dict[str, Blocking | Awaited]]:
    both = {"blocking": Blocking(place), "awaited": Awaited(place)}
    yield both
    for one in both.values():
        one.close()


@pytest.fixture(params=["blocking", "awaited"])
def way(request: pytest.FixtureRequest, ways) -> Blocking | Awaited:
    return ways[request.param]


@pytest.fixture(scope="session")
def world(ways) -> World:
    ask = ways["blocking"]
    lots = ask(lambda temoin: temoin.lots_of_kind("covid19-ag"))
    pharmacy, kinds = ask(lambda temoin: temoin.whoami()).pharmacy, ask(lambda temoin: temoin.kinds())
    return World(pharmacy.finess, kinds.notice, lots[0].id)


@pytest.fixture
def between() -> Iterator[Between]:
    one = Between()
    yield one
    one.close()
