"""The witness on HTTP: one address to add a checkpoint, one to read back the latest that was cosigned."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from temoin_witness.judging import Ruling, Witness

LARGEST_BODY = 64 * 1024
PATIENCE = 15.0  # seconds for a whole request and its answer
MOST = 64  # connections at once


class WitnessServer(ThreadingHTTPServer):
    """Waits for nobody longer than for an honest caller; the oldest connection makes room for one too many."""

    daemon_threads = True
    request_queue_size = MOST

    def __init__(self, address: tuple[str, int], witness: Witness, *, patience: float = PATIENCE) -> None:
        self.witness = witness
        self._patience = patience
        self._since: dict[socket.socket, float] = {}  # in the order in which they came
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if len(self._since) >= MOST:
            self._end(next(iter(self._since.copy())))
        self._since[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._since.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End, at each round of the loop, who has not finished in time: a byte now and then buys no more."""
        super().service_actions()
        for connection, since in self._since.copy().items():
            if time.monotonic() - since > self._patience:
                self._end(connection)

    def _end(self, connection: socket.socket) -> None:
        self._since.pop(connection, None)
        with suppress(OSError):  # it ended by itself meanwhile
            connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """Answers one request of a connection: nothing behind it is heard, whatever another server made of it."""

    protocol_version = "HTTP/1.1"
    server: WitnessServer

    def handle(self) -> None:
        with suppress(OSError):  # the caller left, or was ended
            self.handle_one_request()

    def do_POST(self) -> None:
        length, *others = self.headers.get_all("Content-Length", [""])
        if self.path != "/add-checkpoint":
            self._answer(Ruling(HTTPStatus.NOT_FOUND))
        elif others or "Transfer-Encoding" in self.headers:
            self._answer(Ruling(HTTPStatus.BAD_REQUEST))
        elif not (length.isascii() and length.isdigit() and int(length) <= LARGEST_BODY):
            self._answer(Ruling(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
        else:
            self._answer(self.server.witness.judge(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        """Give the witness's key, or the latest checkpoint it cosigned for a log named by the hash of its origin."""
        witness = self.server.witness
        if self.path == "/":
            return self._answer(Ruling(HTTPStatus.OK, f"{witness.key.vkey}\n"))
        for origin in witness.logs:
            if self.path == f"/checkpoint/{sha256(origin.encode()).hexdigest()}":
                seen = witness.memory.latest(origin)
                return self._answer(Ruling(HTTPStatus.OK, seen.note) if seen else Ruling(HTTPStatus.NOT_FOUND))
        return self._answer(Ruling(HTTPStatus.NOT_FOUND))

    def _answer(self, ruling: Ruling) -> None:
        content = ruling.body.encode()
        kind = "text/x.tlog.size" if ruling.status is HTTPStatus.CONFLICT else "text/plain; charset=utf-8"
        self.send_response(ruling.status)
        self.send_header("Connection", "close")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer, without a word about what serves it."""
        self.send_response_only(code, message)
        self.send_header("Date", self.date_time_string())

    def log_message(self, *_: object) -> None:
        """Keep silent: addresses of callers are nobody's business here."""
