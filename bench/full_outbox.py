"""A database with signed results waiting for the authority, a receiver, and workers, for measurements."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psycopg
from site_under_load import wait_for

from temoin_demo.folder import Ports, open_folder, prepare_database, write_settings
from temoin_demo.postgresql.server import EmbeddedServer

COMMAND = [sys.executable, "-m", "temoin.cli.main"]


@dataclass(frozen=True)
class Outbox:
    """A running database with its settings; nothing else runs yet."""

    folder: Path
    ports: Ports
    server: EmbeddedServer

    def superuser(self) -> psycopg.Connection:
        """Connect as who may see and change everything: a measurement puts parcels back."""
        return psycopg.connect(
            self.server.conninfo("postgres", self.server.superuser_password(), "temoin"), autocommit=True
        )

    @contextmanager
    def receiver(self) -> Iterator[None]:
        """Run the sandbox as the authority, empty, until the block ends."""
        words = ["sandbox", "--port", str(self.ports.sandbox), "--smtp-port", str(self.ports.smtp)]
        with running(*words) as sandbox:
            wait_for(self.ports.sandbox, sandbox, "/")
            if sandbox.poll() is not None:
                raise RuntimeError(f"something else answers on port {self.ports.sandbox}")
            yield

    @contextmanager
    def workers(self, count: int) -> Iterator[None]:
        """Run workers until the block ends."""
        if count == 0:
            yield
            return
        with running("worker", "--data", str(self.folder)), self.workers(count - 1):
            yield


@contextmanager
def outbox(base_port: int, process: str = "staff") -> Iterator[Outbox]:
    """Start a database of its own and make its tables; take it down at the end. Loads Django, as the process named."""
    with TemporaryDirectory() as name:
        folder, ports = open_folder(Path(name) / "data"), Ports(base_port)
        server = EmbeddedServer(folder)
        server.ensure_initialised()
        server.start()
        try:
            write_settings(folder, ports)
            prepare_database(server, folder)
            subprocess.run([*COMMAND, "migrate", "--quiet", "--data", str(folder)], check=True)
            from temoin.cli.django_process import become
            from temoin.settings.file import Process

            become(Process(process), folder)
            yield Outbox(folder, ports, server)
            from django.db import connection

            connection.close()
        finally:
            server.stop()


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a `temoin` command until the block ends."""
    started = subprocess.Popen([*COMMAND, *words], env=os.environ.copy(), stdout=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(30)


@dataclass(frozen=True)
class Sampled:
    """A test that waits for its result."""

    by: Any
    record: UUID
    read_at: datetime

    def sign(self) -> None:
        """Sign a negative result, by the ordinary action."""
        from temoin.testing.sample import Reading
        from temoin.testing.signing import sign_result

        reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=self.read_at)
        sign_result(by=self.by, record_id=self.record, reading=reading, seen="")


def sample_tests(count: int, pharmacies: int) -> list[Sampled]:
    """Register and sample tests through the ordinary actions, spread over pharmacies; patients have no address."""
    from temoin.lib.clock import now
    from temoin.patients.actions import CURRENT_NOTICE
    from temoin.testing.actions import register_test, take_sample
    from temoin.testing.sample import Sample

    counters = [_open_counter(number) for number in range(pharmacies)]
    sampled = []
    for number in range(count):
        by, patient, lot = counters[number % pharmacies]
        record = register_test(by=by, patient_id=patient, kind="covid19-ag", notice_version=CURRENT_NOTICE)
        sampled_at = now() - timedelta(minutes=17)
        take_sample(by=by, record_id=record, sample=Sample("nasal-swab", sampled_at, lot_id=lot), seen="")
        sampled.append(Sampled(by, record, sampled_at + timedelta(minutes=16)))
    return sampled


def _open_counter(number: int) -> tuple[Any, UUID, UUID]:
    from stdnum import luhn

    from temoin.catalogue.actions import receive_lot
    from temoin.patients.actions import register_patient
    from temoin.patients.second_record import Asked
    from temoin.patients.traits import check_traits
    from temoin.pharmacies.actions import open_pharmacy, seat_member
    from temoin.pharmacies.professions import Profession
    from temoin.pharmacies.seat import take_seat
    from temoin.signin.models import Person

    address = {"street": "1 place du Marché", "postcode": "51000", "city": "Châlons", "phone": "+33199000000"}
    finess = f"51{number:06}"
    finess += luhn.calc_check_digit(finess)
    pharmacy = open_pharmacy(finess=finess, name=f"Pharmacie {number}", address=address, is_demo=True)
    person = Person(email=f"mesure{number}@exemple.fr")
    person.save()
    names = {"family_name": "MARTIN", "given_name": "Claire", "rpps": "10003879623"}
    seat_member(pharmacy_id=pharmacy.id, person_id=person.id, profession=Profession.TITULAIRE, names=names)
    by = take_seat(person_id=person.id, pharmacy_id=pharmacy.id)
    lot = receive_lot(by=by, kit="abbott-panbio-covid19", number="MESURE1", expiry=date(2099, 1, 1))
    traits = {"birth_family_name": "MESURE", "birth_given_names": "Camille", "sex": "F", "birth_date": "28/03/1979"}
    return by, register_patient(by=by, put_aside=Asked.NOBODY, traits=check_traits(traits)), lot


def documents(records: Iterable[str] | None = None) -> list[tuple[str, bytes]]:
    """Write the document of every parcel, or of those of these records, as the courier does; return keys and bytes."""
    from temoin.lib.tenant import tenant_scope
    from temoin.outbox.models import Parcel
    from temoin.pharmacies.models import Pharmacy

    made = []
    asked = {"destination": "fhir"} if records is None else {"destination": "fhir", "chain_id__in": list(records)}
    for pharmacy in Pharmacy.objects.all():
        with _as_worker(), tenant_scope(pharmacy.id):
            made += [_document(parcel) for parcel in Parcel.objects.filter(**asked)]
    return made


@contextmanager
def _as_worker() -> Iterator[None]:
    """Connect as the worker: it alone may write down that it prepared a result."""
    from django.conf import settings
    from django.db import connection

    before = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict |= {"USER": "temoin_worker", "PASSWORD": settings.TEMOIN.database.password("worker")}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= before


def _document(parcel: Any) -> tuple[str, bytes]:
    from temoin.outbox.courier import Consignment, Load, couriers

    load = Load(**{name: getattr(parcel, name) for name in Load.__dataclass_fields__})
    ready = couriers()["fhir"].prepare(load)
    if not isinstance(ready, Consignment):
        raise TypeError(ready.code)
    return ready.key, ready.body


def wait_until(done: Any, patience: float) -> None:
    """Wait until `done()`; give up loudly."""
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError("it did not come to an end in time")
        time.sleep(0.1)
