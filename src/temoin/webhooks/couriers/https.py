"""A notice to a program's address: one POST, whose answer counts by its status alone.

Whoever registers an address chooses where this machine connects to. So the IP address is judged where the connection
is made, after the name was resolved, and a name that leads elsewhere the second time leads nowhere; no redirect is
followed, and of an answer nothing is read beyond its headers.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

import aiohttp

from temoin.lib.http_replies import BoundedReply
from temoin.lib.retry_after import asked_pause
from temoin.outbox.courier import Answer, Verdict
from temoin.webhooks.addresses import AddressRefusedError, is_public, read_target
from temoin.webhooks.settings import CONNECTIONS, Outside

_NOT_NOW = frozenset({429, 503})
LONGEST = 3_600.0  # seconds that a program may ask to be left alone for: the longest pause between two tries anyway
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)


class _NotPublicError(OSError):
    """A name led to an address that no notice goes to."""


def _public_socket(found: Any) -> socket.socket:
    """Make the socket of a connection: aiohttp tells the very address that it is about to connect it to."""
    family, kind, protocol, _, place = found
    if not is_public(place[0]):
        raise _NotPublicError
    return socket.socket(family, kind, protocol)


class WebhookLine:
    """The connections of a round; each kind is made when the first notice needs it, inside the loop that uses it.

    Most rounds send nothing, and to read the authorities' certificates is most of the work of an idle worker.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def _session(self, *, is_allowed: bool) -> aiohttp.ClientSession:
        if is_allowed not in self._sessions:
            self._sessions[is_allowed] = self._made(None if is_allowed else _public_socket)
        return self._sessions[is_allowed]

    def _made(self, make: Any) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=self._context(), socket_factory=make)
        # trust_env off: a proxy variable of the machine would choose the address instead
        return aiohttp.ClientSession(
            connector=connector,
            timeout=TIMEOUT,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=BoundedReply,
        )

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._outside.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def post(self, address: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send one notice; every outcome is an Answer."""
        try:
            target = read_target(address, self._outside)
            session = self._session(is_allowed=target.name in self._outside.allowed_hosts)
            headers = {**headers, "Content-Type": "application/json"}
            async with session.post(address, data=body, headers=headers, allow_redirects=False) as reply:
                reply.close()  # what else it says is nobody's business
                return _answer(reply.status, reply.headers.get("Retry-After", ""))
        except AddressRefusedError:
            return Answer(Verdict.POSTPONED, "not_public")
        except aiohttp.ClientSSLError:
            return Answer(Verdict.POSTPONED, "certificate_refused")
        except aiohttp.ClientConnectorError as error:
            is_inside = isinstance(error.os_error, _NotPublicError)
            return Answer(Verdict.POSTPONED, "not_public" if is_inside else "unreachable")
        except TimeoutError:
            return Answer(Verdict.POSTPONED, "no_answer")
        except (aiohttp.ClientError, OSError, ValueError):
            return Answer(Verdict.POSTPONED, "unreachable")

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()


def _answer(status: int, retry_after: str) -> Answer:
    if 200 <= status < 300:
        return Answer(Verdict.ACCEPTED, f"http_{status}")
    if status in _NOT_NOW:
        pause = asked_pause(retry_after)
        return Answer(Verdict.POSTPONED, f"http_{status}", retry_after=None if pause is None else min(pause, LONGEST))
    return Answer(Verdict.POSTPONED, "redirected" if 300 <= status < 400 else f"http_{status}")
