"""Connections to the authority by HTTP: encrypted, kept open, with a token where the authority asks for one."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import aiohttp

from temoin.lib.http_replies import BoundedReply
from temoin.transmission.channels.fhir.connections import CleanConnector
from temoin.transmission.channels.fhir.exchange import NoAnswerError, NotSentError, Reply, read_reply
from temoin.transmission.channels.fhir.settings import FhirSettings
from temoin.transmission.channels.fhir.tokens import Tokens
from temoin.transmission.tls import client_context

# Seconds. The whole exchange, enquiry included, ends well before the lease (30) does.
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
WHOLE = 12.0  # seconds for one request, a token asked for twice and a second try included
CONNECTIONS = 16
LARGEST_ANSWER = 1_000_000  # bytes


class HttpLine:
    """The connections to one authority; made inside the loop that uses them."""

    def __init__(self, authority: FhirSettings) -> None:
        self.base = authority.base_url
        # An address without encryption (a sandbox beside us) needs no certificates, which take 25 ms to read.
        encrypts = not self.base.startswith("http://")
        # trust_env off: a proxy variable of the machine must not see results
        self._session = aiohttp.ClientSession(
            timeout=TIMEOUT,
            response_class=BoundedReply,
            connector=CleanConnector(limit=CONNECTIONS, ssl=not encrypts or _context(authority, authority.pin)),
            trust_env=False,
        )
        # The pin is that of the authority's server; tokens mostly come from another one.
        tokens = authority.tokens
        self._tokens = None if tokens is None else Tokens(tokens, self._session, _context(authority, None))

    async def ask(self, method: str, path: str, **request: Any) -> Reply:
        """Make one request below the base; NotSentError or NoAnswerError says what may have happened."""
        return await self.ask_at(method, f"{self.base}/{path}", largest=LARGEST_ANSWER, **request)

    async def ask_at(self, method: str, address: str, *, largest: int, **request: Any) -> Reply:
        """Make one request at an address that the caller knows to be the authority's own."""
        try:
            async with asyncio.timeout(WHOLE):
                return await self._ask(method, address, largest, request)
        except TimeoutError:
            raise NoAnswerError("no_answer") from None

    async def close(self) -> None:
        await self._session.close()

    async def _ask(self, method: str, address: str, largest: int, request: dict[str, Any]) -> Reply:
        if self._tokens is None:
            return await self._send(method, address, largest, request)
        token = await self._tokens.current()
        reply = await self._send(method, address, largest, _with(request, token))
        if reply.status != 401:
            return reply
        self._tokens.forget(token)  # it was taken back, or the server's clock runs ahead: one new one, then no more
        return await self._send(method, address, largest, _with(request, await self._tokens.current()))

    async def _send(self, method: str, address: str, largest: int, request: dict[str, Any]) -> Reply:
        try:
            async with self._session.request(method, address, **request, allow_redirects=False) as response:
                return await read_reply(response, largest)
        except aiohttp.ClientSSLError:
            raise NotSentError("certificate_refused") from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise NotSentError("unreachable") from None  # no connection: nothing can have been stored
        except (aiohttp.ClientError, TimeoutError):
            raise NoAnswerError("no_answer") from None


def _with(request: dict[str, Any], token: str) -> dict[str, Any]:
    return {**request, "headers": {**request.get("headers", {}), "Authorization": f"Bearer {token}"}}


def _context(authority: FhirSettings, pin: str | None) -> ssl.SSLContext:
    return client_context(
        authorities=authority.authorities, pin=pin, certificate=authority.certificate, key=authority.key
    )
