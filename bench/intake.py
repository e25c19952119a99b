"""Results taken in from a file per second, beside raw COPY of rows of the same number and width in the same run.

    python bench/intake.py [--rows 10000] [--runs 3] [--base-port 9700] [--at-least 0.08] [--at-least-rate 1500]

The import is the real one (`temoin import results` calls the same function): the file is read and judged, every row is
checked, its patient found or registered, its result signed with record, version, event and parcels, and all is sealed.
One result in four is of a patient known already. The limit is COPY of rows with the same bytes in each column into
tables without index, key or policy, by one connection.

Beside the rates, which depend on what else the machine does, stands the processor time of both sides: this process and
all of the database. The last line is the ratio of the median rates; the line above it, that of the processor times.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import platform
import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from full_outbox import Outbox, outbox
from psycopg import sql
from site_under_load import processor_time

COLUMNS = [
    *(f"patient_{part}" for part in ("last_name", "first_name", "street", "city", "state", "zip_code", "county")),
    *("patient_phone_number", "patient_dob", "patient_gender", "accession_number", "equipment_model_name"),
    *("test_performed_code", "test_result", "order_test_date", "test_result_date", "specimen_type"),
    *(f"ordering_provider_{part}" for part in ("id", "last_name", "first_name", "street", "city", "state")),
    *("ordering_provider_zip_code", "ordering_provider_phone_number"),
    *(f"testing_lab_{part}" for part in ("clia", "name", "street", "city", "state", "zip_code")),
]
WRITTEN = ("patients_patient", "testing_record", "testing_record_version", "journal_event", "outbox_parcel")


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}"
    )
    imports: list[Turn] = []
    copies: list[Turn] = []
    with outbox(options.base_port) as place:
        by, number = _owner()
        for run in range(options.runs):
            file = _file(number, run, options.rows)
            with _measured(imports, options.rows):
                _import(by, file)
            _copy(place, copies, options.rows)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"run {run + 1}: import {imports[-1]}, COPY {copies[-1]}; {peak} MB at most")
    rate = statistics.median(turn.rate for turn in imports)
    ratio = rate / statistics.median(turn.rate for turn in copies)
    own = statistics.median(turn.processor for turn in imports)
    print(f"{rate:.0f} results/s, {own:.2f} ms of processor each")
    print(f"ratio by processor time {statistics.median(turn.processor for turn in copies) / own:.3f}")
    print(f"{ratio:.3f}")
    return 0 if ratio >= options.at_least and rate >= options.at_least_rate else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--base-port", type=int, default=9700)
    parser.add_argument("--at-least", type=float, default=0.0)
    parser.add_argument("--at-least-rate", type=float, default=0.0)
    return parser.parse_args()


@dataclass(frozen=True)
class Turn:
    """One measurement: results a second, and milliseconds of processor for each, here and in the database."""

    rate: float
    processor: float

    def __str__(self) -> str:
        return f"{self.rate:.0f} results/s and {self.processor:.3f} ms of processor each"


@contextmanager
def _measured(turns: list[Turn], rows: int) -> Iterator[None]:
    began, before = time.monotonic(), processor_time()
    yield
    turns.append(Turn(rows / (time.monotonic() - began), (processor_time() - before) / rows * 1000))


def _owner() -> tuple[Any, str]:
    """Open a pharmacy; return its owner's seat and its FINESS number, whose results need nobody's leave."""
    from temoin.pharmacies.actions import open_pharmacy, seat_member
    from temoin.pharmacies.professions import Profession
    from temoin.pharmacies.seat import take_seat
    from temoin.signin.models import Person

    address = {"street": "1 place du Marché", "postcode": "51000", "city": "Châlons", "phone": "+33199000000"}
    pharmacy = open_pharmacy(finess="510000003", name="Pharmacie de la mesure", address=address, is_demo=True)
    person = Person(email="mesure@exemple.fr")
    person.save()
    names = {"family_name": "MARTIN", "given_name": "Claire", "rpps": "10003879623"}
    seat_member(pharmacy_id=pharmacy.id, person_id=person.id, profession=Profession.TITULAIRE, names=names)
    return take_seat(person_id=person.id, pharmacy_id=pharmacy.id, origin="import"), pharmacy.finess


def _file(number: str, run: int, rows: int) -> io.BytesIO:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in range(rows):
        person = row - row % 4 // 3  # one in four is that of the row before
        writer.writerow(_row(number, f"{run}-{row}", f"{run:02}{person:06}"))
    return io.BytesIO(text.getvalue().encode())


def _row(number: str, accession: str, person: str) -> list[str]:
    street = ("12 rue du Port", "Rennes", "FR", "35000")
    name = "".join(chr(ord("A") + int(digit)) for digit in person)
    patient = (f"MESURE{name}", "Camille", *street, "Ille-et-Vilaine", "02 99 00 00 00", f"19{person[-2:]}-03-28", "F")
    test = (accession, "ID NOW", "94534-5", "Negative", "2026-01-12T09:00", "2026-01-12T09:30", "Nasal Swab")
    return [*patient, *test, "10003879623", "MARTIN", "Claire", *street, "02 99 00 00 00", number, "Mesure", *street]


def _import(by: Any, file: io.BytesIO) -> None:
    """Take a file in; RuntimeError when a row was not stored."""
    from temoin.intake.results import import_results
    from temoin.intake.sameness import Sameness

    told: list[Any] = []
    counts = import_results(by=by, stream=file, dry_run=False, tell=told.append)
    if counts[Sameness.STORED] != len(told):
        raise RuntimeError(f"{len(told) - counts[Sameness.STORED]} rows were not stored: {told[-1]}")


def _copy(place: Outbox, turns: list[Turn], rows: int) -> None:
    """Copy the rows that as many results wrote into bare tables; only that is measured."""
    with place.superuser() as connection:
        written = connection.execute("SELECT count(*) FROM testing_record").fetchone()
        share = rows / (written or (1,))[0]
        held = {table: _held(connection, table, share) for table in WRITTEN}
        with _measured(turns, rows), connection.transaction():
            for table, content in held.items():
                _fill(connection, table, content)


def _fill(connection: psycopg.Connection, table: str, content: bytes) -> None:
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(_bare(table))) as copy:
        copy.write(content)


def _held(connection: psycopg.Connection, table: str, share: float) -> bytes:
    """Return that share of a table's rows as COPY writes them, and make an empty table without anything beside."""
    source, bare = sql.Identifier(table), _bare(table)
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(bare))
    connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {} WITH NO DATA").format(bare, source))
    most = sql.SQL("SELECT * FROM {} LIMIT (SELECT (count(*) * {})::bigint FROM {})").format(source, share, source)
    with connection.cursor().copy(sql.SQL("COPY ({}) TO STDOUT").format(most)) as copy:
        return b"".join(copy)


def _bare(table: str) -> sql.Identifier:
    return sql.Identifier(f"bench_{table}")


if __name__ == "__main__":
    raise SystemExit(main())
