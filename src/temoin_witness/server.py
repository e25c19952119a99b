"""The witness on HTTP: one address to add a checkpoint, one to read back the latest that was cosigned."""

from __future__ import annotations

from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from temoin_witness.judging import Ruling, Witness

LARGEST_BODY = 64 * 1024
PATIENCE = 15.0  # seconds a silent caller is waited for


class WitnessServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "temoin-witness"
    sys_version = ""
    timeout = PATIENCE
    server: WitnessServer

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self.close_connection = True
            self._answer(Ruling(HTTPStatus.NOT_FOUND))
        elif not (length.isascii() and length.isdigit() and int(length) <= LARGEST_BODY):
            self.close_connection = True
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
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep silent: addresses of callers are nobody's business here."""
