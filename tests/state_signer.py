"""A state's signer as `docs/certificates.md` describes it: by TLS, strict about who asks and about what is asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from certificates import Identity
from hcert_makers import Signer, signer

TOKEN = "token-of-the-operator"
HASH = 32  # bytes


@dataclass
class SignerBehaviour:
    """What it does next, and what it was shown."""

    signs: Signer = field(default_factory=lambda: signer("EC", "test"))
    answer: tuple[int, Any] | None = None  # in the place of the described one
    changed: dict[str, Any] = field(default_factory=dict)  # parts of the described answer that are others
    silent: float = 0.0  # seconds before it says anything
    digests: list[bytes] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # what was asked against the description
    port: int = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/sign"

    def begin_again(self) -> None:
        """Forget what was asked and told, for another test on the same server."""
        for name, value in vars(SignerBehaviour(port=self.port)).items():
            setattr(self, name, value)


class _Handler(BaseHTTPRequestHandler):
    behaviour: SignerBehaviour
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        told, raw = self.behaviour, self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self._judged(raw)
        time.sleep(told.silent)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _judged(self, raw: bytes) -> tuple[int, Any]:
        told = self.behaviour
        is_known = self.headers["Authorization"] == f"Bearer {TOKEN}" or bool(self.connection.getpeercert())
        if not is_known:
            return 401, {}
        asked = json.loads(raw)
        if set(asked) != {"digest"} or self.path != "/sign" or self.headers["Content-Type"] != "application/json":
            told.faults.append("something else than a hash")
        digest = b64decode(asked["digest"], validate=True)
        if len(digest) != HASH:
            told.faults.append("no SHA-256")
        told.digests.append(digest)
        parts = {"signature": told.signs.sign_digest(digest), "certificate": told.signs.certificate}
        return told.answer or (200, {name: b64encode(part).decode() for name, part in parts.items()} | told.changed)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def running_signer(shows: Identity, *, clients: Path) -> Iterator[SignerBehaviour]:
    """Serve by TLS; whoever shows a certificate shows one of these."""
    behaviour = SignerBehaviour()
    handler = type("Handler", (_Handler,), {"behaviour": behaviour})
    server = _Server(("127.0.0.1", 0), handler)
    context = shows.server(clients=clients)
    context.verify_mode = ssl.CERT_OPTIONAL  # a token will do
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    behaviour.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield behaviour
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
