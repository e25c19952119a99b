"""Turns root and data keys while results are signed, searched and read over HTTP; the turn is killed and gone on with.

    python drill/key_rotation.py [--results 900] [--at-least 1.0]

A staff site is started, tests are registered and sampled, and a row is made in each table that seals what people of a
pharmacy do besides (tests/tampering_material.py): groups, notices to programs, posters, cases. Two clients then sign,
look the patient up and read the record, without a pause in between, while `temoin keys` turns the root key, wraps anew,
and turns the data keys. The latter is killed (kill -9) as soon as some rows of a table are moved and others are not,
and run again to its end, some five minutes later, as an old key is kept until no process can write under it. At the
end, keys of the beginning must be gone, every row of every table must open, and the person must be able to sign in
again. The last line is the share of requests that did not fail.
"""

from __future__ import annotations

import argparse
import http.client
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
sys.path.append(str(Path(__file__).parents[1] / "tests"))
from site_under_load import PASSWORD, Site, Visitor, prepare_tests, sign_in, staff_site

from temoin.crypto.envelope import KEY_ID_SQL

SEARCH = "/patients/"
PACE = 0.5  # seconds from one result of a client to its next: below the pages a minute that one person may open
SPLIT = f"SELECT count(DISTINCT {KEY_ID_SQL}) FROM testing_record"  # noqa: S608


@dataclass(frozen=True)
class Step:
    """One request and what its answer must be: a status, and words in the page or the address it leads to."""

    kind: str
    path: str
    fields: dict[str, str] | None
    status: int
    words: str


class Load:
    """Clients at the counter: every request that does not do what it should is counted."""

    def __init__(self, site: Site, visitor: Visitor, records: list[str]) -> None:
        self._site = site
        self._visitor = visitor
        self._waiting = records
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(2)]
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after the request under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        client = Visitor(self._site.port)
        client.cookies = dict(self._visitor.cookies)
        token = client.token(SEARCH)
        signed = ""
        while not self._stop.is_set():
            began = time.monotonic()
            with self._lock:
                record = self._waiting.pop() if self._waiting else ""
            if record:
                fields = {"csrfmiddlewaretoken": token, "reviewed": "yes", "outcome-sars-cov-2": "negative"}
                self._ask(client, Step("sign", f"/tests/{record}/sign/", fields, 302, f"/tests/{record}/"))
                signed = record
            typed = {"csrfmiddlewaretoken": token, "birth_family_name": "Mesure", "birth_date": "28/03/1979"}
            self._ask(client, Step("search", SEARCH, typed, 200, "MESURE"))
            self._ask(client, Step("read", f"/tests/{signed}/", None, 200, "MESURE"))
            time.sleep(max(0.0, PACE - (time.monotonic() - began)))

    def _ask(self, client: Visitor, step: Step) -> None:
        failure = ""
        try:
            answer = client.get(step.path) if step.fields is None else client.send(step.path, step.fields)
        except (OSError, http.client.HTTPException) as error:
            failure = type(error).__name__
        else:
            status, body, location = answer
            if status != step.status or step.words not in (location if status == 302 else body):
                failure = f"status {status}"
        with self._lock:
            self.counts[step.kind] += 1
            if failure:
                self.failures.append(f"{step.kind}: {failure}")


def main() -> int:
    """Turn keys under load, judge, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=900)
    parser.add_argument("--at-least", type=float, default=1.0)
    options = parser.parse_args()
    with staff_site(2) as site:
        records = prepare_tests(site.folder, options.results)
        print(f"{_fill_tables()} sealed tables have rows")
        visitor = sign_in(site.port)
        _require_a_search_that_tells(visitor)
        load = Load(site, visitor, records)
        before = _ask_database(site, "SELECT id FROM crypto_data_key UNION SELECT id FROM crypto_platform_key")
        load.start()
        try:
            _turn_keys(site)
        finally:
            load.stop()
        faults = _faults(site, before)
        sign_in(site.port).token(SEARCH)  # the second factor opens under the new platform key
    for words in faults + sorted(set(load.failures)):
        print(f"fault: {words}")
    asked = load.counts.total()
    share = (asked - len(load.failures)) / max(1, asked)
    print(", ".join(f"{name} {load.counts[name]}" for name in ("sign", "search", "read")))
    print(f"{floor(share * 1000) / 1000:.3f}")  # one fault in ten thousand must not read 1.000
    return 0 if share >= options.at_least and not faults else 1


def _fill_tables() -> int:
    """Have a person of the pharmacy make a row of every kind; return how many tables have some. Django is loaded."""
    from tampering_material import make_material

    from temoin.keeping.rows import sealed_models
    from temoin.lib.tenant import tenant_scope
    from temoin.pharmacies.actions import seat_member
    from temoin.pharmacies.models import Member, Pharmacy
    from temoin.pharmacies.professions import Profession
    from temoin.pharmacies.seat import seat_of
    from temoin.signin.models import Person

    pharmacy, colleague = Pharmacy.objects.get(), Person.objects.create_user("collegue@exemple.fr", PASSWORD)
    names = {"family_name": "PETIT", "given_name": "Lou", "rpps": ""}
    seat_member(pharmacy_id=pharmacy.id, person_id=colleague.id, profession=Profession.STUDENT, names=names)
    with tenant_scope(pharmacy.id):
        seats = {member.profession: seat_of(member) for member in Member.objects.all()}
    make_material(seats[Profession.TITULAIRE], seats[Profession.STUDENT])
    with tenant_scope(pharmacy.id):
        return sum(model.objects.exclude(sealed=None).exists() for model in sealed_models() if _is_read(model))


def _is_read(model: Any) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [model._meta.db_table])
        return bool(cursor.fetchone()[0])


def _require_a_search_that_tells(visitor: Visitor) -> None:
    fields = {"csrfmiddlewaretoken": visitor.token(SEARCH), "birth_family_name": "Autre", "birth_date": "28/03/1979"}
    if "MESURE" in visitor.send(SEARCH, fields)[1]:
        raise RuntimeError("the page names the patient whether found or not: this drill would prove nothing")


def _turn_keys(site: Site) -> None:
    old_root = _keys(site, "status").split("file:")[1].split()[0]
    print(_keys(site, "rotate-root"), _keys(site, "rewrap"), sep="", end="")
    print(_keys(site, "drop-root", f"file:{old_root}"), end="")
    _kill_in_the_middle(site)
    print(_keys(site, "rotate-data", "--all"), end="")


def _kill_in_the_middle(site: Site) -> None:
    process = subprocess.Popen(_words(site, "rotate-data", "--all"), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while _ask_database(site, SPLIT) != [2]:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError("the turn was over before it could be killed: use more --results")
        time.sleep(0.005)
    process.kill()
    process.wait()
    if _ask_database(site, SPLIT) != [2]:
        raise RuntimeError("the turn was not killed in the middle: use more --results")
    print("killed with some rows under the old key and some under the new")


def _faults(site: Site, before: list[object]) -> list[str]:
    left = set(before) & set(
        _ask_database(site, "SELECT id FROM crypto_data_key UNION SELECT id FROM crypto_platform_key")
    )
    verified = subprocess.run(_words(site, "verify", "--rows", "0"), capture_output=True, text=True, check=False)
    print(verified.stdout, end="")
    faults = [] if verified.returncode == 0 else ["not every row opens"]
    return [*faults, *([f"{len(left)} old keys are left"] if left else [])]


def _keys(site: Site, *words: str) -> str:
    return subprocess.run(_words(site, *words), capture_output=True, text=True, check=True).stdout


def _words(site: Site, verb: str, *rest: str) -> list[str]:
    return [sys.executable, "-m", "temoin.cli.main", "keys", verb, *rest, "--data", str(site.folder)]


def _ask_database(site: Site, sql: str) -> list[object]:
    conninfo = site.server.conninfo("postgres", site.server.superuser_password(), "temoin")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return [row[0] for row in connection.execute(sql.encode()).fetchall()]


if __name__ == "__main__":
    sys.exit(main())
