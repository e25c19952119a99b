"""Parcels per second from a full outbox to a receiver on this machine, beside a bare client posting the same bytes.

    python bench/drain.py [--results 2000] [--pharmacies 20] [--runs 3] [--base-port 9400] [--at-least X]

The workers are the real ones: claim, look event, document, conditional create, the authority's answer parsed, attempt
sealed with both sides, settlement. The limit is an aiohttp client that posts the same documents, made beforehand, over
as many connections, and looks at nothing but the status. The receiver is the sandbox, emptied before each turn: it
validates each document. It shares the cores with whoever sends. The last line is the median of the ratios, two workers
to the bare client.
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
from full_outbox import Outbox, documents, outbox, sign_results, wait_until

from temoin.formats.fhir import MEDIA_TYPE, REPORT_KEY_SYSTEM

PATIENCE = 600.0  # seconds for one turn
CONNECTIONS = 16
PUT_BACK = """
TRUNCATE outbox_attempt;
UPDATE outbox_parcel SET state = 'waiting', attempts = 0, settled_at = NULL, lease_until = NULL, due_at = posted_at;
VACUUM ANALYZE outbox_parcel;
CHECKPOINT
"""
LEFT = "SELECT count(*) FROM outbox_parcel WHERE state <> 'accepted'"
# From the first settlement on: what a worker needs to start is not what is measured.
RATE = """
SELECT count(*) FILTER (WHERE settled_at > began) / extract(epoch FROM max(settled_at) - min(began))
FROM outbox_parcel, (SELECT min(settled_at) AS began FROM outbox_parcel) first
"""


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    rates: dict[str, list[float]] = {"bare client": [], "one worker": [], "two workers": []}
    with outbox(options.base_port) as full:
        began = time.monotonic()
        sign_results(options.results, options.pharmacies)
        ready = documents()
        size = statistics.median(len(body) for _, body in ready)
        print(f"{len(ready)} results signed in {time.monotonic() - began:.0f} s, documents of {size:.0f} bytes")
        for run in range(options.runs):
            with full.receiver():
                rates["bare client"].append(asyncio.run(post_all(full, ready)))
            rates["one worker"].append(drain(full, 1))
            rates["two workers"].append(drain(full, 2))
            told = ", ".join(f"{name} {found[-1]:.0f}/s" for name, found in rates.items())
            print(f"run {run + 1}: {told} (load {os.getloadavg()[0]:.1f})", flush=True)
    return _judge(rates, options.at_least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=2000)
    parser.add_argument("--pharmacies", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--base-port", type=int, default=9400)
    parser.add_argument("--at-least", type=float, default=0.0)
    return parser.parse_args()


def _judge(rates: dict[str, list[float]], at_least: float) -> int:
    for name, found in rates.items():
        print(f"{name}: median {statistics.median(found):.0f}/s, spread {min(found):.0f} to {max(found):.0f}")
    ratios = [ours / bare for ours, bare in zip(rates["two workers"], rates["bare client"], strict=True)]
    ratio = statistics.median(ratios)
    print(f"spread of the ratio {min(ratios):.3f} to {max(ratios):.3f}")
    print(f"{ratio:.3f}")
    return 0 if ratio >= at_least else 1


def drain(full: Outbox, workers: int) -> float:
    """Put every parcel back, let workers carry them all, and return how many a second were settled."""
    with full.superuser() as database:
        for statement in PUT_BACK.split(";"):
            database.execute(statement.encode())
        with full.receiver(), full.workers(workers):
            wait_until(lambda: database.execute(LEFT).fetchone() == (0,), PATIENCE)
        row = database.execute(RATE).fetchone()
    if row is None:
        raise RuntimeError("nothing was settled")
    return float(row[0])


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
