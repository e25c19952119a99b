"""Programs on open lines: their keys and certificates, a listening process, and a message worth sending."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import handed_messages
from forked import Forked
from patience import PATIENCE
from people import House, make_lot
from ports import free_port

from temoin.lib.clock import now
from temoin.patients.actions import CURRENT_NOTICE
from temoin.pharmacies.programs import add_program
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat


def own_message(house: House) -> str:
    """A message of the pharmacy's own instrument, of a test read just now with a lot that is in stock."""
    make_lot(house.owner)
    return handed_messages.own_message(house.here.finess, now())


@dataclass(frozen=True)
class LineClient:
    """A program with a key and the certificate that it shows, made as the documentation says."""

    client_id: str
    certificate: Path
    key: Path

    def context(self, authorities: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(authorities))
        context.load_cert_chain(self.certificate, self.key)
        return context


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def make_client(folder: Path, by: Seat, *, scopes: tuple[Scope, ...] = tuple(Scope), name: str = "") -> LineClient:
    """Give a program of a pharmacy access; `name` is the subject of its certificate, its own by default."""
    folder.mkdir(parents=True)
    key, public, certificate = folder / "program.key", folder / "program.pub", folder / "program.pem"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(key))
    openssl("pkey", "-in", str(key), "-pubout", "-out", str(public))
    program_id = add_program(by=by, name="Analyseur", public_key=public.read_text(), scopes=scopes)
    client_id = f"{by.pharmacy_id}.{program_id}"
    subject = name or f"/O={by.pharmacy_id}/CN={program_id}"
    openssl("req", "-x509", "-key", str(key), "-days", "2", "-subj", subject, "-out", str(certificate))
    return LineClient(client_id, certificate, key)


class Listening:
    """`temoin listen` in a process of its own, on the database of the tests; it `begins` as a person begins it."""

    def __init__(
        self, site: Path, folder: Path, clients: list[LineClient], more: str = "", *, begins: bool = False
    ) -> None:
        self._begins = begins
        folder.mkdir(mode=0o700)
        self.port, self.folder = free_port(), folder
        self.certificate = folder / "ours.pem"
        words = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
        names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        openssl("req", "-x509", *words, *names, "-keyout", str(folder / "ours.key"), "-out", str(self.certificate))
        (folder / "ours.key").chmod(0o600)
        (folder / "programs.pem").write_text("".join(one.certificate.read_text() for one in clients))
        text = (site / "temoin.toml").read_text(encoding="utf-8")
        text = re.sub(r'= "(keys|checkpoints|trusted)', rf'= "{site}/\1', text)
        own = f'[hl7]\nnotice = "{CURRENT_NOTICE}"\nport = {self.port}\ncertificate = "ours.pem"\nkey = "ours.key"\n'
        text = f'{text}\n{own}authorities = "programs.pem"\n{more}'
        (folder / "temoin.toml").write_text(text, encoding="utf-8")
        (folder / "temoin.toml").chmod(0o600)
        self.start()

    def start(self) -> None:
        """Start, and wait until it says that it takes callers."""
        ready, told = os.pipe()
        words, files = ["listen", "--data", str(self.folder)], [0, 1, 2, told]
        self.process: Forked | subprocess.Popen[bytes]
        if self._begins:
            command = [sys.executable, "-m", "temoin.cli.main", *words]
            self.process = subprocess.Popen(command, env=os.environ | {"TEMOIN_READY_FD": str(told)}, pass_fds=[told])
        else:
            self.process = Forked(words, files, os.environ | {"TEMOIN_READY_FD": str(files.index(told))})
        os.close(told)
        with os.fdopen(ready, "rb") as said:
            assert said.read(1) == b"1"

    def line(self, client: LineClient) -> ssl.SSLSocket:
        bare = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return client.context(self.certificate).wrap_socket(bare, server_hostname="localhost")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
