"""Pharmacists who sign over HTTP: each in a pharmacy of her own, sending a form again when the line was cut."""

from __future__ import annotations

import http.client
import sys
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event, Lock
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

sys.path.append(str(Path(__file__).parents[1] / "bench"))
from site_under_load import Visitor

PASSWORD = "exercice-de-coupure-2026"  # noqa: S105 of a database that lives for one drill
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 likewise
PATIENCE = 180.0  # seconds for one signature: the site, its database or both are being started again
SECOND_THOUGHT = 0.5  # seconds before a person sends the form again


@dataclass
class Tally:
    """What the producers saw, together."""

    signed: int = 0
    sent_again: int = 0
    finished_at: float = 0.0
    took: list[float] = field(default_factory=list)  # seconds of each signature
    lock: Lock = field(default_factory=Lock)
    may_go_on: Event = field(default_factory=Event)

    def note(self, tries: int, took: float) -> None:
        """Count one signature, the forms and the seconds it took."""
        with self.lock:
            self.took.append(took)
            self.signed += 1
            self.sent_again += tries - 1
            self.finished_at = time.monotonic()


@dataclass
class Producer:
    """A pharmacist with a browser session, and the tests that wait for her signature."""

    port: int
    pharmacy: UUID
    email: str
    records: list[UUID]
    read_at: str  # of every result: within the kit's window, however long the drill lasts
    cookies: str = ""
    token: str = ""

    def sign_in(self) -> None:
        """Sign in, and keep what later requests need."""
        visitor = sign_in(self.port, self.email, PASSWORD, TOTP_SECRET)
        self.token = visitor.token(f"/tests/{self.records[0]}/")
        self.cookies = visitor.cookie_header()

    def sign_all(self, tally: Tally, pause: float) -> None:
        """Sign every test, one after the other."""
        for record in self.records:
            tally.may_go_on.wait()
            began = time.monotonic()
            tally.note(self._sign(record), time.monotonic() - began)
            time.sleep(pause)

    def _sign(self, record: UUID) -> int:
        """Send the form until it is answered, as a browser's "send again" does; return how often it was sent."""
        deadline, tries = time.monotonic() + PATIENCE, 0
        while time.monotonic() < deadline:
            tries += 1
            try:
                status, leads_to = self._send(f"/tests/{record}/sign/")
            except (OSError, http.client.HTTPException):
                status, leads_to = 0, ""
            if status == 302 and leads_to == f"/tests/{record}/":
                return tries
            if 0 < status < 500:
                raise RuntimeError(f"not signed: {status} {leads_to}")
            time.sleep(SECOND_THOUGHT)
        raise RuntimeError("the staff site did not come back")

    def _send(self, path: str) -> tuple[int, str]:
        form = {"csrfmiddlewaretoken": self.token, "reviewed": "yes", "outcome-sars-cov-2": "negative"}
        form["read_at"] = self.read_at
        headers = {"Cookie": self.cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        try:
            connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Location", "")
        finally:
            connection.close()


def sign_in(port: int, email: str, password: str, totp_secret: str) -> Visitor:
    """Sign in on the staff site with password and one-time code. Django is loaded."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    visitor = Visitor(port)
    visitor.post("/account/sign-in/", {"login": email, "password": password})
    code = format_hotp_value(hotp_value(totp_secret, int(time.time()) // 30))
    visitor.post("/account/second-factor/", {"code": code})
    return visitor


def open_pharmacies(port: int, producers: int, results: int) -> list[Producer]:
    """Open a pharmacy for each producer, with its share of sampled tests. Django is loaded, as the staff site."""
    shares = [results // producers + (number < results % producers) for number in range(producers)]
    return [_open_pharmacy(port, number, share) for number, share in enumerate(shares) if share]


def _open_pharmacy(port: int, number: int, tests: int) -> Producer:
    from allauth.mfa.totp.internal.auth import TOTP
    from stdnum import luhn

    from temoin.lib.clock import now
    from temoin.pharmacies.actions import open_pharmacy, seat_member
    from temoin.pharmacies.professions import Profession
    from temoin.pharmacies.seat import take_seat
    from temoin.signin.models import Person

    address = {"street": "1 place du Marché", "postcode": "51000", "city": "Châlons", "phone": "+33199000000"}
    finess = f"5199{number:04}"
    finess += luhn.calc_check_digit(finess)
    pharmacy = open_pharmacy(finess=finess, name=f"Pharmacie {number}", address=address, is_demo=True)
    person = Person.objects.create_user(f"producer{number}@exemple.fr", PASSWORD)
    TOTP.activate(person, TOTP_SECRET)
    names = {"family_name": "MARTIN", "given_name": "Claire", "rpps": "10003879623"}
    seat_member(pharmacy_id=pharmacy.id, person_id=person.id, profession=Profession.TITULAIRE, names=names)
    sampled_at = now() - timedelta(minutes=17)
    by = take_seat(person_id=person.id, pharmacy_id=pharmacy.id)
    records = _sample_tests(by, sampled_at, tests)
    read_at = (sampled_at + timedelta(minutes=16)).isoformat()
    return Producer(port, pharmacy.id, person.email, records, read_at)


def _sample_tests(by: Any, sampled_at: datetime, tests: int) -> list[UUID]:
    from temoin.catalogue.actions import receive_lot
    from temoin.patients.actions import CURRENT_NOTICE, register_patient
    from temoin.patients.second_record import Asked
    from temoin.patients.traits import check_traits
    from temoin.testing.actions import register_test, take_sample
    from temoin.testing.sample import Sample

    lot = receive_lot(by=by, kit="abbott-panbio-covid19", number="COUPURE1", expiry=date(2099, 1, 1))
    traits = {"birth_family_name": "COUPURE", "birth_given_names": "Camille", "sex": "F", "birth_date": "28/03/1979"}
    traits["email"] = "camille@patient.example"
    patient = register_patient(by=by, put_aside=Asked.NOBODY, traits=check_traits(traits))
    records = []
    for _ in range(tests):
        record = register_test(by=by, patient_id=patient, kind="covid19-ag", notice_version=CURRENT_NOTICE)
        take_sample(by=by, record_id=record, sample=Sample("nasal-swab", sampled_at, lot_id=lot), seen="")
        records.append(record)
    return records
