"""Stands between a process and PostgreSQL, and kills the process just before its n-th step.

A step is a message that the process sends (Parse, Bind, Execute, Sync…) or the end of an answer on its way back to it
(ReadyForQuery). Counting them on the wire holds whatever the driver does: one statement after another, prepared
statements, or a pipeline. See "Message Flow" and "Message Formats" of PostgreSQL's frontend/backend protocol.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
READY_FOR_QUERY = b"Z"


class CuttingProxy:
    """Listens in a folder of its own; serves one connection at a time."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self._server = str(server / SOCKET)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / SOCKET))
        self._listening.listen(1)
        self._listening.settimeout(30)

    def close(self) -> None:
        self._listening.close()

    def serve_one(self, fatal_step: int) -> None:
        """Relay one connection to its end, and return once the server has ended its side too."""
        client, _ = self._listening.accept()
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._server)
            Relay(client, server, fatal_step).run()
            server.shutdown(socket.SHUT_WR)
            while server.recv(65536):
                """The backend has yet to notice that its client is gone: what it then commits or not is what counts."""


class Relay:
    """One connection's messages, both ways, until a side ends or the fatal step comes."""

    def __init__(self, client: socket.socket, server: socket.socket, fatal_step: int) -> None:
        self._sides = {client: server, server: client}
        self._client = client
        self._left = {client: b"", server: b""}
        self._has_started = False  # the first message of a client bears no type
        self._is_signed_in = False
        self._steps_left = fatal_step

    def run(self) -> None:
        with selectors.DefaultSelector() as ready:
            for side in self._sides:
                ready.register(side, selectors.EVENT_READ)
            while all(self._relay(key.fileobj) for key, _ in ready.select()):
                """Both sides still speak."""

    def _relay(self, side: socket.socket) -> bool:
        """Hand on what one side has said; False once the connection is over."""
        said = side.recv(65536)
        self._left[side] += said
        for message in self._whole_messages(side):
            if self._is_step(side, message):
                self._steps_left -= 1
                if self._steps_left == 0:
                    self._kill()
                    return False
            self._sides[side].sendall(message)
        return bool(said)

    def _whole_messages(self, side: socket.socket) -> Iterator[bytes]:
        while True:
            typed = 1 if side is not self._client or self._has_started else 0
            waiting = self._left[side]
            if len(waiting) < typed + 4:
                return
            length = typed + struct.unpack_from("!I", waiting, typed)[0]
            if len(waiting) < length:
                return
            self._left[side] = waiting[length:]
            self._has_started = True
            yield waiting[:length]

    def _is_step(self, side: socket.socket, message: bytes) -> bool:
        if side is self._client:
            return self._is_signed_in
        is_end_of_answer = message[:1] == READY_FOR_QUERY
        is_step = self._is_signed_in and is_end_of_answer
        self._is_signed_in = self._is_signed_in or is_end_of_answer
        return is_step

    def _kill(self) -> None:
        peer = self._client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        os.kill(struct.unpack("3i", peer)[0], signal.SIGKILL)
