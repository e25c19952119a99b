"""An authority's site under test: settings handed, an officer, and a passkey made in Python."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)
from forked import run_forked
from patience import PATIENCE

from temoin.officers.accounts import Ceremony, begin_enrolment, enrol, invite_officer
from temoin.officers.place import PLACE, OfficerPlace

URL = "https://autorite.example"
UP, UV, AT = 1, 4, 64


def hand_place(url: str = URL, key: bytes = b"k" * 32) -> None:
    PLACE.give(OfficerPlace(url, key, timedelta(minutes=15), timedelta(hours=12)))


@dataclass
class SoftPasskey:
    """A passkey device in a few lines: one key, and answers as a browser writes them."""

    origin: str = URL
    flags: int = UP | UV
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = b"passkey-of-an-officer"

    def create(self, ceremony: Ceremony) -> str:
        """Answer what asks for a new passkey."""
        held = AttestedCredentialData.create(
            Aaguid.NONE, self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        data = AuthenticatorData.create(self._host_hash(), self.flags | AT, 0, bytes(held))
        made = AttestationObject.create("none", data, {})
        told = {"clientDataJSON": self._client("webauthn.create", ceremony), "attestationObject": websafe_encode(made)}
        return self._answer(told)

    def get(self, ceremony: Ceremony) -> str:
        """Answer what asks for a passkey."""
        client = CollectedClientData.create("webauthn.get", self._challenge(ceremony), self.origin)
        data = AuthenticatorData.create(self._host_hash(), self.flags, 0)
        signature = self.key.sign(bytes(data) + client.hash, ec.ECDSA(SHA256()))
        told = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
        }
        return self._answer(told)

    def _answer(self, told: dict[str, str]) -> str:
        named = websafe_encode(self.credential_id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": told})

    def _client(self, kind: str, ceremony: Ceremony) -> str:
        return websafe_encode(CollectedClientData.create(kind, self._challenge(ceremony), self.origin))

    def _challenge(self, ceremony: Ceremony) -> str:
        challenge: str = json.loads(json.dumps(ceremony.options))["publicKey"]["challenge"]
        return challenge

    def _host_hash(self) -> bytes:
        return sha256(self.origin.split("/")[2].partition(":")[0].encode()).digest()


def enrolled(passkey: SoftPasskey, name: str = "Alix Roy") -> tuple[UUID, str]:
    """Return the number and the cookie of a new officer with this passkey."""
    number, code = invite_officer(name)
    ceremony = begin_enrolment(code)
    return number, enrol(ceremony.ticket, passkey.create(ceremony))


@dataclass(frozen=True)
class Answered:
    """What the site answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def cookies(self) -> dict[str, str]:
        return dict(re.findall(r"(temoin_\w+)=([^;]*)", self.headers.get("Set-Cookie", "")))


@dataclass
class AuthoritySite:
    """The site's address, its settings, its database, and two pharmacies: one with weeks, one without."""

    url: str
    settings: Path
    database: psycopg.Connection
    busy: UUID
    idle: UUID
    cookie: str = ""

    def ask(self, path: str, form: dict[str, str] | None = None, **cookies: str) -> Answered:
        """Ask as whoever has these cookies."""
        place = urlsplit(self.url)
        connection = HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
        headers = {"Host": place.netloc, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
        connection.request("GET" if form is None else "POST", path, urlencode(form or {}) or None, headers)
        answer = connection.getresponse()
        held: dict[str, str] = {}
        for name, value in answer.getheaders():
            held[name] = f"{held[name]}\n{value}" if name in held else value
        answered = Answered(answer.status, held, answer.read().decode())
        connection.close()
        return answered

    def send(self, path: str, form: dict[str, str]) -> Answered:
        """Send a form of a page that was asked for before, as a browser does."""
        cookies = self.ask(path).cookies
        token = next(value for name, value in cookies.items() if "csrf" in name)
        return self.ask(path, {**form, "csrfmiddlewaretoken": token}, **cookies)

    @property
    def session(self) -> dict[str, str]:
        return {f"temoin_session_{urlsplit(self.url).port}": self.cookie}

    def command(self, *words: str) -> str:
        told = run_forked(*words, env=environment(self.settings))
        assert told.returncode == 0, told.stderr
        return told.stdout

    def sign_in(self, passkey: SoftPasskey) -> None:
        """Enrol an officer by the command and the pages."""
        command = [sys.executable, "-m", "temoin.cli.main", "officer", "invite", "Alix Roy"]
        told = subprocess.run(command, env=environment(self.settings), check=True, capture_output=True, text=True)
        code = told.stdout.splitlines()[2].strip()
        asked = self.send("/enrol/", {"code": code})
        told = {name: unescape(value) for name, value in re.findall(r'(data-options|value)="([^"]*)"', asked.text)}
        ticket = unescape(re.search(r'name="ticket" value="([^"]+)"', asked.text)[1])
        answer = passkey.create(Ceremony(json.loads(told["data-options"]), ticket))
        self.cookie = self.send("/enrol/", {"ticket": ticket, "credential": answer}).cookies[
            f"temoin_session_{urlsplit(self.url).port}"
        ]


def environment(settings: Path) -> dict[str, str]:
    named = {"TEMOIN_CONFIG": str(settings), "TEMOIN_PROCESS": "authority"}
    return {**os.environ, **named, "DJANGO_SETTINGS_MODULE": "temoin.site.settings"}
