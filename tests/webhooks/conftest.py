"""A house with a program, and a receiver that the operator allows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from people import House, open_house
from receiver import Receiver, running_receiver
from roles import take_role
from told_programs import make_reader

from temoin.webhooks.rounds import tell_programs
from temoin.webhooks.settings import OUTSIDE, Outside


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    folder: Path = tmp_path_factory.mktemp("receiver")
    with running_receiver(folder) as running:
        yield running


@pytest.fixture
def receiver(_running: Receiver) -> Iterator[Receiver]:
    """The receiver, which takes everything, allowed by the operator."""
    _running.came, _running.status, _running.headers, _running.hold = [], 204, {}, None
    _running.refuses, _running.on_post, _running.interim = set(), lambda: None, 0
    before = OUTSIDE()
    OUTSIDE.give(Outside(frozenset({_running.name}), authorities=_running.authorities))
    yield _running
    OUTSIDE.give(before)


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def program(house: House) -> UUID:
    return make_reader(house.owner)


@pytest.fixture
def tell() -> Callable[[], None]:
    """Do the worker's round, once."""

    def round_once() -> None:
        with take_role("temoin_worker"):
            tell_programs(OUTSIDE(), threading.Event())

    return round_once
