"""Parcels per second from a full outbox to a receiver on this machine, beside a bare client posting the same bytes.

    python bench/drain.py [--results 2000] [--pharmacies 20] [--runs 3] [--base-port 9400] [--at-least X]

The workers are the real ones: claim, look event, document, conditional create, the authority's answer parsed, attempt
sealed with both sides, settlement. The limit is an aiohttp client that posts the same documents, made beforehand, over
as many connections, and looks at nothing but the status. The receiver is the sandbox, emptied before each turn: it
validates each document. It shares the cores with whoever sends. Rates depend on what else the machine does; beside them
stands the processor time of sender, database and receiver together, for each parcel. The last line is the median of
the ratios of rates, two workers to the bare client.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import sys
import time

import aiohttp
from full_outbox import Outbox, documents, outbox, sample_tests, wait_until
from seal_cost import processor_time

from temoin.formats.fhir import MEDIA_TYPE, REPORT_KEY_SYSTEM

PATIENCE = 600.0  # seconds for one turn
CONNECTIONS = 16
PUT_BACK = """
TRUNCATE outbox_attempt, outbox_sides;
UPDATE outbox_parcel SET state = 'waiting', attempts = 0, settled_at = NULL, lease_until = NULL, due_at = 'infinity';
VACUUM ANALYZE outbox_parcel;
CHECKPOINT
"""
GO = "UPDATE outbox_parcel SET due_at = posted_at"
IDLE = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'temoin-worker' AND state = 'idle'"
LEFT = "SELECT count(*) FROM outbox_parcel WHERE state <> 'accepted'"
# From the first settlement on, without those that came with it.
RATE = """
SELECT count(*) FILTER (WHERE settled_at > began) / extract(epoch FROM max(settled_at) - min(began)), count(*)
FROM outbox_parcel, (SELECT min(settled_at) AS began FROM outbox_parcel) first
"""


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    found: dict[str, list[tuple[float, float]]] = {"bare client": [], "one worker": [], "two workers": []}
    with outbox(options.base_port) as full:
        began = time.monotonic()
        for test in sample_tests(options.results, options.pharmacies):
            test.sign()
        ready = documents()
        size = statistics.median(len(body) for _, body in ready)
        print(f"{len(ready)} results signed in {time.monotonic() - began:.0f} s, documents of {size:.0f} bytes")
        for run in range(options.runs):
            found["bare client"].append(post(full, ready))
            found["one worker"].append(drain(full, 1))
            found["two workers"].append(drain(full, 2))
            told = ", ".join(f"{name} {turns[-1][0]:.0f}/s" for name, turns in found.items())
            print(f"run {run + 1}: {told} (load {os.getloadavg()[0]:.1f})", flush=True)
    return _judge(found, options.at_least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=2000)
    parser.add_argument("--pharmacies", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--base-port", type=int, default=9400)
    parser.add_argument("--at-least", type=float, default=0.0)
    return parser.parse_args()


def _judge(found: dict[str, list[tuple[float, float]]], at_least: float) -> int:
    for name, turns in found.items():
        rates, times = [rate for rate, _ in turns], [spent for _, spent in turns]
        print(
            f"{name}: median {statistics.median(rates):.0f}/s, spread {min(rates):.0f} to {max(rates):.0f}; "
            f"processor time {statistics.median(times):.2f} ms each, spread {min(times):.2f} to {max(times):.2f}"
        )
    pairs = list(zip(found["two workers"], found["bare client"], strict=True))
    print(f"ratio by processor time {statistics.median(bare[1] / ours[1] for ours, bare in pairs):.3f}")
    ratios = [ours[0] / bare[0] for ours, bare in pairs]
    ratio = statistics.median(ratios)
    print(f"spread of the ratio {min(ratios):.3f} to {max(ratios):.3f}")
    print(f"{ratio:.3f}")
    return 0 if ratio >= at_least else 1


def drain(full: Outbox, workers: int) -> tuple[float, float]:
    """Put every parcel back and let workers carry them all; return parcels a second, and processor milliseconds each.

    They are due once the workers have started: what a start costs is not what is measured.
    """
    with full.superuser() as database:
        for statement in PUT_BACK.split(";"):
            database.execute(statement.encode())
        with full.receiver(), full.workers(workers):
            wait_until(lambda: (database.execute(IDLE).fetchone() or (0,))[0] >= 2 * workers, PATIENCE)
            before = processor_time()
            database.execute(GO)
            wait_until(lambda: database.execute(LEFT).fetchone() == (0,), PATIENCE)
            spent = processor_time() - before
        rate, count = database.execute(RATE).fetchone() or (0, 1)
    return float(rate), spent / count * 1000


def post(full: Outbox, ready: list[tuple[str, bytes]]) -> tuple[float, float]:
    """Post every document with the bare client; return documents a second, and processor milliseconds each."""
    with full.receiver():
        before = processor_time() + time.process_time()
        rate = asyncio.run(post_all(full, ready))
        spent = processor_time() + time.process_time() - before
    return rate, spent / len(ready) * 1000


async def post_all(full: Outbox, ready: list[tuple[str, bytes]]) -> float:
    """Post every document once, with nothing before or after; return how many a second."""
    url = f"http://127.0.0.1:{full.ports.sandbox}/fhir/Bundle"
    waiting = iter(ready)
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
        began = time.monotonic()
        await asyncio.gather(*(_client(session, url, waiting) for _ in range(CONNECTIONS)))
        return len(ready) / (time.monotonic() - began)


async def _client(session: aiohttp.ClientSession, url: str, waiting: object) -> None:
    for key, body in waiting:  # type: ignore[attr-defined] # one iterator shared by all clients
        headers = {"Content-Type": MEDIA_TYPE, "If-None-Exist": f"identifier={REPORT_KEY_SYSTEM}|{key}"}
        async with session.post(url, data=body, headers={**headers, "Prefer": "return=representation"}) as answer:
            await answer.read()
            if answer.status != 201:
                raise RuntimeError(f"not taken: {answer.status}")


if __name__ == "__main__":
    sys.exit(main())
