"""The worker's duty: to gather notices and to send what is due, so that a slow address holds up no other."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

import orjson

from temoin.lib.clock import now
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.webhooks.gathering import WebhookPlace, active_webhooks, gather_notices, moment_of_all
from temoin.webhooks.queue import Claimed, DueNotice, ReadyWebhook, claim_notices, ready_webhooks, settle_notice
from temoin.webhooks.settings import CONNECTIONS, Outside
from temoin.webhooks.signing import signed_headers

if TYPE_CHECKING:
    from temoin.webhooks.couriers.https import WebhookLine

log = logging.getLogger("temoin.webhooks")

WEBHOOKS = "webhooks"
EVERY = timedelta(seconds=5)
LONGEST = 300.0  # seconds after which a round begins nothing more: its lease is twice as long
EACH = 8  # notices of one webhook on their way at a time: a slow one holds these connections and no other
TROUBLED = CONNECTIONS // 2  # of those, for webhooks whose last try failed: the others find a free one at once
IDLE = 0.4  # seconds between looks while something is on its way


def webhook_duty(outside: Outside) -> Duty:
    return Duty(WEBHOOKS, EVERY, partial(tell_programs, outside))


def tell_programs(outside: Outside, stop: threading.Event) -> None:
    """Gather, and send until nothing is due."""
    with asyncio.Runner() as runner:
        line = runner.run(_line(outside))
        try:
            _Round(line, runner, stop).run()
        finally:
            runner.run(line.close())


async def _line(outside: Outside) -> WebhookLine:
    from temoin.webhooks.couriers.https import WebhookLine  # loaded where notices are sent

    # Names are resolved in threads: those of a server that does not answer must not be all there are.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CONNECTIONS))
    return WebhookLine(outside)


@dataclass(frozen=True)
class _OnItsWay:
    """A notice on its way."""

    place: WebhookPlace
    notice: DueNotice
    is_troubled: bool  # at the time


class _Round:
    def __init__(self, line: WebhookLine, runner: asyncio.Runner, stop: threading.Event) -> None:
        self._line, self._runner, self._stop = line, runner, stop
        self._under_way: dict[asyncio.Task[Answer], _OnItsWay] = {}
        self._launched: dict[WebhookPlace, float] = {}  # when each was last sent something
        self._aside: set[WebhookPlace] = set()  # until the next round: it would be told again at each look
        self._began = monotonic()
        self._gathered = self._began - EVERY.total_seconds()

    def run(self) -> None:
        while True:
            if not self._stop.is_set() and monotonic() - self._began < LONGEST:
                self._gather()
                self._launch()
            if not self._under_way:
                return
            self._runner.run(_some(self._under_way))
            self._land()

    def _gather(self) -> None:
        if monotonic() - self._gathered < EVERY.total_seconds():
            return
        self._gathered, moment = monotonic(), moment_of_all()
        for place in active_webhooks():
            with self._apart(place):
                gather_notices(place, moment)
            self._turn()

    def _launch(self) -> None:
        """Send what is due, who had to wait longest first."""
        for one in sorted(ready_webhooks(), key=lambda one: (one.is_troubled, self._launched.get(one.place, 0.0))):
            room = 0 if one.place in self._aside else self._room_for(one)
            if room <= 0:
                continue
            with self._apart(one.place):
                for notice, told in _letters(claim_notices(one.place, room)):
                    task = self._runner.get_loop().create_task(self._line.post(*told))
                    self._under_way[task] = _OnItsWay(one.place, notice, one.is_troubled)
                    self._launched[one.place] = monotonic()
            self._turn()

    def _room_for(self, one: ReadyWebhook) -> int:
        sent = Counter(each.place for each in self._under_way.values())
        rooms = [EACH - sent[one.place], CONNECTIONS - len(self._under_way)]
        if one.is_troubled:
            rooms.append(TROUBLED - sum(each.is_troubled for each in self._under_way.values()))
        return min(rooms)

    def _turn(self) -> None:
        """Let what is on its way go on between two questions to the database: a thousand of them outlast a try."""
        self._runner.run(asyncio.sleep(0))

    def _land(self) -> None:
        for task in [task for task in self._under_way if task.done()]:
            sent = self._under_way.pop(task)
            with self._apart(sent.place):
                settle_notice(sent.place, sent.notice, _certain(task))

    @contextmanager
    def _apart(self, place: WebhookPlace) -> Iterator[None]:
        with apart(WEBHOOKS, str(place.id)) as fate:
            yield
        if fate.was_set_aside:
            self._aside.add(place)


def _letters(claimed: Claimed | None) -> Iterator[tuple[DueNotice, tuple[str, bytes, dict[str, str]]]]:
    """Yield each claimed notice with its address, body and headers."""
    if claimed is None:
        return
    for notice in claimed.notices:
        body = body_of(notice, claimed.client_id)
        headers = signed_headers(str(notice.id), int(now().timestamp()), body, claimed.secrets)
        yield notice, (claimed.address, body, headers)


def body_of(notice: DueNotice, client_id: str) -> bytes:
    """Return what is told: the same on each try."""
    told = {"client_id": client_id, "test_id": notice.record_id, "version": notice.version}
    told = {name: value for name, value in told.items() if value is not None}
    moment = notice.happened_at.astimezone(UTC)
    return orjson.dumps({"type": notice.kind, "timestamp": moment, "data": told}, option=orjson.OPT_UTC_Z)


def _certain(task: asyncio.Task[Answer]) -> Answer:
    error = task.exception()
    if error is None:
        return task.result()
    log.error("a notice could not be sent: %s", type(error).__name__)
    return Answer(Verdict.POSTPONED, "courier_failed", is_own=True)


async def _some(tasks: Iterable[asyncio.Task[Answer]]) -> None:
    await asyncio.wait(tasks, timeout=IDLE, return_when=asyncio.FIRST_COMPLETED)
