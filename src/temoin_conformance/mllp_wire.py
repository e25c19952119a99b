"""One connection of MLLP: frames out, frames back, exactly as they went."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from temoin.formats.hl7v2 import END, START, STOP, Acknowledgement, Hl7Error, framed, read_acknowledgement, unframed
from temoin_conformance.cases import FailedError, TrialExchange
from temoin_conformance.endpoint import Endpoint

LARGEST = 65_536  # bytes
LINGER = 0.3  # seconds in which a second answer would come


class WireLine:
    """An open connection, and what went over it."""

    def __init__(self, line: socket.socket, seconds: float, log: list[TrialExchange]) -> None:
        self._line = line
        self._seconds = seconds
        self._log = log
        self._rest = b""

    @property
    def tls(self) -> str:
        """The version of TLS, or nothing."""
        return (self._line.version() or "") if isinstance(self._line, ssl.SSLSocket) else ""

    def exchange(self, message: bytes) -> bytes:
        """Send a message in its frame and return what is inside the answer's frame; FailedError when it is none."""
        exchange = TrialExchange(_shown(message))
        self._log.append(exchange)
        try:
            self._line.sendall(framed(message))
            got = self._frame()
        except TimeoutError:
            exchange.came = "no whole answer in time"
            raise FailedError("No whole answer in time.") from None
        except OSError as error:
            exchange.came = f"no answer: {type(error).__name__}"
            raise FailedError("The connection was cut.") from None
        exchange.came = _shown(got) or "nothing"
        if not got.endswith(STOP):
            raise FailedError("The answer was cut in the middle." if got else "The connection ended without an answer.")
        return unframed(got.removesuffix(STOP))

    def surplus(self) -> bytes:
        """Wait whether more comes than was asked for."""
        self._line.settimeout(LINGER)
        try:
            return self._rest.strip() or self._line.recv(1000).strip()
        except TimeoutError:
            return b""

    def _frame(self) -> bytes:
        got, self._rest = self._rest, b""
        until = monotonic() + self._seconds
        while STOP not in got and len(got) < LARGEST:
            self._line.settimeout(max(0.001, until - monotonic()))  # for the whole, however it trickles
            piece = self._line.recv(LARGEST)
            if not piece:
                return got
            got += piece
        whole, stop, self._rest = got.partition(STOP)
        return whole + stop


@contextmanager
def opened(endpoint: Endpoint, log: list[TrialExchange]) -> Iterator[WireLine]:
    """Open a connection; a FailedError says why there is none."""
    try:
        bare = socket.create_connection((endpoint.host, endpoint.port), timeout=endpoint.seconds)
        line = endpoint.context().wrap_socket(bare, server_hostname=endpoint.host) if endpoint.is_encrypted else bare
    except ssl.SSLCertVerificationError as error:
        raise FailedError(f"The certificate is refused: {error.verify_message}.") from None
    except OSError as error:
        raise FailedError(f"No connection: {type(error).__name__}.") from None
    with line:
        yield WireLine(line, endpoint.seconds, log)


def read(data: bytes) -> Acknowledgement:
    """Read an acknowledgement; a FailedError says that it is none."""
    try:
        return read_acknowledgement(data)
    except Hl7Error as error:
        raise FailedError(f"The answer is no acknowledgement: {error}.") from None


def _shown(data: bytes) -> str:
    return data.strip(START + END).decode("utf-8", "replace").replace("\r", "\n").rstrip()
