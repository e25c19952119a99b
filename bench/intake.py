"""Results taken in from a file per second, beside raw COPY of rows of the same number and width in the same run.

    python bench/intake.py [--rows 10000] [--runs 3] [--base-port 9700] [--at-least 0.08]

The import is the real one (`temoin import results` calls the same function): the file is read and judged, every row is
checked, its patient found or registered, its result signed with record, version, event and parcels, and all is sealed.
One result in four is of a patient known already. The limit is COPY of rows with the same bytes in each column into
tables without index, key or policy, by one connection. The last line is the ratio of the median rates.
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
from typing import Any

import psycopg
from full_outbox import Outbox, outbox
from psycopg import sql

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
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--base-port", type=int, default=9700)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    rates: list[float] = []
    limits: list[float] = []
    with outbox(options.base_port) as place:
        by, number = _owner()
        for run in range(options.runs):
            before = time.process_time()
            rates.append(options.rows / _import(by, _file(number, run, options.rows)))
            own = (time.process_time() - before) / options.rows * 1000
            limits.append(options.rows / _copy(place, options.rows))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                f"run {run + 1}: {rates[-1]:.0f} results/s, COPY {limits[-1]:.0f} results/s; "
                f"{own:.2f} ms of our processor each, {peak} MB at most"
            )
    ratio = statistics.median(rates) / statistics.median(limits)
    print(f"{statistics.median(rates):.0f} results/s")
    print(f"{ratio:.3f}")
    return 0 if ratio >= options.at_least else 1


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


def _import(by: Any, file: io.BytesIO) -> float:
    """Take a file in; return how long it took. RuntimeError when a row was not stored."""
    from temoin.intake.results import import_results
    from temoin.intake.sameness import Sameness

    told: list[Any] = []
    began = time.monotonic()
    counts = import_results(by=by, stream=file, dry_run=False, tell=told.append)
    took = time.monotonic() - began
    if counts[Sameness.STORED] != len(told):
        raise RuntimeError(f"{len(told) - counts[Sameness.STORED]} rows were not stored: {told[-1]}")
    return took


def _copy(place: Outbox, rows: int) -> float:
    """Copy the rows that as many results wrote into bare tables; return how long it took."""
    with place.superuser() as connection:
        written = connection.execute("SELECT count(*) FROM testing_record").fetchone()
        share = rows / (written or (1,))[0]
        held = {table: _held(connection, table, share) for table in WRITTEN}
        began = time.monotonic()
        with connection.transaction():
            for table, content in held.items():
                _fill(connection, table, content)
        return time.monotonic() - began


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
