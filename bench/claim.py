"""Claim time and memory with a thousand to a million parcels waiting, and the plan that PostgreSQL follows.

    python bench/claim.py [--most 1000000] [--claims 40] [--base-port 9400] [--at-least X]

Made-up rows, no result behind them: a claim reads nothing else. Each row of the table is the real `claim_parcels` as
the worker's role, claims of 128 one after the other; its parcels are put back each time. The cases are those in which
a queue is known to slow down: many waiting, many of them later versions behind an earlier one, many due much later,
many settled, many destinations. Times depend on what else the machine does, the pages that a claim touches do not: the
last line is the worst ratio of pages, with the fewest parcels to with the most.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import statistics
import sys
import time
from contextlib import closing

import psycopg
from full_outbox import outbox

LANE, BATCH = "fhir", 128
PARCELS = """
INSERT INTO outbox_parcel (pharmacy_id, id, destination, subject_id, chain_id, sequence, key, state, attempts,
    posted_at, due_at, settled_at, lease_until, answer_code, same_count)
SELECT md5((number %% 500)::text)::uuid, gen_random_uuid(), {destination}, chain, chain, {sequence},
    gen_random_uuid()::text, {state}, 0, now() - interval '1 day', {due}, {settled}, NULL, '', 0
FROM (SELECT number, md5({chain})::uuid AS chain FROM generate_series(1, {count}) AS number) made
"""
PLAIN = {
    "destination": f"'{LANE}'",
    "sequence": "1",
    "state": "'waiting'",
    "due": "now() - interval '1 hour' + number * interval '1 millisecond'",
    "settled": "NULL",
    "chain": "'first' || number",
}
# Beside a thousand ordinary parcels, `count` of these.
CASES: dict[str, dict[str, str]] = {
    "waiting": {},
    "behind an earlier version": {
        "sequence": "2",
        "chain": "'later' || number",
        "due": "now() - interval '2 hours' + number * interval '1 millisecond'",
    },
    "due in an hour": {"due": "now() + interval '1 hour'"},
    "settled": {"state": "'accepted'", "settled": "now()"},
    "of other destinations": {"destination": "'other-' || number % 50"},
}
EARLIER = {**PLAIN, "chain": "'later' || number", "due": "now() + interval '1 hour'"}


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--claims", type=int, default=40)
    parser.add_argument("--base-port", type=int, default=9400)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    ratios = {}
    with outbox(options.base_port, "worker") as full, closing(full.superuser()) as database:
        for case in CASES:
            pages = [measure(database, case, count, options.claims) for count in (1_000, options.most)]
            ratios[case] = pages[0] / pages[-1]
        fill(database, "waiting", options.most)
        print("\n".join(plan(database)))
    print(", ".join(f"{case} {ratio:.2f}" for case, ratio in ratios.items()))
    print(f"{min(ratios.values()):.3f}")
    return 0 if min(ratios.values()) >= options.at_least else 1


def measure(database: psycopg.Connection, case: str, count: int, claims: int) -> float:
    """Fill the table, claim, and return the pages that a claim touches."""
    fill(database, case, count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = claim(database, claims)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    pages = int(re.findall(r"shared hit=([0-9]+)", "".join(plan(database)))[0])
    print(
        f"{count:>9,} {case:<26} {statistics.median(times):6.2f} ms a claim of {BATCH} (first {times[0]:.2f}, "
        f"least {min(times):.2f}), {pages} pages, {grown:.0f} MB more (load {os.getloadavg()[0]:.1f})",
        flush=True,
    )
    return pages


def fill(database: psycopg.Connection, case: str, count: int) -> None:
    """Put the case's parcels, and a thousand ordinary ones behind them, in the place of all that was there."""
    database.execute("TRUNCATE outbox_parcel, outbox_attempt, outbox_sides, transmission_difference")
    if case == "behind an earlier version":
        _insert(database, EARLIER, count)
    _insert(database, {**PLAIN, **CASES[case]}, count)
    if case != "waiting":
        _insert(database, {**PLAIN, "chain": "'plain' || number"}, 1_000)
    database.execute("VACUUM ANALYZE outbox_parcel")


def _insert(database: psycopg.Connection, values: dict[str, str], count: int) -> None:
    database.execute(PARCELS.format(count=count, **values).replace("%%", "%").encode())


def claim(database: psycopg.Connection, claims: int) -> list[float]:
    """Claim again and again as a worker does, putting back what was claimed; return milliseconds."""
    from temoin.outbox.queue import claim_parcels

    times = []
    for _ in range(claims):
        began = time.perf_counter()
        loads = claim_parcels(LANE, BATCH)
        times.append((time.perf_counter() - began) * 1000)
        database.execute(
            "UPDATE outbox_parcel SET state = 'waiting', due_at = now(), lease_until = NULL WHERE id = ANY(%s)",
            [[load.id for load in loads]],
        )
    return times


def plan(database: psycopg.Connection) -> list[str]:
    """Return the plan of one more claim, and how it went; nothing of it is kept."""
    from temoin.lib.clock import now
    from temoin.outbox.queue import BEHIND, CLAIM, LEASE

    moment = now()
    values = {"destination": LANE, "now": moment, "limit": BATCH, "lease": moment + LEASE, "behind": BEHIND}
    with database.transaction(force_rollback=True):
        rows = database.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY OFF) {CLAIM}".encode(), values)
        return [str(row[0]) for row in rows.fetchall()]


if __name__ == "__main__":
    sys.exit(main())
