"""A pharmacy's owner, from the invitation to a signed result, through the proxy and with the pages' own forms."""

from __future__ import annotations

import hmac
import re
import socket
import ssl
import sys
import time
from base64 import b32decode
from datetime import datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

sys.path.append(str(Path(__file__).parents[1] / "bench"))
from site_under_load import Visitor

PASSWORD = "exercice-d-installation-2026"  # noqa: S105 of a database that lives for one drill


class NamedConnection(HTTPSConnection):
    """A connection to a host name that leads to this machine, with its certificate checked."""

    def __init__(self, name: str, authority: Path) -> None:
        self.trusting = ssl.create_default_context(cafile=str(authority))
        super().__init__(name, context=self.trusting)

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", 443), timeout=30)
        self.sock = self.trusting.wrap_socket(plain, server_hostname=self.host)


class Owner(Visitor):
    """The owner of the pharmacy, at a browser."""

    def __init__(self, name: str, authority: Path) -> None:
        super().__init__(443)
        self._connection = NamedConnection(name, authority)
        self.headers["Origin"] = f"https://{name}"

    def enter(self, code: str) -> None:
        """Take up the invitation, choose a password, and set up the second factor."""
        self.do("/invitation/", {"code": code})
        self.do("/invitation/account/", {"password": PASSWORD, "again": PASSWORD})
        page = self.get("/account/application/set-up/")[1]
        secret = re.findall(r'class="secret"[^>]*>([^<]+)<', page)[0]
        self.do("/account/application/set-up/", {"code": one_time_code(secret)}, page=page)

    def sign_a_result(self) -> str:
        """Receive a box, register a person, note the sample and sign; return the address of the test."""
        box = {"kit": "abbott-panbio-covid19", "number": "INSTALL1", "expiry": "2099-01-01"}
        self.do("/lots/receive/", box, page=self.get("/lots/")[1])
        record, page = uuid4(), self.get("/patients/new/")[1]
        person = {
            "birth_family_name": "PREMIERE",
            "birth_given_names": "Camille",
            "birth_date": "28/03/1979",
            "sex": "F",
        }
        person |= {"identity_status": "PROV", "postcode": "75001", "email": "camille@patient.example"}
        tick = re.findall(r'<input[^>]* name="consent"[^>]*>', page)[0]
        notice = re.findall(r'value="([^"]+)"', tick)[0]
        person |= {"patient_id": str(uuid4()), "record_id": str(record), "kind": "covid19-ag", "consent": notice}
        self.do("/patients/new/", person, page=page)
        test = f"/tests/{record}/"
        page = self.get(test)[1]
        lot = re.findall(r'<option value="([0-9a-f-]{36})"', page)[0]
        sample = {"lot": lot, "specimen": "nasal-swab", "sampled_at": local(minutes_ago=16)}
        self.do(f"{test}sample/", sample, page=page)
        reading = {"outcome-sars-cov-2": "positive", "read_at": local(minutes_ago=0), "reviewed": "yes"}
        self.do(f"{test}sign/", reading, page=self.get(test)[1])
        return test

    def do(self, path: str, fields: dict[str, str], *, page: str = "") -> None:
        """Send a form with the token of its page; anything but a way on is a refusal."""
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page or self.get(path)[1])[0]
        status, body, _ = self.send(path, {**fields, "csrfmiddlewaretoken": token})
        if status != 302:
            words = re.findall(r'(?s)class="(?:problem|errorlist)[^>]*>(.*?)</', body)
            raise RuntimeError(f"{path} answered {status}: {words}")


def local(*, minutes_ago: int) -> str:
    return f"{datetime.now(ZoneInfo('Europe/Paris')) - timedelta(minutes=minutes_ago):%Y-%m-%dT%H:%M}"  # noqa: TID251


def one_time_code(secret: str) -> str:
    """Return what an authenticator application shows now (RFC 6238)."""
    key = b32decode(secret.replace(" ", ""))
    digest = hmac.digest(key, int(time.time() // 30).to_bytes(8, "big"), "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"
