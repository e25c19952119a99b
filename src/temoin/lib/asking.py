"""Statements that every request asks again: sent by the driver's own calls, without the cursors around each.

Connection, transaction, wrappers and errors are Django's, and a statement that comes back is planned once, by the
driver's own book of what it has prepared. The two cursors around each statement, Django's and the driver's, took an
eighth of a signature's processor time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.db import connections
from psycopg import Connection, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

_MARK = re.compile(r"%[%s]")
_FINE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
_KEPT = "_temoin_asker"  # where a connection of the driver's carries its asker: it lives as long

Rows = list[tuple[Any, ...]]


def ask(sql: str, values: Sequence[Any]) -> Rows:
    """Send one statement with `%s` marks, in the transaction that is open, and return its rows."""
    database = connections["default"]
    database.close_if_health_check_failed()
    database.ensure_connection()
    # A test counts what is asked, or statements leave without waiting for answers: then by the cursors.
    if database.queries_logged or database.connection.pgconn.pipeline_status:
        with database.cursor() as cursor:
            cursor.execute(sql, values)
            found: Rows = cursor.fetchall()
            return found
    executor: Any = _execute
    for wrapper in reversed(database.execute_wrappers):
        executor = partial(wrapper, executor)
    rows: Rows = executor(sql, values, False, {"connection": database})
    return rows


def _execute(sql: str, values: Sequence[Any], _many: object, context: dict[str, Any]) -> Rows:
    database = context["connection"]
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        asker: _Asker | None = getattr(database.connection, _KEPT, None)
        if asker is None:
            asker = _Asker(database.connection)
            setattr(database.connection, _KEPT, asker)
        return asker.ask(sql, values)


@dataclass(slots=True)
class _Question:
    """What the driver's book knows a statement by."""

    query: bytes
    types: tuple[int, ...]


class _Asker:
    """Asks on one connection. It leans on parts of the driver that are not promised: `tests/lib/test_asking.py`."""

    def __init__(self, driver: Connection[Any]) -> None:
        self._driver = driver
        self._pgconn = driver.pgconn
        self._adapting = Transformer(driver)
        self._book: Any = driver._prepared  # noqa: SLF001 a rollback empties it on both sides, ours would be stale

    def ask(self, sql: str, values: Sequence[Any]) -> Rows:
        """Return the rows of one statement."""
        if self._pgconn.transaction_status == TransactionStatus.IDLE and not self._driver.autocommit:
            self._check(self._pgconn.exec_(b"BEGIN"))
        query, formats = _numbered(sql)
        written = self._adapting.dump_sequence(values, formats)
        question = _Question(query, self._adapting.types or ())
        result = self._answer(question, written)
        self._adapting.set_pgresult(result)
        return self._adapting.load_rows(0, result.ntuples, tuple)

    def _answer(self, question: _Question, written: Sequence[Any]) -> Any:
        asked, name = self._book.get(question)
        if not name:
            result = self._pgconn.exec_params(question.query, written, question.types, self._adapting.formats)
        else:
            if asked.name == "SHOULD":
                self._check(self._pgconn.prepare(name, question.query, question.types))
            result = self._pgconn.exec_prepared(name, written, self._adapting.formats)
        key = self._book.maybe_add_to_cache(question, asked, name)
        self._check(result)
        if key is not None:
            self._book.validate(key, asked, name, [result])
            self._driver.wait(self._book.maintain_gen(self._driver))
        return result

    def _check(self, result: Any) -> None:
        if result.status in _FINE:
            return
        if self._pgconn.status != ConnStatus.OK:
            raise OperationalError("the connection was lost")
        raise error_from_result(result, self._driver.info.encoding)


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[bytes, list[PyFormat]]:
    """Return a statement as the server has it, `$1` for the first mark, and in which format each value is written."""
    marks = iter(range(1, sql.count("%s") + 1))
    text = _MARK.sub(lambda mark: "%" if mark[0] == "%%" else f"${next(marks)}", sql)
    return text.encode(), [PyFormat.AUTO] * sql.count("%s")
