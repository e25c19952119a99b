"""Open lines over real sockets: nobody slow, silent, broken or many holds up anybody else."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from certificates import make_identity
from patience import PATIENCE, wait_until

from temoin.lib.callers import caller_network
from temoin.serving.lines import LinePace, LinePort, LineServer
from temoin.serving.processes import listen


@dataclass
class Said:
    answer: bytes
    is_later: bool = False
    ends: bool = False


class Words:
    """Words that end with a full stop; a question mark is answered at once, and an exclamation mark is no word."""

    def __init__(self) -> None:
        self._held = b""

    @property
    def is_begun(self) -> bool:
        return bool(self._held)

    def came(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        for sign in data:
            if sign == ord("!"):
                raise ValueError
            if sign == ord("?"):
                yield b"here;", False
            elif sign == ord("."):
                word, self._held = self._held, b""
                yield word, True
            else:
                self._held += bytes([sign])

    def answered(self, told: Said) -> bytes:
        return told.answer


@dataclass
class Counts:
    closed_for: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    open: int = 0
    turns: int = 0

    def opened(self, _name: str, change: int) -> None:
        self.open += change

    def closed(self, _name: str, reason: str) -> None:
        self.closed_for[reason] += 1

    def failed(self, kind: str) -> None:
        self.failures.append(kind)

    def turned(self) -> None:
        self.turns += 1


class Site:
    """A server of lines in a thread; who calls is told by the first port that they have from 127.0.0.x."""

    def __init__(
        self,
        pace: LinePace,
        take: Callable[[Hashable, bytes], Said],
        context: ssl.SSLContext | None = None,
        patience: float = math.inf,
    ) -> None:
        self.counts, self.listener = Counts(), listen("127.0.0.1", 0)
        self.number = self.listener.getsockname()[1]
        port = LinePort(name="words", listener=self.listener, context=context, admit=self._admit, talk=Words, take=take)
        port = replace(port, patience=patience)
        self._server = LineServer([port], pace, self.counts, caller_network)
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._server.run(self._stop)])
        self._thread.start()

    def _admit(self, address: str, _der: bytes) -> str | None:
        if address == "127.0.0.8":
            raise KeyError(address)
        return None if address == "127.0.0.9" else address

    def call(self, address: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.number), timeout=PATIENCE, source_address=(address, 0))

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        self._loop.close()


@pytest.fixture
def site() -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(
        take: Callable[[Hashable, bytes], Said] = lambda _who, word: Said(word + b";"),
        context: ssl.SSLContext | None = None,
        patience: float = math.inf,
        **pace: float,
    ) -> Site:
        made.append(Site(LinePace(**pace), take, context, patience))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def ask(line: socket.socket, words: bytes) -> bytes:
    line.sendall(words)
    came = b""
    while not came.endswith(b";") and (piece := line.recv(1000)):
        came += piece
    return came


def test_words_are_taken_in_order_and_signs_answered_at_once(site):
    with site().call() as line:
        assert [ask(line, b"?"), ask(line, b"one."), ask(line, b"two.")] == [b"here;", b"one;", b"two;"]


@pytest.mark.parametrize(
    ("pace", "words", "reason"),
    [({"message": 0.2}, b"begun", "slow"), ({"idle": 0.2}, b"", "slow"), ({}, b"a!", "broken")],
)
def test_who_is_slow_silent_or_broken_is_left(site, pace, words: bytes, reason: str):
    here = site(**pace)
    with here.call() as line:
        assert ask(line, words) == b""
        wait_until(lambda: here.counts.open == 0)

    assert here.counts.closed_for == {reason: 1}


def test_an_answer_that_its_peer_no_longer_waits_for_is_not_sent_for_another_and_the_line_ends(site):
    taken: list[bytes] = []

    def take(_who: Hashable, word: bytes) -> Said:
        time.sleep(0.2)
        taken.append(word)
        return Said(word + b";")

    here = site(take, patience=0.05)
    with here.call() as line:
        assert ask(line, b"late.next.") == b""
        wait_until(lambda: here.counts.open == 0)

    assert (taken, here.counts.closed_for) == ([b"late"], {"slow": 1})


def test_a_stranger_is_turned_away(site):
    here = site()
    with here.call("127.0.0.9") as line:
        assert line.recv(1) == b""

    assert here.counts.closed_for == {"stranger": 1}


def test_whoever_cannot_be_admitted_for_a_defect_of_ours_keeps_no_connection(site):
    with site().call("127.0.0.8") as line:
        assert line.recv(1) == b""


def test_a_crowd_from_one_address_ends_no_handshake_of_another(site, tmp_path: Path):
    identity = make_identity(tmp_path, "localhost")
    here = site(context=identity.server(), unproved=4)
    with ExitStack() as crowd, here.call() as line:
        for _ in range(20):
            crowd.enter_context(here.call("127.0.0.2"))
        trusted = ssl.create_default_context(cafile=identity.certificate)
        with trusted.wrap_socket(line, server_hostname="localhost") as proved:
            assert ask(proved, b"one.") == b"one;"


def test_a_peer_with_too_many_lines_keeps_the_newest(site):
    here = site(each=2)
    with here.call() as oldest, here.call("127.0.0.2") as other, here.call() as second:
        assert ask(oldest, b"a.") == ask(second, b"a.") == b"a;"
        with here.call() as third:
            assert ask(third, b"b.") == b"b;"
            assert ask(oldest, b"") == b""
            assert ask(second, b"c.") == ask(other, b"c.") == b"c;"

    assert here.counts.closed_for["crowd"] == 1


def test_one_peer_never_holds_every_thread(site):
    go = threading.Event()

    def take(who: Hashable, word: bytes) -> Said:
        if who == "127.0.0.2":
            go.wait(PATIENCE)
        return Said(word + b";")

    here = site(take, threads=3, at_once=2)
    greedy = [here.call("127.0.0.2") for _ in range(4)]
    for line in greedy:
        line.sendall(b"wait.")
    with here.call() as honest:
        assert ask(honest, b"now.") == b"now;"
    go.set()
    assert [ask(line, b"") for line in greedy] == [b"wait;"] * 4
    for line in greedy:
        line.close()


def test_what_cannot_be_taken_now_is_tried_again_and_then_said(site):
    asked: Counter[bytes] = Counter()

    def take(_who: Hashable, word: bytes) -> Said:
        asked[word] += 1
        return Said(b"later;", is_later=True) if word == b"never" or asked[word] < 3 else Said(b"taken;")

    here = site(take, again=0.5, pause=0.05)
    with here.call() as line:
        assert ask(line, b"soon.") == b"taken;"
        assert ask(line, b"never.") == b"later;"
    assert asked[b"never"] > 2


def test_told_to_stop_it_answers_the_word_in_hand_and_ends_the_silent(site):
    begun, go = threading.Event(), threading.Event()

    def take(_who: Hashable, word: bytes) -> Said:
        begun.set()
        go.wait(PATIENCE)
        return Said(word + b";")

    here = site(take)
    with here.call() as busy, here.call() as silent:
        busy.sendall(b"last.")
        begun.wait(PATIENCE)
        ending = threading.Thread(target=here.stop)
        ending.start()
        assert silent.recv(1) == b""
        go.set()
        assert ask(busy, b"") == b"last;"
        ending.join(PATIENCE)
    here.stop = lambda: None  # type: ignore[method-assign] # done


def test_a_defect_of_ours_ends_one_line_and_no_other(site, caplog: pytest.LogCaptureFixture):
    def take(_who: Hashable, word: bytes) -> Said:
        if word == b"fault":
            raise KeyError("Martin, Claire")
        return Said(word + b";")

    here = site(take)
    with here.call() as line, here.call() as other:
        assert ask(line, b"fault.") == b""
        assert ask(other, b"fine.") == b"fine;"

    wait_until(lambda: here.counts.open == 0)
    assert (here.counts.failures, "Martin" in caplog.text) == (["KeyError"], False)
    assert here.counts.turns > 0


def test_the_oldest_that_says_nothing_makes_room_before_its_handshake(site):
    """Ten thousand who never say who they are hold as many places as one: those are the newest's."""
    here = site(lines=2, each=2)
    with here.call() as first:
        assert ask(first, b"a.") == b"a;"
        time.sleep(0.01)
        with here.call("127.0.0.2") as second, here.call("127.0.0.3") as third:
            assert ask(second, b"a.") == ask(third, b"a.") == b"a;"
            assert ask(first, b"") == b""
