"""A running sandbox, spoken to over real sockets."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from patience import PATIENCE

from temoin_sandbox.faults import Faults
from temoin_sandbox.main import Ready, serve
from temoin_sandbox.secure_mail import Certificates
from temoin_sandbox.sftp import SftpKeys

SYSTEM = "https://temoin.example/idempotency"


class Answer:
    """One answer, read whole."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def rules(self) -> list[str]:
        return [issue["details"]["coding"][0]["code"] for issue in self.json["issue"]]


class Sandbox:
    """What tests ask of a running sandbox."""

    def __init__(self, ready: Ready) -> None:
        self.port, self.smtp_port, self.mllp_port = ready.http_port, ready.smtp_port, ready.mllp_port
        self.https_port, self.mllps_port, self.sftp_port = ready.https_port, ready.mllps_port, ready.sftp_port
        self.mssante_port = ready.mssante_port

    def ask(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, named)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, bundle: dict[str, Any], *, conditional: bool = True, **headers: str) -> Answer:
        named = {"Content_Type": "application/fhir+json", **headers}
        if conditional:
            named.setdefault("If_None_Exist", f"identifier={SYSTEM}|{bundle['identifier']['value']}")
        return self.ask("POST", "/fhir/Bundle", json.dumps(bundle), **named)

    def set_faults(self, **values: object) -> Answer:
        return self.ask("POST", "/faults", json.dumps(values), Content_Type="application/json")

    @property
    def stats(self) -> dict[str, Any]:
        return self.get("/stats").json


@contextmanager
def running_sandbox(
    certificates: Certificates | None = None, *, encrypted: bool = False, keys: SftpKeys | None = None
) -> Iterator[Sandbox]:
    """Serve on free ports; with `encrypted` by TLS, with `keys` by SFTP, with `certificates` secure mail too."""
    tls = (0, 0) if encrypted else ()
    more = {"sftp_port": 0, "sftp_keys": keys, "mssante_port": 0, "certificates": certificates}
    wanted = Ready("127.0.0.1", 0, 0, 0, *tls, **more)
    with_address: list[Ready] = []
    is_ready, stop, loops = threading.Event(), asyncio.Event(), []

    async def live() -> None:
        loops.append(asyncio.get_running_loop())
        await serve(wanted, Faults(), started, stop)

    def started(ready: Ready) -> None:
        with_address.append(ready)
        is_ready.set()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    assert is_ready.wait(10)
    try:
        yield Sandbox(with_address[0])
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)
    assert not thread.is_alive()
