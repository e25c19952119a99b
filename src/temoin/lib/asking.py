"""Statements that every request asks again: sent by the driver's own calls, without the cursors around each.

Connection, transaction, wrappers and errors are Django's, and a statement that comes back is planned once, by the
driver's own book of what it has prepared. The two cursors around each statement, Django's and the driver's, took an
eighth of a signature's processor time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.db import connections
from psycopg import Connection, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import PipelineAborted, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

_MARK = re.compile(r"%[%s]")
_FINE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
_KEPT = "_temoin_asker"  # where a connection of the driver's carries its asker: it lives as long

TOGETHER = 16  # statements of a pipeline that leave in one message, unless somebody waits for an answer

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
    rows: Rows = _wrapped(database, _execute)(sql, values, False, {"connection": database})
    return rows


def ask_later(sql: str, values: Sequence[Any]) -> Callable[[], Rows]:
    """Send one statement in the driver's pipeline mode; return what waits for its rows."""
    database = connections["default"]
    if database.queries_logged:
        cursor = database.cursor()
        cursor.execute(sql, values)
        rows: Callable[[], Rows] = cursor.fetchall
        return rows
    later: Later = _wrapped(database, _send)(sql, values, False, {"connection": database})
    return later.rows


def tell(sql: str, values: Sequence[Any]) -> None:
    """Send one statement in pipeline mode, past the wrappers of statements: it is part of one itself."""
    _send(sql, values, _many=False, context={"connection": connections["default"]})


def failure_of(driver: Any, result: Any) -> Exception:
    """Return the driver's error for a result that is not fine: what the server told, or that the line to it broke."""
    if driver.pgconn.status != ConnStatus.OK:
        return OperationalError("the connection was lost")
    return error_from_result(result, driver.info.encoding)


def _wrapped(database: Any, executor: Any) -> Any:
    for wrapper in reversed(database.execute_wrappers):
        executor = partial(wrapper, executor)
    return executor


def _execute(sql: str, values: Sequence[Any], _many: object, context: dict[str, Any]) -> Rows:
    database = context["connection"]
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        return _asker_of(database.connection).ask(sql, values)


def _send(sql: str, values: Sequence[Any], _many: object, context: dict[str, Any]) -> Later:
    database = context["connection"]
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        return _asker_of(database.connection).send(sql, values)


def _asker_of(driver: Any) -> _Asker:
    asker: _Asker | None = getattr(driver, _KEPT, None)
    if asker is None:
        asker = _Asker(driver)
        setattr(driver, _KEPT, asker)
    return asker


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

    def send(self, sql: str, values: Sequence[Any]) -> Later:
        """Put one statement into the driver's pipeline, as the driver's cursor does."""
        pipeline: Any = self._driver._pipeline  # noqa: SLF001 as with its book
        query, formats = _numbered(sql)
        written = self._adapting.dump_sequence(values, formats)
        question, given = _Question(query, self._adapting.types or ()), self._adapting.formats
        asked, name = self._book.get(question)
        if not name:
            command = partial(self._pgconn.send_query_params, query, written, question.types, given)
        else:
            command = partial(self._pgconn.send_query_prepared, name, written, given)
            if asked.name == "SHOULD":
                pipeline.command_queue.append(partial(self._pgconn.send_prepare, name, query, question.types))
                pipeline.result_queue.append(None)
        pipeline.command_queue.append(command)
        key = self._book.maybe_add_to_cache(question, asked, name)
        later = Later(self._driver, self._adapting)
        pipeline.result_queue.append((later, None if key is None else (key, asked, name)))
        if len(pipeline.command_queue) >= TOGETHER:
            self._driver.wait(pipeline._communicate_gen())  # noqa: SLF001
        return later

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
        raise failure_of(self._driver, result)


class Later:
    """The rows of a statement that left; the driver's pipeline fills it in, by the names that its cursors have."""

    def __init__(self, driver: Connection[Any], adapting: Any) -> None:
        self._conn: Any = driver
        self._adapting = adapting
        self._result: Any = None

    def rows(self) -> Rows:
        """Wait for the rows, if they are not there, and return them."""
        with connections["default"].wrap_database_errors:
            if self._result is None:
                self._conn.wait(self._conn._pipeline._communicate_gen())  # noqa: SLF001 as with its book
                self._conn.wait(self._conn._pipeline._fetch_gen(flush=True))  # noqa: SLF001
            self._adapting.set_pgresult(self._result)
            rows: Rows = self._adapting.load_rows(0, self._result.ntuples, tuple)
            return rows

    def _check_results(self, results: Sequence[Any]) -> None:
        status = results[0].status
        if status == ExecStatus.PIPELINE_ABORTED:
            raise PipelineAborted("a statement before it failed")
        if status not in _FINE:
            raise error_from_result(results[0], self._conn.info.encoding)

    def _set_results(self, results: Sequence[Any]) -> None:
        (self._result,) = results


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[bytes, list[PyFormat]]:
    """Return a statement as the server has it, `$1` for the first mark, and in which format each value is written."""
    marks = iter(range(1, sql.count("%s") + 1))
    text = _MARK.sub(lambda mark: "%" if mark[0] == "%%" else f"${next(marks)}", sql)
    return text.encode(), [PyFormat.AUTO] * sql.count("%s")
