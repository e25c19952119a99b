"""A real receiver of notices: an HTTPS server that answers as it is told and keeps what came."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from certificates import make_identity


@dataclass
class Received:
    """One notice as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


@dataclass
class Receiver:
    """What came, and how it answers."""

    port: int = 0
    authorities: Path = Path()
    status: int = 204
    refuses: set[str] = field(default_factory=set)  # kinds that are answered by 500
    headers: dict[str, str] = field(default_factory=dict)
    interim: int = 0  # answers that say no more than that the answer will come
    came: list[Received] = field(default_factory=list)
    hold: threading.Event | None = None  # answers wait for it
    on_post: Callable[[], object] = lambda: None

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"https://{self.name}/temoin"

    def kinds(self) -> list[str]:
        return [one.told["type"] for one in self.came]


@contextmanager
def running_receiver(folder: Path) -> Iterator[Receiver]:
    """Run one with a certificate of its own."""
    receiver = Receiver()
    identity = make_identity(folder, folder.name)  # no two of one name: one would be taken for the other
    receiver.authorities = identity.certificate

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            one = Received({name.lower(): value for name, value in self.headers.items()}, body)
            receiver.came.append(one)
            receiver.on_post()
            if receiver.hold:
                receiver.hold.wait(20)
            with suppress(OSError):
                for _ in range(receiver.interim):
                    self.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            self.send_response(500 if one.told["type"] in receiver.refuses else receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = identity.server().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
