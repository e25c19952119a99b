"""A program that is told of signed results while things are killed: each notice at least once, under one number."""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from producers import Producer

sys.path.append(str(Path(__file__).parents[1] / "tests"))
sys.path.append(str(Path(__file__).parents[1] / "tests" / "webhooks"))
from receiver import Received, Receiver, running_receiver

TOLD = ("result.signed", "authority.acknowledged")
PATIENCE = 60.0  # seconds in which all that is due must be told; a dead worker's lease is then made to end
HOURS = 12  # simulated at most: a notice that is refused again and again waits for an hour at last
# Until the next hour of what is on its way: as a clock set an hour ahead would find it.
HOUR = (
    "UPDATE outbox_duty SET due_at = due_at - interval '1 hour', held_until = held_until - interval '1 hour'",
    "UPDATE webhooks_notice SET due_at = due_at - interval '1 hour' WHERE told_at IS NULL",
    (
        "UPDATE outbox_lane SET paused_until = paused_until - interval '1 hour', "
        "probe_until = probe_until - interval '1 hour' WHERE destination LIKE 'webhook %'"
    ),
)


@contextmanager
def listening(folder: Path, drop: float, dice: random.Random) -> Iterator[Receiver]:
    """Run the program; of a share it keeps the notice and says that it failed."""
    folder.mkdir()
    with running_receiver(folder) as receiver:

        def answer() -> None:
            receiver.status = 500 if dice.random() < drop else 204

        receiver.on_post = answer
        yield receiver


def settings_of(receiver: Receiver) -> str:
    """Return what allows the program's address, and believes its certificate."""
    return f'\n[webhooks]\nallowed_hosts = ["{receiver.name}"]\nauthorities_file = "{receiver.authorities}"\n'


def have_told(producers: list[Producer], receiver: Receiver) -> list[str]:
    """Have it told of each pharmacy; return the secrets. Django is loaded, as the staff site, with these settings."""
    from told_programs import make_reader

    from temoin.pharmacies.seat import take_seat
    from temoin.signin.models import Person
    from temoin.webhooks.actions import register_webhook

    secrets = []
    for producer in producers:
        person = Person.objects.get(email=producer.email)
        by = take_seat(person_id=person.id, pharmacy_id=producer.pharmacy)
        secrets.append(register_webhook(by=by, program_id=make_reader(by), address=receiver.address).text)
    return secrets


def all_told(receiver: Receiver, secrets: list[str], records: Collection[UUID], conninfo: str) -> bool:
    """Wait until each test was told of, and tell whether all is sound."""
    wanted = {(kind, str(record)) for kind in TOLD for record in records}
    hours = 0
    while (missing := _missing_after(PATIENCE, receiver, wanted)) and hours < HOURS:
        hours += 1
        with psycopg.connect(conninfo, autocommit=True) as database:
            for statement in HOUR:
                database.execute(statement.encode())
    numbers = _numbers(receiver)
    doubled = [about for about in wanted if len(numbers.get(about, set())) > 1]
    forged = [one for one in receiver.came if not _is_signed(one, secrets)]
    came, distinct = len(receiver.came), len({one.headers["webhook-id"] for one in receiver.came})
    print(f"{came} notices came, {came - distinct} of them again under the same number; {hours} simulated hours")
    for fault, found in (("missing", missing), ("under two numbers", doubled), ("not signed", forged)):
        if found:
            print(f"FAULT {len(found)} notices {fault}")
    return not missing and not doubled and not forged


def _missing_after(patience: float, receiver: Receiver, wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return what was not told, once nothing is missing or some time has passed."""
    deadline = time.monotonic() + patience
    while (missing := wanted - _numbers(receiver).keys()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return missing


def _numbers(receiver: Receiver) -> dict[tuple[str, str], set[str]]:
    """Return under which numbers each thing was told."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in list(receiver.came):
        about = one.told["type"], one.told["data"]["test_id"]
        found[about].add(one.headers["webhook-id"])
    return found


def _is_signed(one: Received, secrets: list[str]) -> bool:
    from temoin.webhooks.signing import signed_headers

    number, moment = one.headers["webhook-id"], int(one.headers["webhook-timestamp"])
    shown = one.headers["webhook-signature"]
    return any(signed_headers(number, moment, one.body, [each])["webhook-signature"] == shown for each in secrets)
