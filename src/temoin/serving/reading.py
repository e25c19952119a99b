"""Requests: which are taken, their body read whole before a thread hears of them, and what WSGI makes of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from aiohttp import HttpVersion10, web

from temoin.serving.pace import TransferPace

Environ = dict[str, Any]

# Set for an application that is asked whether a caller may send a large body: ADMITTED lets it be read, any other
# status is the answer. What it puts into the environment is there again when the whole request comes.
UNREAD = "temoin.unread"
ADMITTED = 204

_UNTRUE = frozenset({"HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING"})


class RefusedError(Exception):
    """The server answers this request itself."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def check_head(request: web.BaseRequest, pace: TransferPace) -> None:
    """Refuse what two servers in a row could read differently, and a body that is too large, or a stranger's."""
    coding = request.headers.get("Transfer-Encoding")
    if coding is not None and (coding.strip().lower() != "chunked" or request.version != (1, 1)):
        raise RefusedError(400, "bad request")
    if request.version < HttpVersion10 or request.version > (1, 1) or not request.raw_path.startswith("/"):
        raise RefusedError(400, "bad request")
    if (request.content_length or 0) > pace.largest(path_of(request)) and not is_large(request, pace):
        raise RefusedError(413, "too large")
    cookie = pace.cookie_at.get(path_of(request))
    if cookie is not None and request.body_exists and not _has_cookie(request, cookie):
        raise RefusedError(403, "sign in first")


def is_large(request: web.BaseRequest, pace: TransferPace) -> bool:
    """Tell whether a body is said to be so large that the application is asked first."""
    return pace.is_large(path_of(request), request.content_length or 0)


def _has_cookie(request: web.BaseRequest, name: str) -> bool:
    """Tell whether a cookie came along; whether it is worth anything is for the application to say."""
    sent = (part for header in request.headers.getall("Cookie", []) for part in header.split(";"))
    return any(part.partition("=")[0].strip() == name for part in sent)


async def read_body(request: web.BaseRequest, pace: TransferPace, held: Callable[[int], None]) -> bytes:
    """Return the whole body, or refuse one that is too large or too slow; `held` hears of each part."""
    if not request.body_exists:
        return b""
    path, is_admitted = path_of(request), is_large(request, pace)
    largest = pace.large_at[path] if is_admitted else pace.largest(path)
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # a refusal may still follow
    try:
        if request.content.is_eof():  # it came along with the head: there is nobody to wait for
            return _whole(request, largest, held)
        async with asyncio.timeout(pace.large_body if is_admitted else pace.seconds(path)):
            return await _parts(request, largest, held)
    except TimeoutError:
        raise RefusedError(408, "too slow") from None
    except web.RequestPayloadError:
        raise RefusedError(400, "bad request") from None


def _whole(request: web.BaseRequest, largest: int, held: Callable[[int], None]) -> bytes:
    body = request.content.read_nowait()
    held(len(body))
    if len(body) > largest:
        raise RefusedError(413, "too large")
    return body


async def _parts(request: web.BaseRequest, largest: int, held: Callable[[int], None]) -> bytes:
    body = bytearray()
    async for part in request.content.iter_any():
        held(len(part))
        body += part
        if len(body) > largest:
            raise RefusedError(413, "too large")
    return bytes(body)


def path_of(request: web.BaseRequest) -> str:
    """Return the path as it was sent, without what follows it."""
    return request.raw_path.partition("?")[0]


def with_body(environ: Environ, body: bytes) -> Environ:
    """Return an environment whose body was read meanwhile."""
    whole = environ | {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    del whole[UNREAD]
    return whole


def environ_of(request: web.BaseRequest, body: bytes) -> Environ:
    """Return the request as PEP 3333 has it."""
    path, _mark, query = request.raw_path.partition("?")
    transport = request.transport
    own = (transport.get_extra_info("sockname") if transport is not None else None) or ("", 0)
    peer = (transport.get_extra_info("peername") if transport is not None else None) or ("", 0)
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.partition("#")[0]).decode("latin-1"),
        "QUERY_STRING": query.partition("#")[0],
        "SERVER_NAME": str(own[0]),
        "SERVER_PORT": str(own[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.version.major}.{request.version.minor}",
        "REMOTE_ADDR": str(peer[0]),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)) if request.body_exists else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers_of(request),
    }


def _headers_of(request: web.BaseRequest) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in request.raw_headers:
        name = raw_name.decode("latin-1")
        if "_" in name:
            continue  # X_Forwarded_For would pass for X-Forwarded-For, which only the proxy writes
        key = f"HTTP_{name.upper().replace('-', '_')}"
        value = raw_value.decode("latin-1")
        if key in found:
            found[key] += ("; " if key == "HTTP_COOKIE" else ",") + value
        elif key not in _UNTRUE:
            found[key] = value
    return found
