"""Duties by the clock: once among all workers, again after a failure, taken over from a worker that died."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import OperationalError

from temoin.lib.clock import shifted_by
from temoin.outbox import duties
from temoin.outbox.duties import AFTER_FAILURE, Duty, Round

DAY = timedelta(days=1)


@dataclass
class Work:
    """Counts how often it is done, and fails when told to."""

    fails: bool = False
    done: list[str] = field(default_factory=list)

    def duty(self, name: str = "count") -> Duty:
        return Duty(name, DAY, lambda _stop: self.do(name))

    def do(self, name: str) -> None:
        self.done.append(name)
        if self.fails:
            raise ValueError


def make(*duties: Duty) -> None:
    Round(duties, threading.Event()).make()


@pytest.fixture(autouse=True)
def worker(as_role) -> Iterator[None]:
    """Have the rights of a worker, and no more."""
    with as_role("temoin_worker"):
        yield


def test_a_duty_is_done_once_until_it_is_due_again():
    work = Work()

    make(work.duty())
    make(work.duty())  # another worker, a moment later
    assert work.done == ["count"]

    with shifted_by(DAY + timedelta(seconds=1)):
        make(work.duty())
    assert work.done == ["count", "count"]


def test_nobody_else_does_what_a_worker_holds():
    work = Work()
    inside = Duty("count", DAY, lambda _stop: make(work.duty()))

    make(inside)

    assert work.done == []


def test_what_a_dead_worker_held_is_taken_over_when_its_lease_is_over():
    work = Work()

    def die(_stop: threading.Event) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        make(Duty("count", DAY, die))
    make(work.duty())
    assert work.done == []

    with shifted_by(work.duty().longest + timedelta(seconds=1)):
        make(work.duty())
    assert work.done == ["count"]


def test_a_duty_that_failed_keeps_no_other_from_being_done_and_is_tried_again_soon():
    bad, good = Work(fails=True), Work()

    make(bad.duty("bad"), good.duty("good"))
    with shifted_by(AFTER_FAILURE + timedelta(seconds=1)):
        make(bad.duty("bad"), good.duty("good"))

    assert (bad.done, good.done) == (["bad", "bad"], ["good"])


def test_what_the_database_cut_short_is_done_as_soon_as_it_is_back():
    work = Work()

    def lose_the_database(_stop: threading.Event) -> None:
        raise OperationalError("the connection was lost")

    rounds = Round([Duty("count", DAY, lose_the_database)], threading.Event())
    with pytest.raises(OperationalError):
        rounds.make()
    rounds._todo = [work.duty()]
    rounds.make()

    assert work.done == ["count"]


@pytest.mark.parametrize(("every", "nap"), [(timedelta(seconds=9), 9.0), (DAY, duties.SLOW)])
def test_a_round_sleeps_until_the_next_is_due(every, nap):
    rounds = Round([Duty("count", every, lambda _stop: None)], threading.Event())

    rounds.make()

    assert nap - 2 < rounds._until_due() <= nap


def test_a_duty_that_another_worker_holds_is_looked_at_when_its_lease_is_over():
    naps: list[float] = []
    waiting = Round([Work().duty()], threading.Event())
    held = Duty("count", DAY, lambda _stop: naps.append(waiting._until_due()), longest=timedelta(seconds=20))

    make(held)

    assert 15 < naps[0] <= 20


def test_nothing_is_begun_once_told_to_stop():
    work, stop = Work(), threading.Event()
    stop.set()

    Round([work.duty()], stop).make()

    assert work.done == []
