"""The worker: one lane per destination, so that a slow authority never delays the patients' messages."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from time import monotonic

from django.db import connection

from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import DATABASE_AWAY, OUTAGE, is_away
from temoin.lib.heartbeat import beat, end_beat
from temoin.lib.measures import ANSWERS
from temoin.lib.tenant import tenant_scope
from temoin.outbox.bell import Listener, fall_asleep, listening_place, prospect_of, wake_up
from temoin.outbox.courier import (
    Answer,
    AnsweredLoad,
    AsksFirst,
    Consignment,
    Courier,
    Load,
    PreparesTogether,
    SetsAside,
    Verdict,
    by_pharmacy,
    couriers,
    is_switched_on,
)
from temoin.outbox.duties import Round, duties
from temoin.outbox.lanes import tell_lane
from temoin.outbox.queue import claim_parcels
from temoin.outbox.set_aside import note_aside
from temoin.outbox.settling import settle_parcels
from temoin.outbox.states import ParcelState

log = logging.getLogger("temoin.outbox")

AT_ONCE = 32  # parcels that a lane sends at the same moment
MOST = 256  # parcels it holds at most, the others ready to follow; a destination that is slow gets AT_ONCE
QUICK = 3.0  # seconds from claim to answer of a quick destination
# Seconds from the claim in which the sending must begin: the lease outlasts what begins then, enquiry included.
LATEST = 5.0
LINGER = 0.15  # seconds after an answer in which others may come and be settled with it, in few statements
IDLE = 0.4  # seconds between looks at an empty queue,
AWAKE = 2.0  # for so many seconds after the last parcel; then the lane sleeps until the bell rings,
SLOW = 5.0  # and looks so often all the same: a ring may be lost
LONGEST_PAUSE = 30.0  # seconds after an error that comes again and again
AWAY_PAUSE = 1.0  # while the database is away: a refused connection costs little, and what waits leaves as it is back

Ready = Consignment | Answer


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A claimed parcel that is ready; `since` is the moment of the claim, on the clock of timeouts."""

    load: Load
    ready: Consignment
    since: float

    @property
    def age(self) -> float:
        """Return the seconds since the claim."""
        return monotonic() - self.since


class Lane:
    """Carries the parcels of one destination in its own thread.

    While some are on their way the next are claimed and prepared, and what has come back is settled: the network and
    this process work at the same time. One slow answer holds up no other.
    """

    def __init__(self, courier: Courier, stop: threading.Event, bell: threading.Event | None = None) -> None:
        self.courier = courier
        self.stop = stop
        self._bell = bell
        self._busy_at = monotonic()
        self._capacity = AT_ONCE
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[asyncio.Task[Answer], UnderWay] = {}
        self._answers: list[tuple[Load, Answer]] = []

    def run(self) -> None:
        """Work until told to stop. This is the one place that outlives any error (style.md, Errors)."""
        failures, longest = 0, LONGEST_PAUSE
        with asyncio.Runner() as runner:
            while not self.stop.is_set():
                beat(self.courier.destination)
                try:
                    self._look(runner)
                    failures = 0
                except Exception as error:  # noqa: BLE001 outermost loop: log the type only, wait, go on
                    failures += 1
                    longest = AWAY_PAUSE if is_away(error) else LONGEST_PAUSE
                    self._tell(error)
                    connection.close()
                    self.stop.wait(min(longest, IDLE * 2 ** min(failures, 6)))
            self._finish(runner)
        end_beat(self.courier.destination)
        connection.close()

    def _tell(self, error: Exception) -> None:
        if is_away(error):
            OUTAGE.note(error)
            return
        note_broken_seal(error, origin="worker")
        log.error("lane %s: %s; next try in a moment", self.courier.destination, type(error).__name__)

    def _look(self, runner: asyncio.Runner) -> None:
        if not self.turn(runner):
            self._rest()

    def _rest(self) -> None:
        """Wait for the next look; after some seconds without a parcel sleep, until the bell rings or one is due."""
        if self._bell is None or monotonic() - self._busy_at < AWAKE:
            self.stop.wait(IDLE)
            return
        self._bell.clear()
        while not self.stop.is_set() and self._sleeps_on(self._bell):
            beat(self.courier.destination)

    def _sleeps_on(self, bell: threading.Event) -> bool:
        """Sleep once; tell whether to sleep again."""
        seen = prospect_of(self.courier.destination)
        if seen.held > 0.0:  # nothing can leave before: whoever posts need not ring
            return not bell.wait(min(SLOW, seen.held))
        if seen.due is not None and seen.due <= 0.0:  # it came meanwhile, or a probe or a rate holds it
            self.stop.wait(IDLE)
            return False
        if not seen.is_asleep:
            fall_asleep(self.courier.destination)
            return True
        if bell.wait(SLOW if seen.due is None else min(SLOW, seen.due)):
            self._busy_at = monotonic()  # others were faster, perhaps: it must not ask for a ring at once
            return False
        return seen.due is None or seen.due > SLOW

    def _finish(self, runner: asyncio.Runner) -> None:
        """Wait for what is under way; what cannot be settled now, the next worker asks about when its lease ends."""
        while self._under_way:
            self._land(runner)
        try:
            self._settle()
        except DATABASE_AWAY as error:
            log.error("lane %s: %s; the last answers were not kept", self.courier.destination, type(error).__name__)
        runner.run(self.courier.close())

    def turn(self, runner: asyncio.Runner) -> bool:
        """Send off what there is room for, wait for answers, settle them; tell whether there was anything to do."""
        self._settle()
        self._launch(runner)
        busy = bool(self._under_way or self._answers)
        if self._under_way:
            self._land(runner)
        self._settle()
        return busy

    def carry_batch(self, runner: asyncio.Runner) -> bool:
        """Claim, prepare, carry and settle one batch; tell whether there was anything to do."""
        self._settle()
        self._launch(runner)
        busy = bool(self._under_way or self._answers)
        while self._under_way:
            self._land(runner)
        self._settle()
        return busy

    def _launch(self, runner: asyncio.Runner) -> None:
        room = self._capacity - len(self._under_way)
        if room < self._capacity // 2:
            return  # claims of a few at a time cost as much as those of many
        since = monotonic()
        loads = claim_parcels(self.courier.destination, room)
        if loads:
            self._busy_at = since
            wake_up(self.courier.destination)  # also where another worker's lane said that it sleeps
        if len(loads) == room:
            self._capacity = min(MOST, self._capacity * 2)
        for load, ready in self._prepare(self._with_answers(loads)):
            if isinstance(ready, Answer):
                self._answers.append((load, replace(ready, is_own=True)))  # the destination was not asked
            else:
                parcel = UnderWay(load, ready, since)
                self._under_way[runner.get_loop().create_task(self._carry_one(parcel))] = parcel

    def _land(self, runner: asyncio.Runner) -> None:
        runner.run(_some(self._under_way))
        if any(parcel.age > QUICK for parcel in self._under_way.values()):
            self._capacity = AT_ONCE
        for task in [task for task in self._under_way if task.done()]:
            parcel = self._under_way.pop(task)
            answer = _certain(parcel.load, task)
            if parcel.ready.is_secret and answer.sent:
                answer = replace(answer, sent=b"")
            ANSWERS.labels(self.courier.destination, answer.verdict.value).inc()
            self._answers.append((parcel.load, answer))

    def _settle(self) -> None:
        """Write the answers; a database that went away meanwhile gets them when it is back.

        Carried anew, the whole batch would be mailed twice: a mail server cannot be asked what it took.
        """
        answers, self._answers = self._answers, []
        if not answers:
            return
        try:
            settle_parcels(answers)
        except DATABASE_AWAY:
            self._answers = answers
            raise
        tell_lane(self.courier.destination, [answer for _, answer in answers])
        if isinstance(self.courier, SetsAside):
            for item, error in self.courier.taken_aside():
                note_aside(self.courier.destination, item, error)

    def _with_answers(self, loads: list[Load]) -> list[Load]:
        """Have the courier ask outside what it must know before these are prepared."""
        if not isinstance(self.courier, AsksFirst):
            return loads
        asked = [(load.id, question) for load in loads if (question := self._foreseen(self.courier, load)) is not None]
        if not asked:
            return loads
        try:
            answers = self.courier.ask_outside([question for _, question in asked])
            brought = dict(zip((load_id for load_id, _ in asked), answers, strict=True))
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 they leave without what was asked: nobody outside holds a batch up
            log.error("lane %s: the asking outside failed with %s", self.courier.destination, type(error).__name__)
            return loads
        return [AnsweredLoad(**vars(load), brought=brought[load.id]) if load.id in brought else load for load in loads]

    def _foreseen(self, courier: AsksFirst, load: Load) -> object:
        try:
            return courier.foresee(load)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 preparing this one meets the same, and says so; the others leave
            log.error("parcel %s cannot be foreseen: %s", load.id, type(error).__name__)
            return None

    def _prepare(self, loads: list[Load]) -> list[tuple[Load, Ready]]:
        if len(loads) < 2 or not isinstance(self.courier, PreparesTogether):
            return [(load, self._prepare_one(load)) for load in loads]
        try:
            ready = self.courier.prepare_all(loads)
            return [(load, ready[load.id]) for load in loads]
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 whatever one parcel brings about, the others leave
            log.error("lane %s: a batch failed with %s; in parts", self.courier.destination, type(error).__name__)
        groups = list(by_pharmacy(loads).values())
        parts = groups if len(groups) > 1 else [[load] for load in loads]
        return [pair for part in parts for pair in self._prepare(part)]

    def _prepare_one(self, load: Load) -> Ready:
        try:
            with tenant_scope(load.pharmacy_id):
                return self.courier.prepare(load)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 a key that cannot be had, a row that is not there, a defect of ours
            # A poison parcel must not block the others: it waits its turn, seen on the work list by its code.
            note_broken_seal(error, origin="worker")
            log.error("parcel %s cannot be prepared: %s", load.id, type(error).__name__)
            return _still_in_doubt(load, Answer(Verdict.POSTPONED, "not_prepared"))

    async def _carry_one(self, parcel: UnderWay) -> Answer:
        load, ready = parcel.load, parcel.ready
        async with self._turns:
            if parcel.age > LATEST:
                return _still_in_doubt(load, Answer(Verdict.POSTPONED, "not_reached", is_own=True))
            if load.state == ParcelState.IN_DOUBT:
                answer = await self.courier.enquire(ready)
                if answer.verdict is not Verdict.UNKNOWN:
                    return _still_in_doubt(load, answer)
            answer = await self.courier.carry(ready)
            return answer if ready.is_secret else replace(answer, sent=ready.body)


async def _some(tasks: Iterable[asyncio.Task[Answer]]) -> None:
    """Wait for a first answer, and a little for those that come with it."""
    done, others = await asyncio.wait(tasks, timeout=IDLE, return_when=asyncio.FIRST_COMPLETED)
    if done and others:
        await asyncio.wait(others, timeout=LINGER)


def _certain(load: Load, task: asyncio.Task[Answer]) -> Answer:
    """Turn a courier's own failure into a doubt: the other parcels still settle."""
    error = task.exception()  # raises CancelledError when the task was cancelled: the lane stops
    if error is None:
        return task.result()
    log.error("parcel %s: the courier failed with %s", load.id, type(error).__name__)
    return Answer(Verdict.DOUBTFUL, "courier_failed", is_own=True)


def _still_in_doubt(load: Load, answer: Answer) -> Answer:
    """Keep the doubt when nothing was learnt: "not sent now" says nothing of the try before."""
    if load.state == ParcelState.IN_DOUBT and answer.verdict is Verdict.POSTPONED:
        return replace(answer, verdict=Verdict.DOUBTFUL)
    return answer


def run_worker(stop: threading.Event) -> None:
    threads = threads_of(stop)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def threads_of(stop: threading.Event) -> list[threading.Thread]:
    """Return one lane per courier that is switched on, who rings their bells, and each duty by itself.

    A reconciliation may take hours, and an alarm must not wait for its end.
    """
    carried = {name: courier for name, courier in couriers().items() if is_switched_on(courier)}
    place = listening_place()
    bells = {name: threading.Event() for name in [*carried, *map(_bell_of, duties())]} if place else {}
    work = {name: Lane(courier, stop, bells.get(name)).run for name, courier in carried.items()}
    work |= {"bell": Listener(bells, stop, place).run} if place else {}
    work |= {name: Round([duty], stop, bells.get(_bell_of(name))).run for name, duty in duties().items()}
    return [threading.Thread(target=run, name=name) for name, run in work.items()]


def _bell_of(duty: str) -> str:
    return f"duty {duty}"  # no destination has a name of two words
