"""Time from signature to acknowledgement at a steady rate of signatures.

    python bench/latency.py [--rate 50] [--minutes 10] [--pharmacies 50] [--workers 2] [--base-port 9410] [--at-least X]

Fifty a second is the national record day's peak as we estimate it. Results are signed by the ordinary action at fixed
moments, whatever happened to the one before; workers, sandbox and database share the machine's cores with them. What
is measured is each parcel's own `posted_at` and `settled_at`. The aims: 95 in 100 within 5 s, 999 in 1,000 within
60 s. The last line is the share acknowledged within 5 s.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time

import psycopg
from full_outbox import Sampled, outbox, sample_tests, wait_until

AIM = 5.0  # seconds
LEFT = "SELECT count(*) FROM outbox_parcel WHERE state <> 'accepted'"
TIMES = """
SELECT percentile_cont(ARRAY[0.5, 0.95, 0.999, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM settled_at - posted_at)),
       avg((settled_at - posted_at < make_interval(secs => %s))::int), count(*), max(attempts)
FROM outbox_parcel WHERE destination = 'fhir'
"""


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with outbox(options.base_port) as quiet:
        began = time.monotonic()
        tests = sample_tests(int(options.rate * options.minutes * 60), options.pharmacies)
        print(f"{len(tests)} tests registered and sampled in {time.monotonic() - began:.0f} s", flush=True)
        with quiet.superuser() as database, quiet.receiver(), quiet.workers(options.workers):
            time.sleep(5)  # the workers start
            sign_steadily(tests, options.rate)
            wait_until(lambda: database.execute(LEFT).fetchone() == (0,), 600)
            share = tell(database)
    print(f"{share:.4f}")
    return 0 if share >= options.at_least else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=50.0, help="signatures a second")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--pharmacies", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--base-port", type=int, default=9410)
    parser.add_argument("--at-least", type=float, default=0.0)
    return parser.parse_args()


def sign_steadily(tests: list[Sampled], rate: float) -> None:
    """Sign each test at its own moment, or at once when that has passed."""
    began, latest = time.monotonic(), 0.0
    for number, test in enumerate(tests):
        due = began + number / rate
        time.sleep(max(0.0, due - time.monotonic()))
        latest = max(latest, time.monotonic() - due)
        test.sign()
    took = time.monotonic() - began
    print(f"{len(tests)} signed in {took:.0f} s, {len(tests) / took:.1f} a second; at most {latest:.1f} s behind")


def tell(database: psycopg.Connection) -> float:
    """Print the percentiles; return the share within the aim."""
    row = database.execute(TIMES, [AIM]).fetchone()
    if row is None:
        raise RuntimeError("nothing was acknowledged")
    (half, most, nearly_all, longest), share, count, attempts = row
    print(f"{count} acknowledged, tries at most {attempts}; load now {os.getloadavg()[0]:.1f}")
    print(f"p50 {half:.2f} s, p95 {most:.2f} s, p99.9 {nearly_all:.2f} s, longest {longest:.2f} s")
    return float(share)


if __name__ == "__main__":
    sys.exit(main())
