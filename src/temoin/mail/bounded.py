"""How much a mail server may say in one answer, and for how long: the libraries listen for as long as it goes on."""

from __future__ import annotations

import imaplib
import io
import smtplib
from time import monotonic
from typing import Any, Final

MOST_LINES: Final = 100  # of one answer by SMTP
MOST_BYTES: Final = 8_000_000  # of the answers to one command by IMAP: four mails at their largest


class _Heard(io.RawIOBase):
    """What comes on a connection; each answer as a whole has the time that the library gives to each piece of it."""

    def __init__(self, sock: Any, seconds: float) -> None:
        self._sock, self._seconds, self._until = sock, seconds, 0.0

    def readable(self) -> bool:
        return True

    def begin(self) -> None:
        self._until = monotonic() + self._seconds

    def readinto(self, buffer: Any) -> int:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        try:
            return int(self._sock.recv_into(buffer))
        finally:
            self._sock.settimeout(self._seconds)


class _Replies(io.BufferedReader):
    """The lines of one reply after another."""

    def __init__(self, heard: _Heard) -> None:
        super().__init__(heard)
        self._heard, self._left = heard, 0

    def begin(self) -> None:
        self._heard.begin()
        self._left = MOST_LINES

    def readline(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise OSError("an endless reply")
        return super().readline(size)


class _BoundedReplies:
    file: Any
    sock: Any
    timeout: Any

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply, within its bounds."""
        if self.file is None:
            self.file = _Replies(_Heard(self.sock, self.timeout))
        self.file.begin()
        told: tuple[int, bytes] = super().getreply()  # type: ignore[misc] # of the library's class beside it
        return told


class BoundedSmtp(_BoundedReplies, smtplib.SMTP):
    """A connection that is not encrypted, or on demand."""


class BoundedSmtpTls(_BoundedReplies, smtplib.SMTP_SSL):
    """A connection that is encrypted from its start."""


class BoundedBox(imaplib.IMAP4_SSL):
    """A mailbox; `begin` comes before each command."""

    _left = MOST_BYTES

    def begin(self) -> None:
        self._left = MOST_BYTES

    def read(self, size: int) -> bytes:
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort("an endless answer")
