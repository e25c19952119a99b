"""Tokens for the authority: asked for by a signed assertion, used until shortly before they end, never written down.

OAuth 2 client credentials (RFC 6749 §4.4) with `private_key_jwt` (RFC 7523), as SMART backend services ask for.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from functools import cached_property

import aiohttp
from joserfc.jwk import ECKey, RSAKey

from temoin.crypto.client_assertion import client_assertion, read_signing_key
from temoin.lib.clock import now
from temoin.transmission.channels.fhir.exchange import NotSentError, Reply, read_reply
from temoin.transmission.channels.fhir.settings import TokenClient
from temoin.transmission.judging import Nature, nature_of_http

log = logging.getLogger("temoin.transmission")

TIMEOUT = aiohttp.ClientTimeout(total=4, connect=3)  # seconds; part of the time of one exchange
MARGIN = 30.0  # seconds; a token that is about to end may end on its way
UNTOLD_LIFE = 60.0  # seconds; RFC 6749 lets the answer not tell how long a token lives
LARGEST_ANSWER = 65_536  # bytes
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Tokens:
    """The one token in use, for all the exchanges with one authority."""

    def __init__(self, client: TokenClient, session: aiohttp.ClientSession, context: ssl.SSLContext) -> None:
        self._client = client
        self._session = session
        self._context = context
        self._turn = asyncio.Lock()  # many exchanges start at once, and one token serves them all
        self._token = ""
        self._ends_at = 0.0

    async def current(self) -> str:
        """Return a token; NotSentError when none is to be had now, which is never the fault of a result."""
        async with self._turn:
            if not self._token or _time() >= self._ends_at:
                self._token, life = await self._ask()
                self._ends_at = _time() + life - min(MARGIN, life / 2)
            return self._token

    def forget(self, token: str) -> None:
        """Use this token no more; one that was renewed meanwhile stays."""
        if self._token == token:
            self._token = ""

    @cached_property
    def _key(self) -> ECKey | RSAKey:
        return read_signing_key(self._client.key.read_bytes(), self._client.algorithm)

    async def _ask(self) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        if self._client.scope:
            form["scope"] = self._client.scope
        try:
            async with self._session.post(
                self._client.token_url,
                data=form,
                headers={"Accept": "application/json"},
                allow_redirects=False,
                timeout=TIMEOUT,
                ssl=self._context,
            ) as response:
                return _read(await read_reply(response, LARGEST_ANSWER))
        except aiohttp.ClientSSLError:
            raise NotSentError("certificate_refused") from None
        except (aiohttp.ClientError, TimeoutError):
            raise NotSentError("no_token") from None

    def _assertion(self) -> str:
        client = self._client
        return client_assertion(
            key=self._key,
            algorithm=client.algorithm,
            key_id=client.key_id,
            client_id=client.client_id,
            audience=client.audience or client.token_url,
            at=now(),
        )


def _read(reply: Reply) -> tuple[str, float]:
    """Return the token of an answer and its life in seconds."""
    if reply.status != 200:
        log.warning("no token for the authority: the token address answered %s", reply.status)
        is_passing = nature_of_http(reply.status) in {Nature.PASSING, Nature.UNCLEAR}
        raise NotSentError("no_token" if is_passing else "token_refused", pause=reply.pause)
    try:
        token, kind = reply.body["access_token"], reply.body["token_type"]
        life = float(reply.body.get("expires_in", UNTOLD_LIFE))
        is_bearer = kind.lower() == "bearer" and _TOKEN.fullmatch(token) is not None
    except (ValueError, KeyError, TypeError, AttributeError):
        is_bearer, token, life = False, "", 0.0
    if not is_bearer or not 0 < life < float("inf"):
        log.warning("no token for the authority: the token address gave none that can be read")
        raise NotSentError("token_refused")
    return token, life


def _time() -> float:
    return asyncio.get_running_loop().time()
