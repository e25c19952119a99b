"""The staff site alone on a fresh database, for measurements: no worker and no sandbox take its cores."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from temoin_demo.folder import open_folder, prepare_database, write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.server import EmbeddedServer

PASSWORD = "mesure-de-debit-2026"  # noqa: S105 of a database that lives for one measurement
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 likewise
EMAIL = "mesure@exemple.fr"


@dataclass(frozen=True)
class Site:
    """A running staff site."""

    folder: Path
    port: int
    server: EmbeddedServer


# One seat does the reading of a whole town here: the pace of reading is as wide as the settings allow.
UNHURRIED = "\n[reading]\nopened_per_hour = 1000\nshown_per_hour = 10000\npages_per_minute = 300\n"


def _write_settings(folder: Path, ports: Ports) -> None:
    write_settings(folder, ports)
    with (folder / "temoin.toml").open("a", encoding="utf-8") as settings:
        settings.write(UNHURRIED)


@contextmanager
def staff_site(workers: int, database: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Start database and staff site in a folder of their own, and take both down; `database` are its settings.

    Whoever is told to end takes them down as well.
    """
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(128 + signal.SIGTERM))
    with TemporaryDirectory() as name:
        ports = Ports(_free_ports())
        folder = open_folder(Path(name) / "data")
        server = EmbeddedServer(folder, options=database)
        server.ensure_initialised()
        server.start()
        try:
            _write_settings(folder, ports)
            prepare_database(server, folder)
            _run("temoin.cli.main", "migrate", "--quiet", "--data", str(folder))
            site = Site(folder, ports.staff, server)
            words = ["temoin.cli.main", "web", "--data", str(folder), "--workers", str(workers)]
            process = _start(*words, "--port", str(ports.staff))
            try:
                wait_for(ports.staff, process)
                yield site
            finally:
                process.terminate()
                process.wait(20)
        finally:
            server.stop()


def prepare_tests(folder: Path, count: int) -> list[str]:
    """Register and sample `count` tests through the ordinary actions; return the records' ids. Loads Django.

    The kit's reading window is open from then on for five minutes.
    """
    from temoin.cli.django_process import become
    from temoin.settings.file import Process

    become(Process.STAFF, folder)
    from django.db import connection

    connection.close()  # a bench may have ended every session of the role meanwhile
    from temoin.lib.clock import now
    from temoin.patients.actions import CURRENT_NOTICE
    from temoin.testing.actions import register_test, take_sample
    from temoin.testing.sample import Sample

    by, patient, lot = pharmacy_counter()
    records = []
    for _ in range(count):
        record = register_test(by=by, patient_id=patient, kind="covid19-ag", notice_version=CURRENT_NOTICE)
        sampled_at = now() - timedelta(minutes=15)
        take_sample(by=by, record_id=record, sample=Sample("nasal-swab", sampled_at, lot_id=lot), seen="")
        records.append(str(record))
    return records


def prepare_patients(family_names: Iterable[str]) -> None:
    """Register patients of these names, who were never tested. Django is loaded: `prepare_tests` was called."""
    from temoin.patients.actions import register_patient
    from temoin.patients.second_record import Asked
    from temoin.patients.traits import check_traits

    by, _patient, _lot = pharmacy_counter()
    for number, name in enumerate(family_names, 1):
        born, email = f"{number:02}/03/1979", f"{name.lower()}@patient.example"
        traits = {
            "birth_family_name": name,
            "birth_given_names": "Alba",
            "sex": "F",
            "birth_date": born,
            "email": email,
        }
        register_patient(by=by, put_aside=Asked.NOBODY, traits=check_traits(traits))


def prepare_group(name: str, people: int, *, is_sampled: bool) -> tuple[str, list[str]]:
    """Open a group of people with a label each; with `is_sampled` all of them sampled a quarter of an hour ago.

    Return its id and the numbers of its labels. Django is loaded, as for `prepare_patients`.
    """
    from temoin.lib.clock import now
    from temoin.lib.ids import new_id
    from temoin.patients.actions import register_patient
    from temoin.patients.notice import CURRENT_NOTICE
    from temoin.patients.second_record import Asked
    from temoin.patients.traits import check_traits
    from temoin.testing.group_queries import read_group
    from temoin.testing.groups import join_group, open_group, sample_place
    from temoin.testing.sample import Sample

    by, _patient, lot = pharmacy_counter()
    open_group(by=by, group_id=(group := new_id()), name=name, kind="covid19-ag")
    for place in range(people):
        told = {"birth_family_name": f"{name} {chr(65 + place)}", "birth_given_names": "Lou", "sex": "F"}
        told |= {"birth_date": f"{place + 1:02}/05/2015", "email": f"eleve{place}@patient.example"}
        patient = register_patient(by=by, put_aside=Asked.NOBODY, traits=check_traits(told))
        join_group(by=by, group_id=group, patient_ids=[patient])
    numbers = [one.place.number for one in read_group(by=by, group_id=group).members]
    for number in numbers if is_sampled else ():
        sample = Sample("nasal-swab", now() - timedelta(minutes=15), lot_id=lot)
        sample_place(by=by, group_id=group, number=number, notice_version=CURRENT_NOTICE, sample=sample, station="")
    return str(group), numbers


@cache
def pharmacy_counter() -> tuple[Any, UUID, UUID]:
    """Return the owner's seat of a pharmacy, a patient and a lot of it. Django is loaded."""
    by, _finess = prepare_pharmacy()
    return (by, *_stock(by))


@cache
def prepare_pharmacy(finess: str = "510000003", email: str = EMAIL) -> tuple[Any, str]:
    """Open a pharmacy; return the seat of its owner, who signs in by this address, and its number. Django is loaded."""
    from temoin.pharmacies.actions import open_pharmacy

    address = {"street": "1 place du Marché", "postcode": "51000", "city": "Châlons", "phone": "+33199000000"}
    pharmacy = open_pharmacy(finess=finess, name="Pharmacie de la mesure", address=address, is_demo=True)
    return prepare_owner(pharmacy.id, email), finess


def prepare_owner(pharmacy_id: UUID, email: str) -> Any:
    """Give a pharmacy an owner who signs in by this address; return the seat."""
    from allauth.mfa.totp.internal.auth import TOTP

    from temoin.pharmacies.actions import seat_member
    from temoin.pharmacies.professions import Profession
    from temoin.pharmacies.seat import take_seat
    from temoin.signin.models import Person

    person = Person.objects.create_user(email, PASSWORD)
    TOTP.activate(person, TOTP_SECRET)
    names = {"family_name": "MARTIN", "given_name": "Claire", "rpps": "10003879623"}
    seat_member(pharmacy_id=pharmacy_id, person_id=person.id, profession=Profession.TITULAIRE, names=names)
    return take_seat(person_id=person.id, pharmacy_id=pharmacy_id)


def _stock(by: Any) -> tuple[UUID, UUID]:
    from temoin.catalogue.actions import receive_lot
    from temoin.patients.actions import register_patient
    from temoin.patients.second_record import Asked
    from temoin.patients.traits import check_traits

    lot = receive_lot(by=by, kit="abbott-panbio-covid19", number="MESURE1", expiry=date(2099, 1, 1))
    traits = {"birth_family_name": "MESURE", "birth_given_names": "Camille", "sex": "F", "birth_date": "28/03/1979"}
    traits["email"] = "camille@patient.example"
    return register_patient(by=by, put_aside=Asked.NOBODY, traits=check_traits(traits)), lot


class Visitor:
    """A browser's essentials: cookies and forms, over one kept connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("localhost", port)
        self.cookies: dict[str, str] = {}
        self.headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def get(self, path: str) -> tuple[int, str, str]:
        """Return status, body and where the answer leads."""
        try:
            return self._ask("GET", path, None)
        except ConnectionError:  # the site does not keep a connection on which nothing is asked
            self.begin_anew()
            return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str, str]:
        """Post a form with the page's own token."""
        return self._ask("POST", path, urlencode({**fields, "csrfmiddlewaretoken": self.token(path)}))

    def begin_anew(self) -> None:
        """Leave the kept connection, if there is one: the next question opens another."""
        self._connection.close()

    def send(self, path: str, fields: dict[str, str]) -> tuple[int, str, str]:
        """Post fields as they are, the page's token among them."""
        return self._ask("POST", path, urlencode(fields))

    def token(self, path: str) -> str:
        """Return the token of a page's form."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path)[1])
        if found is None:
            raise RuntimeError(f"no form at {path}")
        return found[1]

    def cookie_header(self) -> str:
        """Return the cookies as a header's value."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, str]:
        self._connection.request(method, path, body, {**self.headers, "Cookie": self.cookie_header()})
        answer = self._connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")


def sign_in(port: int, email: str = EMAIL) -> Visitor:
    """Sign in with password and TOTP code, as a person does; Django must be loaded."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    visitor = Visitor(port)
    visitor.post("/account/sign-in/", {"login": email, "password": PASSWORD})
    code = format_hotp_value(hotp_value(TOTP_SECRET, int(time.time()) // 30))
    visitor.post("/account/second-factor/", {"code": code})
    return visitor


def processor_time(*others: int) -> float:
    """Return the seconds of processor that we and our descendants took so far: site, database, and what asks them.

    Likewise these other processes, with the descendants of each.
    """
    parents, ticks = {}, {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit():
                fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                ticks[int(entry.name)] = sum(map(int, fields[11:15]))  # own and of children that left
    ours: set[int] = {os.getpid(), *others}
    while more := {number for number, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(ticks[number] for number in ours) / os.sysconf("SC_CLK_TCK")


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", *words], check=True)


def _start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", *words], env={**os.environ, "PYTHONUNBUFFERED": "1"})


def _free_ports() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return min(int(probe.getsockname()[1]), 65000)


def wait_for(port: int, process: subprocess.Popen[bytes], path: str = "/healthz") -> None:
    """Wait until a server on this machine answers, for as long as its process lives: a busy machine is slow."""
    while process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server of port {port} ended with status {process.returncode}")
