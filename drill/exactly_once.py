"""Kills Témoin at random while results are signed, and counts what the authority holds.

    python drill/exactly_once.py [--ways] [--through WAY] [--results N] [--producers N] [--workers N] [--kills N]
                                 [--drop SHARE] [--outages N] [--kill-database] [--full] [--seed N] [--base-port N]
                                 [--at-least X]

A demonstration is started. Producers sign over HTTP, each sending its form again when the line is cut, while workers,
the staff site and its server processes are killed with -9, and the authority drops a share of its answers after
storing. Then, within 60 s of the last blow, no parcel may be unsettled, and three independent counts must agree:
the tests of the drill (one signed version each), the keys of all signed versions, and the keys that the authority says
it holds: by its own search, or as it counts them by the key of the channel, where a copy with other content is a fault.
A program is told of each result meanwhile (notices.py): all notices must come, and again only under the same number.
The last line is the share of results that the authority holds exactly once.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from demonstration import Demonstration, add_settings, demonstration
from notices import Receiver, all_told, have_told, listening, settings_of
from producers import Producer, Tally, open_pharmacies
from trouble import Trouble, ask_sandbox

from temoin.outbox.channel import Held
from temoin.settings.channels import all_channels

PATIENCE = 60.0  # seconds from the last blow until nothing is unsettled
PACE = 3.0  # seconds of signing for each kill, so that there is always something under way to be killed
SLOW = 0.1  # seconds the authority takes to answer, for the same reason
BACKLOG = 300  # parcels under way at which signing pauses: the drill shows recovery, not the speed of a busy machine
FULL = {"results": 10_000, "producers": 8, "workers": 4, "kills": 40, "drop": 0.01, "outages": 2, "kill_database": True}


def main() -> int:
    """Start, strike, wait, count, judge."""
    options = _options()
    if options.ways:
        print("\n".join(held_ways()))
        return 0
    print(f"seed {options.seed}", flush=True)
    with (
        TemporaryDirectory(prefix="temoin-drill-") as name,
        demonstration(Path(name), options.base_port, workers=options.workers, through=options.through) as running,
        listening(Path(name) / "program", options.drop, random.Random(options.seed)) as program,  # noqa: S311 dice
    ):
        share, sound = drill(running, options, program)
    print(f"{floor(share * 1000) / 1000:.3f}")  # one fault in ten thousand must not read 1.000
    return 0 if sound and share >= options.at_least else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--through", choices=held_ways(), default="fhir", help="way to the authority (default: fhir)")
    parser.add_argument("--ways", action="store_true", help="only name the ways, one on each line")
    parser.add_argument("--results", type=int, default=1000)
    parser.add_argument("--producers", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--drop", type=float, default=0.05, help="share of answers dropped after storing")
    parser.add_argument("--outages", type=int, default=0, help="how often the authority is down for ten seconds")
    parser.add_argument("--kill-database", action="store_true", help="kill the database server once, half way")
    parser.add_argument("--full", action="store_true", help=f"the figures of the long drill: {FULL}")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the dice that choose victims")
    parser.add_argument("--base-port", type=int, default=9300)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    if options.full:
        vars(options).update(FULL)
    return options


def drill(running: Demonstration, options: argparse.Namespace, program: Receiver) -> tuple[float, bool]:
    """Run the drill; return the share held exactly once, and whether all else is sound as well."""
    from temoin.cli.django_process import become
    from temoin.settings.file import Process
    from temoin_demo.postgresql.server import EmbeddedServer

    add_settings(running, settings_of(program), "worker")
    become(Process.STAFF, running.data)
    from django.db import connection

    addresses = running.ready["addresses"]
    began = time.monotonic()
    producers = open_pharmacies(int(addresses["staff"].rpartition(":")[2]), options.producers, options.results)
    secrets_of_program = have_told(producers, program)
    print(f"{options.results} tests registered and sampled in {time.monotonic() - began:.0f} s")
    for producer in producers:
        producer.sign_in()
    ask_sandbox(f"{addresses['sandbox']}/faults", {"drop_answer": options.drop, "slow": SLOW, "seed": options.seed})
    quiet_from = sign_under_blows(running, producers, options)
    connection.close()  # the server may have been killed after the last look
    ask_sandbox(f"{addresses['sandbox']}/faults", {"off": True})
    in_time = wait_settled(quiet_from)
    held = held_by(options.through)(addresses["sandbox"])
    records = [record for producer in producers for record in producer.records]
    share, keys = compare(records, held)
    server = EmbeddedServer(running.data)
    superuser = server.conninfo("postgres", server.superuser_password(), "temoin")
    is_told = all_told(program, secrets_of_program, records, superuser)
    return share, letters_arrived(addresses["sandbox"], keys) and in_time and is_told


def sign_under_blows(running: Demonstration, producers: list[Producer], options: argparse.Namespace) -> float:
    """Sign everything while things are killed; return when the last blow or the last signature was."""
    tally = Tally()
    trouble = Trouble(running, lambda: tally.signed / options.results, random.Random(options.seed))  # noqa: S311 dice
    blows = {"kills": options.kills, "outages": options.outages, "kill_database": options.kill_database}
    pause = len(producers) * options.kills * PACE / options.results
    with ThreadPoolExecutor(len(producers) + 1) as pool:
        striking = pool.submit(trouble.strike_all, **blows)
        signing = [pool.submit(producer.sign_all, tally, pause) for producer in producers]
        while not all(done.done() for done in signing):
            hold_at_backlog(tally)
        if any(done.exception() for done in signing):
            trouble.stop.set()  # it would wait for signatures that never come
        for done in (*signing, striking):
            done.result()
    blows_told = ", ".join(f"{count} x {name}" for name, count in sorted(trouble.blows.items()))
    print(f"blows: {blows_told}")
    print(f"{tally.signed} results signed, {tally.sent_again} forms sent again")
    return max(trouble.last_at, tally.finished_at)


def hold_at_backlog(tally: Tally) -> None:
    """Let the producers go on while few parcels are under way; without a database nobody can tell."""
    from django.db import InterfaceError, OperationalError, connection

    try:
        waiting = _unsettled().total()
    except (InterfaceError, OperationalError):
        connection.close()
        waiting = 0
    if waiting > BACKLOG:
        tally.may_go_on.clear()
    else:
        tally.may_go_on.set()
    time.sleep(0.5)


def wait_settled(quiet_from: float) -> bool:
    """Wait until no parcel of any pharmacy is under way; tell whether it came in time."""
    while left := _unsettled():
        if time.monotonic() > quiet_from + PATIENCE:
            print(f"UNSETTLED {PATIENCE:.0f} s after the last blow: {dict(left)}")
            return False
        time.sleep(0.5)
    print(f"nothing unsettled {time.monotonic() - quiet_from:.0f} s after the last blow or signature")
    return True


def _unsettled() -> Counter[tuple[str, str]]:
    from temoin.outbox.models import Parcel
    from temoin.outbox.states import SETTLED

    found: Counter[tuple[str, str]] = Counter()
    for _ in _pharmacies():
        found.update(Parcel.objects.exclude(state__in=SETTLED).values_list("destination", "state"))
    return found


def _pharmacies() -> Any:
    """Enter each pharmacy's scope in turn."""
    from temoin.lib.tenant import tenant_scope
    from temoin.pharmacies.models import Pharmacy

    for pharmacy in Pharmacy.objects.all():
        with tenant_scope(pharmacy.id):
            yield pharmacy


def signed_keys() -> dict[UUID, list[str]]:
    """Open every signed version of every pharmacy; return the keys by record, the oldest version first."""
    from temoin.testing.models import RecordVersion

    keys: dict[UUID, list[str]] = {}
    for _ in _pharmacies():
        for version in RecordVersion.objects.order_by("number").iterator():
            keys.setdefault(version.record_id, []).append(version.report.key)
    return keys


def compare(records: list[UUID], held: Counter[str]) -> tuple[float, set[str]]:
    """Compare the three counts; return the share without fault, and the keys of the drill's own results.

    Every difference is told by its number, never by what it holds.
    """
    signed = signed_keys()
    keys = [key for found in signed.values() for key in found]
    faults = {
        "tests of the drill without exactly one signed version": [
            record for record in records if len(signed.get(record, [])) != 1
        ],
        "keys signed more than once": [key for key, count in Counter(keys).items() if count > 1],
        "signed keys that the authority lacks": [key for key in keys if not held[key]],
        "signed keys that the authority holds more than once": [key for key in keys if held[key] > 1],
        "keys of the authority that nobody signed": sorted(set(held) - set(keys)),
    }
    for name, found in faults.items():
        if found:
            print(f"FAULT {len(found)} {name}")
    print(f"{len(keys)} versions signed ({len(records)} by the drill), {held.total()} held by the authority")
    wrong = len({str(item) for found in faults.values() for item in found})
    own_keys = {key for record in records for key in signed.get(record, [])}
    return 1 - wrong / max(len(keys), len(records)), own_keys


def held_ways() -> dict[str, Held]:
    """Return the channels whose other side tells what it keeps."""
    return {each.name: each.held for each in all_channels() if each.held is not None}


def held_by(way: str) -> Callable[[str], Counter[str]]:
    """Return what counts how many copies the authority holds under each key, as the channel says where it tells it."""
    held = held_ways()[way]
    if held.is_search:
        return lambda sandbox: searched(f"{sandbox}{held.path}")
    return lambda sandbox: _kept(ask_sandbox(f"{sandbox}{held.path}"), held.key)


def searched(address: str) -> Counter[str]:
    """Return how many documents bear each identifier, by the authority's own search, page after page."""
    held: Counter[str] = Counter()
    while address:
        page = ask_sandbox(address)
        held.update(entry["resource"]["identifier"]["value"] for entry in page.get("entry", []))
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    return held


def _kept(kept: list[dict[str, Any]], key: str) -> Counter[str]:
    """Count a copy with other content again: the first and the second are not the same result."""
    again = sum(each["copies"] - 1 for each in kept)
    print(f"{again} came again under a key that was kept already")
    held: Counter[str] = Counter()
    for each in kept:
        held[each[key]] += 1 + each["differing"]
    return held


def letters_arrived(sandbox: str, keys: set[str]) -> bool:
    """Tell whether each result of the drill has its message; one that came twice must be the same message."""
    # A Message-ID is the parcel's key, a token after a dot, and our domain.
    came = {
        message["message_id"].strip("<>").partition(".")[0]: message for message in ask_sandbox(f"{sandbox}/messages")
    }
    ours = [came[key] for key in keys if key in came]
    twice = [message for message in ours if message["count"] > 1]
    unlike = [message for message in ours if message["texts"] > 1]
    print(f"{len(ours)} of {len(keys)} results have their message in the mailbox")
    print(f"{len(twice)} messages came more than once (SMTP cannot be asked: same Message-ID, same link)")
    if unlike:
        print(f"FAULT {len(unlike)} messages came again with another link")
    return len(ours) == len(keys) and not unlike


if __name__ == "__main__":
    sys.exit(main())
