"""Requests to a provider of short messages: encrypted, bounded, and clear about what may have been taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from temoin.lib.http_replies import BoundedReply, read_whole
from temoin.lib.retry_after import asked_pause

# Seconds. A lease (30) outlives two requests, the enquiry and the sending.
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
LARGEST_ANSWER = 1_000_000  # bytes


class SmsNotSentError(Exception):
    """Nothing of it can have been taken; `code` is a word of the outbox."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SmsNoAnswerError(Exception):
    """It may have been taken."""


@dataclass(frozen=True)
class SmsReply:
    """What came back."""

    status: int
    raw: bytes
    retry_after: str = ""

    @property
    def body(self) -> Any:
        """Return the body as JSON, or None when it is none."""
        try:
            return orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            return None

    @property
    def pause(self) -> float | None:
        """Return the seconds that the provider asks to wait, a day at most."""
        return asked_pause(self.retry_after)


class SmsLine:
    """The connections to one provider; made inside the loop that uses them."""

    def __init__(self) -> None:
        # trust_env off: a proxy variable of the machine must not see links
        self._session = aiohttp.ClientSession(timeout=TIMEOUT, trust_env=False, response_class=BoundedReply)

    async def ask(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> SmsReply:
        """Make one request; SmsNotSentError or SmsNoAnswerError when nothing readable came back."""
        try:
            async with self._session.request(
                method, address, headers=headers, data=body, allow_redirects=False
            ) as response:
                raw = await read_whole(response, LARGEST_ANSWER) or b""
                return SmsReply(response.status, raw, response.headers.get("Retry-After", ""))
        except aiohttp.ClientSSLError:
            raise SmsNotSentError("certificate_refused") from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise SmsNotSentError("unreachable") from None
        except (aiohttp.ClientError, TimeoutError):
            raise SmsNoAnswerError from None

    async def close(self) -> None:
        await self._session.close()
