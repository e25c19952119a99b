"""Bare connections, and an honest client beside them."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import suppress


class Wire:
    """Opens connections to one server on this machine."""

    def __init__(self, port: int):
        self.port = port
        self._open: list[socket.socket] = []

    def connect(self, *, receive: int | None = None) -> socket.socket:
        """Open a connection; `receive` bounds what it takes before it is read."""
        connection = socket.socket()
        if receive is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self.port))
        self._open.append(connection)
        return connection

    def say(self, *sent: bytes) -> bytes:
        """Send on a new connection, and return all that comes back until it ends or falls silent."""
        connection = self.connect()
        for part in sent:
            connection.sendall(part)
        return hear(connection)

    def ask(self, method: str = "GET", path: str = "/", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Ask as an honest client does; fail when the answer takes more than three seconds."""
        began = time.monotonic()
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = client.getresponse()
            content = answer.read()
        finally:
            client.close()
        assert time.monotonic() - began < 3
        return answer.status, content

    def close(self) -> None:
        """Close what the test opened."""
        for connection in self._open:
            connection.close()


def hear(connection: socket.socket, *, seconds: float = 1.0) -> bytes:
    """Return what comes until the connection ends or is silent for so long."""
    connection.settimeout(seconds)
    heard = b""
    with suppress(TimeoutError, ConnectionResetError):
        while part := connection.recv(65_536):
            heard += part
    return heard


def is_over(connection: socket.socket) -> bool:
    """Tell whether the other side has ended the connection."""
    connection.setblocking(False)
    try:
        while connection.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
