"""Tells whether a kept connection still works without asking the server, unless its socket has something to say."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

_SOUND = frozenset({TransactionStatus.IDLE, TransactionStatus.INTRANS})


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper. A server that left has closed the socket, and a closed socket reads as "ready"."""

    def is_usable(self) -> bool:
        """Return at once for a quiet socket: Django's SELECT 1 would be a round trip for every request."""
        driver = self.connection
        if driver is not None and driver.info.transaction_status in _SOUND and _is_quiet(driver.pgconn.socket):
            return True
        usable: bool = super().is_usable()
        return usable


def _is_quiet(socket: int) -> bool:
    watch = select.poll()
    watch.register(socket, select.POLLIN)
    return not watch.poll(0)
