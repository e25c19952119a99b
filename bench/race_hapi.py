"""Results a second down our whole road, and the same results stored by HAPI FHIR JPA on the same machine, turn by turn.

    python bench/race_hapi.py --hapi h2=http://127.0.0.1:8080/fhir [--hapi postgres=http://127.0.0.1:8081/fhir,PID,PID]
        [--results 200] [--clients 8] [--runs 5] [--warm-up 3000] [--at-least X]

Our road is that of `bench/sign.py`: over HTTP, with session, rights and forged-form check, one commit with the sealed
version, the journal's event and the outbox's parcels. Right after each round of it the documents of the very results
just signed, made as the courier makes them, are posted to a server, so that whatever else the machine does falls on
both alike. Each server stores them in two ways:

- `document`: what an authority's HAPI stores of us. The courier's own request, a conditional create of the Bundle with
  the key as `If-None-Exist` and the stored document as the answer. HAPI keeps one resource and indexes the Bundle
  alone: nobody finds it by patient.
- `transaction`: the same resources, each one stored and indexed, as a server needs them that is asked for a patient's
  results. One transaction Bundle with a conditional create of each resource that has an identifier: patient,
  signer and pharmacy are created once, report and composition for each result.

What is equal: the machine and its hour, the client and the number of its kept connections, HTTP without TLS, no
validation of profiles, a commit that is on disk. What the servers are spared: whoever asks is not identified, nothing
is sealed, journalled or put into an outbox. What we are spared: our site reads a form, not a document of 12 kB, which
the worker makes later. A second ratio has that time added to ours, as it took here, in one process.

What each server must be, since a race against a hindered one shows nothing: HAPI FHIR JPA of R4 on this machine, alone
on it beside this bench, on a database that writes each commit to disk (H2: `jdbc:h2:file:…;WRITE_DELAY=0`;
PostgreSQL: `fsync` and `synchronous_commit` on, 256 MB of shared buffers as ours), validation of requests,
subscriptions, full-text index and access log off (of these its starter has the log alone), 2 GB of heap.
Both are warmed up: each server by `--warm-up` documents in each way, and the rates of their quarters tell whether its
compiler was done. The invented documents stay there.

Rates depend on what else the machine does. Where the processes of a server are named, its database's with it, the
processor time of all that takes part stands beside them. The last line is the median ratio of rates against the fastest
server and way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

from full_outbox import documents
from kept_connection import kept_connection
from sign import PLANNED, THREADS, Cost, measure_signing, sign_all
from site_under_load import Site, Visitor, prepare_tests, processor_time, sign_in, staff_site

from temoin.formats.fhir import MEDIA_TYPE
from temoin.formats.fhir.questions import creating

QUARTERS = 4


@dataclass(frozen=True)
class Request:
    """What is posted, and what the answer holds once it is stored."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: bytes
    proof: bytes


def as_document(key: str, body: bytes) -> Request:
    """Ask as the courier does."""
    return Request("/Bundle", creating(key), body, b" 201", key.encode())


def as_transaction(_key: str, body: bytes) -> Request:
    """Ask to store each resource of the document."""
    entries = [{**entry, "request": _creation(entry["resource"])} for entry in json.loads(body)["entry"]]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
    return Request("", headers, json.dumps(bundle).encode(), b" 200", b'"201 Created"')


def _creation(resource: dict[str, object]) -> dict[str, str]:
    request = {"method": "POST", "url": str(resource["resourceType"])}
    found = resource.get("identifier")
    for identifier in (found if isinstance(found, list) else [found])[:1]:
        if isinstance(identifier, dict):
            request["ifNoneExist"] = f"identifier={identifier['system']}|{identifier['value']}"
    return request


WAYS: dict[str, Callable[[str, bytes], Request]] = {"document": as_document, "transaction": as_transaction}


@dataclass(frozen=True)
class Turn:
    """What one round of each side found; `made` is how long a document took."""

    ours: Cost
    made: float
    theirs: Cost

    @property
    def ratio(self) -> float:
        """How many times as fast we were."""
        return self.ours.rate / self.theirs.rate

    @property
    def ratio_with_documents(self) -> float:
        return 1 / (1 / self.ours.rate + self.made) / self.theirs.rate

    @property
    def ratio_by_processor(self) -> float:
        return self.theirs.processor / self.ours.processor


@dataclass(frozen=True)
class Rival:
    """A server, one way of storing there, and what was found."""

    label: str
    address: str
    processes: Sequence[int]
    way: str
    turns: list[Turn] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.label}, {self.way}"

    def median(self) -> float:
        return statistics.median(turn.ratio for turn in self.turns)


def main() -> int:
    """Race, print, and judge."""
    options = _options()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    rivals = [Rival(*server, way) for server in options.hapi for way in WAYS]
    for label, address, _ in options.hapi:
        print(f"{label}: {_software(address)}")
    with staff_site(options.workers) as site:
        _race(site, rivals, options)
    for rival in rivals:
        _print_ratios(rival)
    ratio = min(rival.median() for rival in rivals)
    print(f"{ratio:.3f}")
    return 0 if ratio >= options.at_least else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hapi", type=_server, action="append", required=True, help="LABEL=BASE[,PID…]")
    parser.add_argument("--results", type=int, default=200, help="of each round")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--warm-up", type=int, default=3000)
    parser.add_argument("--at-least", type=float, default=0.0)
    return parser.parse_args()


def _server(text: str) -> tuple[str, str, list[int]]:
    label, _, told = text.partition("=")
    address, *processes = told.split(",")
    if not address.startswith("http://"):
        raise argparse.ArgumentTypeError("give LABEL=http://…")
    return label, address.rstrip("/"), [int(number) for number in processes]


def _software(address: str) -> str:
    with urllib.request.urlopen(f"{address}/metadata", timeout=60) as answer:  # noqa: S310 http alone passed
        told = json.load(answer).get("software", {})
    return f"{told.get('name', 'unnamed')} {told.get('version', '')}".strip()


def _race(site: Site, rivals: Sequence[Rival], options: argparse.Namespace) -> None:
    records = prepare_tests(site.folder, max(options.results, options.workers * THREADS * PLANNED))
    visitor = sign_in(site.port)
    asyncio.run(sign_all(site, visitor, records, options.clients))
    example = documents(records[:1])[0]
    for rival in rivals:
        _warm_up(rival, example, options)
    for turn in range(options.runs):
        for rival in rivals:
            rival.turns.append(found := _run_round(site, visitor, rival, options))
            theirs = found.theirs if rival.processes else f"{found.theirs.rate:.1f}/s"
            load = os.getloadavg()[0]
            print(f"turn {turn + 1}: ours {found.ours}; {rival.name} {theirs} (load {load:.1f})", flush=True)


def _warm_up(rival: Rival, example: tuple[str, bytes], options: argparse.Namespace) -> None:
    _stored(rival, [_copy(*example)], 1)  # alone: what is created once is there for all who follow
    share = options.warm_up // QUARTERS
    rates = [_stored(rival, [_copy(*example) for _ in range(share)], options.clients).rate for _ in range(QUARTERS)]
    print(f"{rival.name}, warming up: {', '.join(f'{rate:.1f}' for rate in rates)}/s", flush=True)


def _copy(key: str, body: bytes) -> tuple[str, bytes]:
    """Return the document of a result like this one, with a key and a record of its own."""
    record = json.loads(body)["entry"][0]["resource"]["identifier"]["value"]
    new, new_record = str(uuid4()), str(uuid4())
    return new, body.replace(key.encode(), new.encode()).replace(record.encode(), new_record.encode())


def _run_round(site: Site, visitor: Visitor, rival: Rival, options: argparse.Namespace) -> Turn:
    records = prepare_tests(site.folder, options.results)
    ours = measure_signing(site, visitor, records, options.clients)
    began = time.monotonic()
    ready = documents(records)
    made = (time.monotonic() - began) / len(records)
    if len(ready) != len(records):
        raise RuntimeError(f"{len(records)} results were signed, and {len(ready)} documents made")
    return Turn(ours, made, _stored(rival, ready, options.clients))


def _stored(rival: Rival, ready: Sequence[tuple[str, bytes]], clients: int) -> Cost:
    """Post every document once, `clients` at a time on kept connections."""
    waiting = [WAYS[rival.way](key, body) for key, body in ready]
    before = processor_time(*rival.processes)
    seconds = asyncio.run(_post(rival.address, waiting, clients))
    return Cost(len(ready) / seconds, (processor_time(*rival.processes) - before) / len(ready))


async def _post(address: str, waiting: list[Request], clients: int) -> float:
    began = time.monotonic()
    await asyncio.gather(*(_client(address, waiting) for _ in range(clients)))
    return time.monotonic() - began


async def _client(address: str, waiting: list[Request]) -> None:
    url = urlsplit(address)
    async with kept_connection(url.hostname or "", url.port or 80) as connection:
        while waiting:
            request = waiting.pop()
            head, body = await connection.post(url.path + request.path, request.headers, request.body)
            if not head.split(b"\r\n")[0].startswith(b"HTTP/1.1" + request.status) or request.proof not in body:
                raise RuntimeError(f"not stored: {head[:60]!r} {body[:600]!r}")


def _print_ratios(rival: Rival) -> None:
    print(f"{rival.name}:")
    for name, rates in (
        ("ours", [turn.ours.rate for turn in rival.turns]),
        ("theirs", [turn.theirs.rate for turn in rival.turns]),
    ):
        print(f"  {name}: median {statistics.median(rates):.1f}/s, spread {min(rates):.1f} to {max(rates):.1f}")
    _print_ratio("ratio", [turn.ratio for turn in rival.turns])
    _print_ratio("with the documents made", [turn.ratio_with_documents for turn in rival.turns])
    if rival.processes:
        _print_ratio("by processor time", [turn.ratio_by_processor for turn in rival.turns])


def _print_ratio(name: str, ratios: Sequence[float]) -> None:
    spread = f"{min(ratios):.3f} to {max(ratios):.3f} in {len(ratios)} turns"
    print(f"  {name}: median {statistics.median(ratios):.3f}, {spread}")


if __name__ == "__main__":
    sys.exit(main())
