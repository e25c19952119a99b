"""A connection that knows when its server is away, and is then given up; the one place where Django opens one.

A kept connection is not asked whether it still works unless its socket has something to say.
"""

from __future__ import annotations

import select
from functools import cached_property
from types import TracebackType
from typing import Any, cast

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from psycopg.pq import TransactionStatus

from temoin.lib.away import OUTAGE, is_away

_SOUND = frozenset({TransactionStatus.IDLE, TransactionStatus.INTRANS})


class AwayWrapper(DatabaseErrorWrapper):
    """Django's wrapper of the driver's errors, which here raises one kind for every fault that says "not now".

    A standby that takes no writes tells an `InternalError`; rooms that let an outage pass would blame an item for it.
    """

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc_value is not None and is_away(exc_value):
            database = cast("Any", self).wrapper  # which its stubs do not tell of
            database.errors_occurred = database.was_away = True
            raise OperationalError(*exc_value.args).with_traceback(traceback) from exc_value
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper. A server that left has closed the socket, and a closed socket reads as "ready"."""

    was_away = False

    @cached_property
    def wrap_database_errors(self) -> AwayWrapper:
        return AwayWrapper(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; whoever had said that the database is away hears that it is back."""
        if not OUTAGE.may_connect():
            raise psycopg.OperationalError("the database did not answer a moment ago")
        try:
            made = super().get_new_connection(conn_params)
        except BaseException:
            OUTAGE.refuse()
            raise
        self.was_away = False
        OUTAGE.end()
        return made

    def is_usable(self) -> bool:
        """Return at once for a quiet socket: Django's SELECT 1 would be a round trip for every request.

        A connection that met an outage is never used again: its server may be a standby now, with a quiet socket.
        """
        if self.was_away:
            return False
        driver = self.connection
        if driver is not None and driver.info.transaction_status in _SOUND and _is_quiet(driver.pgconn.socket):
            return True
        usable: bool = super().is_usable()
        return usable


def _is_quiet(socket: int) -> bool:
    watch = select.poll()
    watch.register(socket, select.POLLIN)
    return not watch.poll(0)
