"""What a fault makes of an HTTP answer on its way: another's, half of it, twice, or byte by byte."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import orjson
from aiohttp import web

from temoin_sandbox.faults import FaultDesk

OTHER_KEY = "not-the-one-asked-about"
PAUSE = 0.02  # seconds between an answer and its double: a careless client has taken the connection back by then


async def tamper(request: web.Request, response: web.Response, desk: FaultDesk) -> web.Response:
    """Send the answer as the faults in force want it; without any, leave it to the server."""
    if desk.strikes("other_answer"):
        response = _of_another(response)
    if desk.strikes("half_answer"):
        await _send_half(request, response)
    elif desk.strikes("double_answer"):
        await _send_twice(request, response)
    elif desk.faults.trickle:
        desk.record("trickle")
        await _send_slowly(request, response, desk.faults.trickle)
    return response


def _of_another(response: web.Response) -> web.Response:
    """Change whose document the answer speaks of, in every Bundle of it."""
    told = orjson.loads(_bytes(response) or b"{}")
    for bundle in [told, *(entry.get("resource", {}) for entry in told.get("entry", []))]:
        _rename(bundle)
    changed = web.Response(body=orjson.dumps(told), status=response.status, headers=response.headers)
    changed.headers.pop("Content-Length", None)
    return changed


def _rename(resource: Any) -> None:
    if isinstance(resource, dict) and isinstance(resource.get("identifier"), dict):
        resource["identifier"]["value"] = OTHER_KEY


async def _send_half(request: web.Request, response: web.Response) -> None:
    head, body = _written(response)
    _write(request, head + body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()


async def _send_twice(request: web.Request, response: web.Response) -> None:
    with suppress(ConnectionError):  # whoever has left misses both
        await response.prepare(request)
        await response.write_eof()
    await asyncio.sleep(PAUSE)
    _write(request, b"".join(_written(response)))


async def _send_slowly(request: web.Request, response: web.Response, seconds: float) -> None:
    for byte in b"".join(_written(response)):
        if request.transport is None or request.transport.is_closing():
            return
        _write(request, bytes([byte]))
        await asyncio.sleep(seconds)
    if request.transport is not None:
        request.transport.close()


def _write(request: web.Request, data: bytes) -> None:
    if request.transport is not None:
        request.transport.write(data)


def _written(response: web.Response) -> tuple[bytes, bytes]:
    """Return the answer as it stands on the wire: head and body."""
    body = _bytes(response)
    lines = [f"HTTP/1.1 {response.status} {response.reason}", f"Content-Type: {response.headers['Content-Type']}"]
    lines += [f"Location: {response.headers['Location']}"] if "Location" in response.headers else []
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode(), body


def _bytes(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""
