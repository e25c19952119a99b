"""A state's signer by HTTPS: each hash is one POST, described in `docs/certificates.md`.

It signs what it is shown without knowing it. Who we are is proven by a certificate or by a token of its own.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode, b64encode
from collections.abc import Sequence
from threading import Thread
from typing import Any

import aiohttp
import orjson

from temoin.certificates.settings import StateSettings
from temoin.certificates.state import SignerFault, StateSignature
from temoin.lib.http_replies import BoundedReply, read_whole

WHOLE = 2.0  # seconds for all hashes of a batch: letters wait no longer, and are sent within five of their claim
GRACE = 0.5  # seconds in which what was cut off is put away
CONNECTIONS = 64  # a lane holds 256 letters at most: each connection signs four
LARGEST_ANSWER = 20_000  # bytes

Answered = StateSignature | SignerFault


class _CutReply(BoundedReply):
    """An answer whose connection is cut when it does not come: this loop ends before a silent server says goodbye."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        protocol = connection.protocol
        try:
            return await super().start(connection)
        except BaseException:
            protocol.abort()
            raise


class HttpsSigner:
    """The signer at one address; each batch opens its own connections, and closes them."""

    def __init__(self, settings: StateSettings, *, whole: float = WHOLE) -> None:
        self._settings = settings
        self._whole = whole

    def sign(self, digests: Sequence[bytes]) -> list[Answered]:
        """Answer for each hash in time, also where a name is looked up for longer: in a thread of its own."""
        found: list[Answered] = []
        thread = Thread(target=lambda: found.extend(asyncio.run(self._sign(digests))), daemon=True)
        thread.start()
        thread.join(self._whole + GRACE)
        return list(found) or [SignerFault("no_answer") for _ in digests]

    async def _sign(self, digests: Sequence[bytes]) -> list[Answered]:
        try:
            headers, context = self._headers(), signer_context(self._settings)
        except (OSError, ValueError):
            return [SignerFault("files_unreadable") for _ in digests]
        # trust_env off: a proxy variable of the machine must not see the token
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=self._whole),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=_CutReply,
        ) as session:
            return await asyncio.gather(*(self._sign_one(session, digest) for digest in digests))

    async def _sign_one(self, session: aiohttp.ClientSession, digest: bytes) -> Answered:
        asked = orjson.dumps({"digest": b64encode(digest).decode("ascii")})
        try:
            async with session.post(self._settings.url, data=asked, allow_redirects=False) as reply:
                if reply.status != 200:
                    return SignerFault(f"http_{reply.status}")
                return read_answer(await read_whole(reply, LARGEST_ANSWER) or b"")
        except aiohttp.ClientSSLError:
            return SignerFault("certificate_refused")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return SignerFault("unreachable")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return SignerFault("no_answer")

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._settings.token_file is not None:
            token = self._settings.token_file.read_text(encoding="ascii").strip()
            headers["Authorization"] = f"Bearer {token}"
        return headers


def signer_context(settings: StateSettings) -> ssl.SSLContext:
    """Return how connections are opened; OSError for files that cannot open one."""
    context = ssl.create_default_context(cafile=settings.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.certificate is not None:
        context.load_cert_chain(settings.certificate, settings.key)
    return context


def read_answer(content: bytes) -> Answered:
    """Return what a signer's answer holds, whatever it is."""
    try:
        told = orjson.loads(content)
        parts = [b64decode(told[name], validate=True) for name in ("signature", "certificate")]
    except (KeyError, TypeError, ValueError):  # of JSON and of base 64 too
        return SignerFault("malformed")
    return StateSignature(*parts)
