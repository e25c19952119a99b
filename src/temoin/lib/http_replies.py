"""The bounds of an answer by HTTP that its client library leaves open, for every courier."""

from __future__ import annotations

from typing import Any

import aiohttp

MOST_INTERIM = 8  # answers before the answer (1xx): a server that says nothing else would be listened to all the time


class BoundedReply(aiohttp.ClientResponse):
    """An answer whose server may say a few times that it is still at work, and then has to answer."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Read up to the answer's own head; ClientPayloadError where too much came before."""
        protocol, left = connection.protocol, MOST_INTERIM + 1
        read = protocol.read

        async def counted() -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise aiohttp.ClientPayloadError("too many interim answers")
            return await read()

        protocol.read = counted
        try:
            return await super().start(connection)
        finally:
            del protocol.read  # the connection may serve the next request too


async def read_whole(response: aiohttp.ClientResponse, largest: int) -> bytes | None:
    """Read an answer to its end; None for one of more bytes than any that is read here."""
    came = bytearray()
    async for piece in response.content.iter_any():  # one read() may bring the first piece only
        came += piece
        if len(came) > largest:
            return None
    return bytes(came)
