"""One HTTP request and its answer, exactly as they went: nothing is followed, retried or kept open."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any

from temoin_conformance.cases import FailedError, TrialExchange
from temoin_conformance.endpoint import Endpoint

LARGEST = 5_000_000  # bytes
LINGER = 0.3  # seconds in which a second answer would come
SECRET = "(a token)"  # noqa: S105 stands for it in what is shown


@dataclass(frozen=True, slots=True)
class WireReply:
    """An answer, read whole."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes
    tls: str  # version, or ""
    surplus: bytes = b""  # what came after the answer, unasked

    @property
    def json(self) -> Any:
        """The body as JSON; a FailedError when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise FailedError("The body is not JSON.") from None


def ask(endpoint: Endpoint, log: list[TrialExchange], request: tuple[str, str], **given: Any) -> WireReply:
    """Make one request (method, path) and note it; a FailedError says why there is no answer.

    `headers`, `body`, and `lingers`: wait whether more comes than the answer.
    """
    method, path = request
    headers = {"Accept": "application/fhir+json", **given.get("headers", {})}
    body: bytes | None = given.get("body")
    exchange = TrialExchange(_written(method, path, {**headers, **_authorisation(endpoint, SECRET)}, body))
    log.append(exchange)
    connection = _connection(endpoint)
    watch = Timer(endpoint.seconds, _end, [connection])  # for the whole, however it trickles
    watch.start()
    try:
        connection.request(method, path, body, {**headers, **_authorisation(endpoint, endpoint.token)})
        reply = _read(connection, lingers=bool(given.get("lingers")))
    except ssl.SSLCertVerificationError as error:
        raise _failed(exchange, f"The certificate is refused: {error.verify_message}.") from None
    except (OSError, http.client.HTTPException) as error:
        late = watch.finished.is_set() or isinstance(error, TimeoutError)
        cut = "The answer was cut." if isinstance(error, http.client.IncompleteRead) else f"No answer: {_name(error)}."
        raise _failed(exchange, f"No whole answer within {endpoint.seconds:g} s." if late else cut) from None
    finally:
        watch.cancel()
        connection.close()
    exchange.came = _shown(reply)
    return reply


def _end(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _name(error: Exception) -> str:
    return type(error).__name__


def _connection(endpoint: Endpoint) -> http.client.HTTPConnection:
    if not endpoint.is_encrypted:
        return http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=endpoint.seconds)
    return http.client.HTTPSConnection(
        endpoint.host, endpoint.port, timeout=endpoint.seconds, context=endpoint.context()
    )


def _read(connection: http.client.HTTPConnection, *, lingers: bool) -> WireReply:
    line = connection.sock
    answer = connection.getresponse()
    body = answer.read(LARGEST)
    surplus = b""
    if lingers and connection.sock is not None:
        line.settimeout(LINGER)
        with suppress(TimeoutError):
            surplus = line.recv(1000)
    version = line.version() if isinstance(line, ssl.SSLSocket) else None
    return WireReply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body, version or "", surplus)


def _authorisation(endpoint: Endpoint, token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if endpoint.token else {}


def _failed(exchange: TrialExchange, words: str) -> FailedError:
    exchange.came = words
    return FailedError(words)


def _written(method: str, path: str, headers: dict[str, str], body: bytes | None) -> str:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join([*lines, "", _text(body or b"")]).rstrip()


def _shown(reply: WireReply) -> str:
    lines = [f"HTTP/1.1 {reply.status}", *(f"{name}: {value}" for name, value in reply.headers.items())]
    return "\n".join([*lines, "", _text(reply.body), _text(reply.surplus)]).rstrip()


def _text(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=1, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "replace")
