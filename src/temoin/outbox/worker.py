"""The worker: one lane per destination, so that a slow authority never delays the patients' messages."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from itertools import groupby

from django.db import InterfaceError, OperationalError, connection

from temoin.lib.errors import TemoinError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Consignment, Courier, Load, Verdict, couriers
from temoin.outbox.duties import Round, duties
from temoin.outbox.queue import claim_parcels, settle_parcels
from temoin.outbox.states import ParcelState

log = logging.getLogger("temoin.outbox")

BATCH = 32  # parcels a lane has under way at once
IDLE = 0.4  # seconds between looks at an empty queue


class Lane:
    """Carries the parcels of one destination, batch after batch, in its own thread."""

    def __init__(self, courier: Courier, stop: threading.Event) -> None:
        self.courier = courier
        self.stop = stop
        self._answers: list[tuple[Load, Answer]] = []

    def run(self) -> None:
        """Work until told to stop. This is the one place that outlives any error (style.md, Errors)."""
        failures = 0
        with asyncio.Runner() as runner:
            while not self.stop.is_set():
                try:
                    busy = self.carry_batch(runner)
                    failures = 0
                except Exception as error:  # noqa: BLE001 outermost loop: log the type only, wait, go on
                    failures += 1
                    log.error("lane %s: %s; next try in a moment", self.courier.destination, type(error).__name__)
                    connection.close()
                    busy = False
                if not busy:
                    self.stop.wait(min(30.0, IDLE * 2 ** min(failures, 6)))
            runner.run(self.courier.close())
        connection.close()

    def carry_batch(self, runner: asyncio.Runner) -> bool:
        """Claim, prepare, carry and settle one batch; tell whether there was anything to do."""
        self._settle()
        loads = claim_parcels(self.courier.destination, BATCH)
        if not loads:
            return False
        self._answers = runner.run(self._carry_all(self._prepare(loads)))
        self._settle()
        return True

    def _settle(self) -> None:
        """Write the answers; a database that went away meanwhile gets them when it is back.

        Carried anew, the whole batch would be mailed twice: a mail server cannot be asked what it took.
        """
        answers, self._answers = self._answers, []
        try:
            settle_parcels(answers)
        except (OperationalError, InterfaceError):
            self._answers = answers
            raise

    def _prepare(self, loads: list[Load]) -> list[tuple[Load, Consignment | Answer]]:
        loads = sorted(loads, key=lambda load: load.pharmacy_id)
        prepared: list[tuple[Load, Consignment | Answer]] = []
        for _, group in groupby(loads, key=lambda load: load.pharmacy_id):
            prepared += [(load, self._prepare_one(load)) for load in group]
        return prepared

    def _prepare_one(self, load: Load) -> Consignment | Answer:
        try:
            with tenant_scope(load.pharmacy_id):
                return self.courier.prepare(load)
        except (TemoinError, ValueError, LookupError, TypeError, AttributeError) as error:
            # A poison parcel must not block the others: it waits its turn, seen on the work list by its code.
            log.error("parcel %s cannot be prepared: %s", load.id, type(error).__name__)
            return _still_in_doubt(load, Answer(Verdict.POSTPONED, "not_prepared"))

    async def _carry_all(self, prepared: list[tuple[Load, Consignment | Answer]]) -> list[tuple[Load, Answer]]:
        carried = (self._carry_one(load, ready) for load, ready in prepared)
        answers = await asyncio.gather(*carried, return_exceptions=True)
        return [(load, _certain(load, answer)) for (load, _), answer in zip(prepared, answers, strict=True)]

    async def _carry_one(self, load: Load, ready: Consignment | Answer) -> Answer:
        if isinstance(ready, Answer):
            return ready
        if load.state == ParcelState.IN_DOUBT:
            answer = await self.courier.enquire(ready)
            if answer.verdict is not Verdict.UNKNOWN:
                return _still_in_doubt(load, answer)
        return await self.courier.carry(ready)


def _certain(load: Load, answer: Answer | BaseException) -> Answer:
    """Turn a courier's own failure into a doubt: the other parcels of the batch still settle."""
    if isinstance(answer, Answer):
        return answer
    if not isinstance(answer, Exception):
        raise answer
    log.error("parcel %s: the courier failed with %s", load.id, type(answer).__name__)
    return Answer(Verdict.DOUBTFUL, "courier_failed")


def _still_in_doubt(load: Load, answer: Answer) -> Answer:
    """Keep the doubt when nothing was learnt: "not sent now" says nothing of the try before."""
    if load.state == ParcelState.IN_DOUBT and answer.verdict is Verdict.POSTPONED:
        return replace(answer, verdict=Verdict.DOUBTFUL)
    return answer


def run_worker(stop: threading.Event) -> None:
    """Run one lane per registered courier, and the round of duties, until `stop` is set."""
    threads = [threading.Thread(target=Lane(courier, stop).run, name=name) for name, courier in couriers().items()]
    threads.append(threading.Thread(target=Round(duties().values(), stop).run, name="duties"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
