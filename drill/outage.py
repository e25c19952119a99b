"""The authority is down for 72 simulated hours while results keep coming; then it comes back.

    python drill/outage.py [--hours 72] [--each-hour 10] [--rate 50] [--workers 2] [--base-port 9420] [--at-least X]

A demonstration is started, with a rate for the authority. Time passes by moving what the outbox knows of it: once the
results of an hour are signed, every instant of parcels and lanes is set an hour back, as a clock set an hour ahead
would find it. One result of each hour is corrected. When the authority is back, all must arrive: each version once, a
correction after what it corrects, no more in a second than the rate allows, and the counter must not have become
slower. The last line is the share of versions that the authority holds exactly once and in order.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psycopg
from demonstration import Demonstration, add_settings, demonstration
from exactly_once import signed_keys
from producers import Producer, Tally, open_pharmacies
from trouble import ask_sandbox

from temoin.lib.clock import now
from temoin_demo.postgresql.server import EmbeddedServer

PRODUCERS = 2
BEFORE = 40  # results signed while all is well: what the counter is compared with
SLOWER = 1.5  # times the median before; the machine may be busy with others
HOUR = (
    (
        "UPDATE outbox_parcel SET posted_at = posted_at - interval '1 hour', due_at = due_at - interval '1 hour', "
        "lease_until = lease_until - interval '1 hour' WHERE destination = 'fhir' AND settled_at IS NULL"
    ),
    (
        "UPDATE outbox_lane SET paused_until = paused_until - interval '1 hour', "
        "probe_until = probe_until - interval '1 hour', taken_at = taken_at - interval '1 hour'"
    ),
)
LEFT = "SELECT count(*) FROM outbox_parcel WHERE destination = 'fhir' AND settled_at IS NULL"
TRIES = "SELECT max(attempts), sum(attempts) FROM outbox_parcel WHERE destination = 'fhir' AND settled_at IS NULL"


def main() -> int:
    """Start, go through the outage, drain, judge."""
    options = _options()
    with (
        TemporaryDirectory(prefix="temoin-outage-") as name,
        demonstration(Path(name), options.base_port, workers=options.workers) as running,
    ):
        share, sound = drill(running, options)
    print(f"{floor(share * 1000) / 1000:.3f}")
    return 0 if sound and share >= options.at_least else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=int, default=72)
    parser.add_argument("--each-hour", type=int, default=10, help="results signed in each hour")
    parser.add_argument("--rate", type=int, default=50, help="parcels a second that the authority allows")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--base-port", type=int, default=9420)
    parser.add_argument("--at-least", type=float, default=0.0)
    return parser.parse_args()


def drill(running: Demonstration, options: argparse.Namespace) -> tuple[float, bool]:
    """Run the drill; return the share held once and in order, and whether all else is sound as well."""
    from temoin.cli.django_process import become
    from temoin.settings.file import Process

    add_settings(running, f"\n[rates]\nfhir = {options.rate}\n", "worker")
    become(Process.STAFF, running.data)
    addresses = running.ready["addresses"]
    results = BEFORE + options.hours * options.each_hour
    producers = open_pharmacies(int(addresses["staff"].rpartition(":")[2]), PRODUCERS, results + BEFORE)
    for producer in producers:
        producer.sign_in()
    shares = slices(producers, [BEFORE, *[options.each_hour] * options.hours, BEFORE])
    server = EmbeddedServer(running.data)
    with psycopg.connect(
        server.conninfo("postgres", server.superuser_password(), "temoin"), autocommit=True
    ) as database:
        took = {"before": sign(next(shares))}
        wait_until_left(database, 0, 120)
        took["outage"] = outage(database, addresses["sandbox"], shares, options.hours)
        back_at = now()
        ask_sandbox(f"{addresses['sandbox']}/faults", {"off": True})
        took["drain"] = sign(next(shares))
        drain(database)
    share, in_pace = compare(addresses["sandbox"], back_at, options.rate)
    return share, counter_is_as_before(took) and in_pace


def slices(producers: list[Producer], counts: list[int]) -> Iterator[list[Producer]]:
    """Yield the producers with their share of each portion of results."""
    begun = [0] * len(producers)
    for count in counts:
        portion = []
        for place, producer in enumerate(producers):
            share = count // len(producers) + (place < count % len(producers))
            portion.append(replace(producer, records=producer.records[begun[place] : begun[place] + share]))
            begun[place] += share
        yield portion


def sign(producers: list[Producer]) -> list[float]:
    """Sign a portion at the counters; return the seconds that each signature took."""
    tally = Tally()
    tally.may_go_on.set()
    with ThreadPoolExecutor(len(producers)) as pool:
        for done in [pool.submit(producer.sign_all, tally, 0.0) for producer in producers]:
            done.result()
    return tally.took


def outage(database: psycopg.Connection, sandbox: str, shares: Iterator[list[Producer]], hours: int) -> list[float]:
    """Let hours pass with the authority down, half of them silent and half with 503; return the counter's seconds."""
    took: list[float] = []
    for hour in range(hours):
        ask_sandbox(f"{sandbox}/faults", {"down": "close" if hour < hours // 2 else "503"})
        portion = next(shares)
        took += sign(portion)
        correct(portion[0])
        for statement in HOUR:
            database.execute(statement.encode())
    left, tries = database.execute(LEFT).fetchone(), database.execute(TRIES).fetchone()
    if left is None or tries is None:
        raise RuntimeError("the outbox does not answer")
    print(f"{hours} simulated hours: {left[0]} versions wait; {tries[1]} tries in all, {tries[0]} at most with one")
    return took


def correct(producer: Producer) -> None:
    """Correct the portion's first result: its second version waits behind the first."""
    from temoin.pharmacies.seat import take_seat
    from temoin.signin.models import Person
    from temoin.testing.sample import Reading
    from temoin.testing.signing import correct_result

    by = take_seat(person_id=Person.objects.get(email=producer.email).id, pharmacy_id=producer.pharmacy)
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=datetime.fromisoformat(producer.read_at))
    correct_result(by=by, record_id=producer.records[0], expected_version=1, reading=reading, reason="Lecture inversée")


def drain(database: psycopg.Connection) -> None:
    """Wait until all has left; the few that probed for long wait out their own pause in one more simulated hour."""
    began = time.monotonic()
    tried = database.execute(f"{LEFT} AND attempts > 0".encode()).fetchone() or (0,)
    wait_until_left(database, int(tried[0]), 300)
    print(f"all that were never tried left within {time.monotonic() - began:.0f} s")
    for statement in HOUR:
        database.execute(statement.encode())
    wait_until_left(database, 0, 120)
    print(f"nothing waits after {time.monotonic() - began:.0f} s and one more simulated hour")


def wait_until_left(database: psycopg.Connection, most: int, patience: float) -> None:
    """Wait until no more than `most` versions are unsettled."""
    deadline = time.monotonic() + patience
    while (left := database.execute(LEFT).fetchone() or (0,))[0] > most:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{left[0]} versions are still unsettled")
        time.sleep(0.2)


def compare(sandbox: str, back_at: datetime, rate: int) -> tuple[float, bool]:
    """Compare what was signed with what the authority received, and when; return the share without fault."""
    received = documents_received(sandbox)
    places = {key: place for place, (key, _) in enumerate(received)}
    held = Counter(key for key, _ in received)
    signed: dict[UUID, list[str]] = signed_keys()
    keys = [key for versions in signed.values() for key in versions]
    wrong = {key for key in keys if held[key] != 1} | (set(held) - set(keys))
    for versions in signed.values():
        wrong |= {later for first, later in pairwise(versions) if places[first] > places[later]}
    print(f"{len(keys)} versions signed, {held.total()} documents held, {len(wrong)} missing, doubled or out of order")
    seconds = Counter(int((at - back_at).total_seconds()) for _, at in received if at > back_at)
    first = [seconds[second] for second in range(min(seconds), min(seconds) + 5)]
    print(f"received in the first seconds {first}, at most {max(seconds.values())} in a second; the rate is {rate}")
    return 1 - len(wrong) / len(keys), max(seconds.values()) <= 2 * rate  # a second, and what was saved up in one


def documents_received(sandbox: str) -> list[tuple[str, datetime]]:
    """Return key and moment of every document the authority holds, in the order of receipt."""
    found: list[tuple[str, datetime]] = []
    address = f"{sandbox}/fhir/Bundle?_summary=true&_count=500"
    while address:
        page = ask_sandbox(address)
        for entry in page.get("entry", []):
            held = entry["resource"]
            found.append((held["identifier"]["value"], datetime.fromisoformat(held["meta"]["lastUpdated"])))
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    return sorted(found, key=lambda pair: pair[1])


def counter_is_as_before(took: dict[str, list[float]]) -> bool:
    """Tell how long a signature took in each phase, and whether it was about as long in all."""
    medians = {name: statistics.median(seconds) * 1000 for name, seconds in took.items()}
    for name, seconds in took.items():
        worst = statistics.quantiles(seconds, n=20)[-1] * 1000
        print(f"a signature {name}: median {medians[name]:.0f} ms, 95 in 100 within {worst:.0f} ms")
    return max(medians.values()) <= SLOWER * medians["before"]


if __name__ == "__main__":
    sys.exit(main())
