"""Kept HTTP connections on which nothing is left over from the request before."""

from __future__ import annotations

from typing import Any

import aiohttp


class CleanConnector(aiohttp.TCPConnector):
    """Never gives out a connection on which something came that nobody asked for.

    A server that answers twice leaves an answer behind, and aiohttp hands it to the next request on that connection:
    from then on each document gets the answer of the one before. The hook is aiohttp's own and not public (3.14);
    `test_a_refusal_given_twice_…` tells when it is no longer called.
    """

    async def _get(self, key: Any, traces: Any) -> Any:
        for connection, _since in self._conns.get(key, ()):
            if connection.should_close:
                connection.close()
        return await super()._get(key, traces)
