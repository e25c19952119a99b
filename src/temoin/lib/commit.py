"""The commit of an act: rows are gathered, then written by ONE statement inside the act's transaction.

Law 1 (record, event and parcels together or not at all) holds by construction, and one statement costs one round
trip where the ORM costs one per row. Each part says how many rows it must touch; any other count undoes everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.db.models.expressions import DatabaseDefault

from temoin.lib.arrays import bound_array
from temoin.lib.asking import Rows, ask, ask_later
from temoin.lib.errors import ConflictError, ScopeError
from temoin.lib.lifecycle import Lifecycle
from temoin.lib.stirring import stir_after_commit
from temoin.lib.tenant import TenantModel, answers_come_later, check_when_answered, current_pharmacy

MANY = 4  # rows of one table from which on they are bound as arrays: the statement then is the same for any number
# What is empty is written, not bound: past 50 parameters the driver no longer keeps what it worked out of a statement.
_WRITTEN: dict[Any, str] = {None: "NULL", "": "''"}
_SHORT = frozenset({str, type(None)})
_PLAIN = frozenset({UUID, str, int, bytes, datetime, type(None)})

LeftOut = tuple[bool, ...]  # of each column that the database can fill: whether it shall


@dataclass(frozen=True)
class Part:
    """One query, its values, and the number of rows it must touch."""

    sql: str
    values: tuple[Any, ...]
    expected: int | None = None  # None: any number
    is_counted: bool = True  # an insert is not: it writes all of its rows, or fails


class Commit:
    """Gathers the writes of one act; `flush` performs them together."""

    def __init__(self) -> None:
        self._inserts: dict[type[TenantModel], list[TenantModel]] = {}
        self._changes: list[Part] = []
        self._asked: dict[str, list[Any]] = {}
        self.version, self.digest = "", ""
        self._told: list[str] = []
        self._stirs = False

    def attest(self, *, version: int, digest: bytes) -> None:
        """Put into the act's event which version it writes, and the digest of that row."""
        self.version, self.digest = str(version), digest.hex()

    def tell(self, table: str, row_id: object, *, former: str = "", now: str = "") -> None:
        """Have the act's event tell how a row was left: the digest of it before and since, without one if it is gone.

        See `crypto.told`. What is sealed tells itself.
        """
        self._told.append(f"{table}:{row_id}:{former}:{now}")

    def take_told(self) -> str:
        """Return what the act's event has to tell, once."""
        told, self._told = ",".join(self._told), []
        return told

    def insert(self, row: TenantModel) -> None:
        """Add a new row; it must belong to the pharmacy in scope."""
        if row.pharmacy_id != current_pharmacy():
            raise ScopeError("a row of another pharmacy cannot be written in this scope")
        if row.told:
            self.tell(_table(type(row)), row.id, now=row.told_digest())
        self._stirs = self._stirs or row.stirs
        self._inserts.setdefault(type(row), []).append(row)

    def move(
        self,
        model: type[TenantModel],
        row_id: UUID,
        verb: str,
        *,
        only_if: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        """Add a change of state: it only takes place if the row is in a state the verb starts from.

        `only_if` names columns that must besides still hold what the caller last saw.
        """
        _check_told(model, values)
        self._move(model, row_id, verb, only_if=only_if, **values)

    def _move(
        self, model: type[TenantModel], row_id: UUID, verb: str, *, only_if: Mapping[str, Any] | None, **values: Any
    ) -> None:
        lifecycle: Lifecycle[Any] = model.lifecycle  # type: ignore[attr-defined]
        move = lifecycle.move(verb)
        guards = {"state": sorted(state.value for state in move.sources)}
        guards |= {name: [value] for name, value in (only_if or {}).items()}
        self._change(model, row_id, {"state": move.target.value, **values}, guards)

    def move_all(
        self,
        model: type[TenantModel],
        row_ids: list[UUID],
        verb: str,
        *,
        only_if: Mapping[str, list[Any]],
        each: Mapping[str, list[Any]],
        same: Mapping[str, Any],
    ) -> None:
        """Add the same change of state of many rows; `only_if` and `each` hold a value for each row.

        One statement whose text does not depend on the number of rows: PostgreSQL plans it once.
        """
        lifecycle: Lifecycle[Any] = model.lifecycle  # type: ignore[attr-defined]
        move = lifecycle.move(verb)
        _check_sealed_with(model, {**each, **same, "state": move.target})
        _check_told(model, {**each, **same})
        lists = {"id": row_ids} | {f"was_{name}": values for name, values in only_if.items()} | dict(each)
        types = [_kind(model._meta.get_field(name.removeprefix("was_"))) for name in lists]
        given = ", ".join(f"%s::{kind}[]" for kind in types)
        sets = ", ".join(
            ["state = %s", *(f"{name} = given.{name}" for name in each), *(f"{name} = %s" for name in same)]
        )
        guards = "".join(f" AND t.{name} = given.was_{name}" for name in only_if)
        sql = (
            f"UPDATE {_table(model)} t SET {sets} FROM unnest({given}) AS given ({', '.join(lists)}) "  # noqa: S608
            f"WHERE t.pharmacy_id = %s AND t.id = given.id AND t.state = ANY(%s){guards} RETURNING 1"
        )
        constants = [_prepared(model._meta.get_field(name), value) for name, value in same.items()]
        sources = sorted(state.value for state in move.sources)
        arrays = [bound_array(kind, column) for kind, column in zip(types, lists.values(), strict=True)]
        values = (move.target.value, *constants, *arrays, current_pharmacy(), sources)
        self._stirs = self._stirs or model.stirs
        self._changes.append(Part(sql, values, len(row_ids)))

    def change(
        self, model: type[TenantModel], row_id: UUID, *, only_if: Mapping[str, Any] | None = None, **values: Any
    ) -> None:
        """Add a change of columns that are not a state; `only_if` as in `move`."""
        if "state" in values:
            raise ScopeError("states change through their lifecycle")
        _check_told(model, values)
        self._change(model, row_id, values, {name: [value] for name, value in (only_if or {}).items()})

    def reseal(self, row: Any, value: Mapping[str, Any] | None = None, **columns: Any) -> None:
        """Add that a row is sealed anew, with these columns and this value, if nobody sealed it since it was read."""
        was, former = {"sealed": [bytes(row.sealed)]}, row.told_digest()
        self._change(type(row), row.id, row.reseal(value, **columns), was)
        self._tell_changed(row, former)

    def move_sealed(self, row: Any, verb: str, value: Mapping[str, Any] | None = None, **columns: Any) -> None:
        """Add a change of state with which a row is sealed anew, as in `reseal`; its seal may bind the state too."""
        was, former = {"sealed": bytes(row.sealed)}, row.told_digest()
        state = {"state": row.lifecycle.move(verb).target.value} if "state" in row.binds else {}
        changes = row.reseal(value, **columns, **state)
        changes.pop("state", None)
        self._move(type(row), row.id, verb, only_if=was, **changes)
        self._tell_changed(row, former)

    def _tell_changed(self, row: TenantModel, former: str) -> None:
        if row.told:
            self.tell(_table(type(row)), row.id, former=former, now=row.told_digest())

    def remove(self, model: type[TenantModel], row_id: UUID) -> None:
        if model.told:
            self.tell(_table(model), row_id)
        sql = f"DELETE FROM {_table(model)} WHERE pharmacy_id = %s AND id = %s RETURNING 1"  # noqa: S608
        self._changes.append(Part(sql, (current_pharmacy(), row_id), 1))

    def _change(
        self, model: type[TenantModel], row_id: UUID, values: Mapping[str, Any], guards: Mapping[str, list[Any]]
    ) -> None:
        _check_sealed_with(model, values)
        fields = [model._meta.get_field(name) for name in values]
        assignments = ", ".join(f"{field.column} = %s" for field in fields)  # type: ignore[union-attr]
        sql = f"UPDATE {_table(model)} SET {assignments} WHERE pharmacy_id = %s AND id = %s"  # noqa: S608
        prepared = [_prepared(field, value) for field, value in zip(fields, values.values(), strict=True)]
        prepared += [current_pharmacy(), row_id]
        for name, allowed in guards.items():
            field: Any = model._meta.get_field(name)
            # Of a sealed value only the content counts: keys may be turned between reading and writing.
            sql += f" AND {getattr(field, 'compared_sql', field.column)} = ANY(%s)"
            prepared.append([field.compared(value) for value in allowed] if hasattr(field, "compared") else allowed)
        self._stirs = self._stirs or model.stirs
        self._changes.append(Part(sql + " RETURNING 1", tuple(prepared), 1))

    def absorb(self, other: Commit) -> None:
        """Add everything that was gathered apart: by somebody who might have failed half-way."""
        for model, rows in other._inserts.items():
            self._inserts.setdefault(model, []).extend(rows)
        self._changes += other._changes
        self._told += other._told
        self._stirs = self._stirs or other._stirs
        for sql, values in other._asked.items():
            for value in values:
                self.ask_once(sql, value)

    def ask_once(self, sql: str, value: Any) -> None:
        """Add a query that is asked beside the writes, once for all the values that it is told, as an array."""
        asked = self._asked.setdefault(sql, [])
        if value not in asked:
            asked.append(value)

    def flush(self) -> None:
        """Write everything in one statement; ConflictError, with nothing kept, when a row was not as expected."""
        parts = self._take_parts()
        if not parts:
            return
        sql = _statement(tuple([(part.sql, part.is_counted) for part in parts]))
        values = [value for part in parts for value in part.values]
        expected = [part.expected for part in parts if part.is_counted]
        if self._stirs:
            stir_after_commit(current_pharmacy())
        with _collisions_named():
            answer = ask_later(sql, values) if answers_come_later() else partial(ask, sql, values)
        check_when_answered(partial(_check_answer, answer, expected))

    def flush_and_ask(self, sql: str, values: Sequence[Any]) -> Callable[[], Rows]:
        """Write what was added, all of it new rows, and ask in the same statement; return what waits for the rows."""
        parts = self._take_parts()
        if any(part.is_counted for part in parts):
            raise ScopeError("only new rows are written with a question: nobody counts them")
        written = ", ".join(f"step{number} AS ({part.sql})" for number, part in enumerate(parts))
        values = [*(value for part in parts for value in part.values), *values]
        sql = f"WITH {written} {sql}" if parts else sql
        if answers_come_later():
            return ask_later(sql, values)
        rows = ask(sql, values)
        return lambda: rows

    def _take_parts(self) -> list[Part]:
        if self._told:
            raise ScopeError("what is sealed is written by an act, whose event tells it")
        parts = [_insert_part(model, rows) for model, rows in self._inserts.items()] + self._changes
        parts += [Part(sql, (values,)) for sql, values in self._asked.items()]
        self._inserts, self._changes, self._asked = {}, [], {}
        return parts


def _check_answer(answer: Callable[[], Rows], expected: list[int | None]) -> None:
    with _collisions_named():
        (counts,) = answer()
    _check_counts(counts, expected)


def _check_counts(counts: Sequence[int], expected: list[int | None]) -> None:
    if expected and any(wanted not in (count, None) for count, wanted in zip(counts, expected, strict=True)):
        transaction.set_rollback(True)  # whoever catches this cannot keep the rows that were as expected
        raise ConflictError("a row is no longer in the state this act starts from")


@contextmanager
def _collisions_named() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        # Which constraint says what collided; the driver's message would repeat the values (law 7).
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or "constraint"
        raise ConflictError(name) from None


def _check_sealed_with(model: type[TenantModel], values: Mapping[str, Any]) -> None:
    if "sealed" not in values and any(name in model.binds for name in values):
        raise ScopeError("what a seal binds changes with the seal: see reseal")


def _check_told(model: type[TenantModel], values: Mapping[str, Any]) -> None:
    if model.told and "sealed" in values:
        raise ScopeError("what events tell of is sealed anew by reseal or move_sealed")


@lru_cache(maxsize=256)
def _statement(parts: tuple[tuple[str, bool], ...]) -> str:
    """Return one statement; it does what writes in any case, and asks what is counted."""
    steps = ", ".join(f"step{number} AS ({sql})" for number, (sql, _) in enumerate(parts))
    counts = [f"(SELECT count(*) FROM step{number})" for number, (_, is_counted) in enumerate(parts) if is_counted]  # noqa: S608
    return f"WITH {steps} SELECT {', '.join(counts) or 'NULL'}"


def _insert_part(model: type[TenantModel], rows: list[TenantModel]) -> Part:
    left_out = _are_left_out(model, rows[0])
    if len(rows) >= MANY:
        return _insert_many_part(model, left_out, rows)
    given = _given(model, left_out)
    values = [_prepared(field, value) for row in rows for field, value in zip(given.fields, given.of(row), strict=True)]
    written = tuple([_WRITTEN.get(value) if type(value) in _SHORT else None for value in values])
    bound = tuple([value for value, mark in zip(values, written, strict=True) if mark is None])
    return Part(_insert_sql(model, left_out, written), bound, is_counted=False)


def _insert_many_part(model: type[TenantModel], left_out: LeftOut, rows: list[TenantModel]) -> Part:
    given = _given(model, left_out)
    columns = [
        _column(field, list(column))
        for field, column in zip(given.fields, zip(*map(given.of, rows), strict=True), strict=True)
    ]
    same = tuple(_is_same(field, column) for field, column in zip(given.fields, columns, strict=True))
    bound = [
        column[0] if is_same else bound_array(_kind(field), column)
        for field, column, is_same in zip(given.fields, columns, same, strict=True)
    ]
    values = sorted(zip(same, bound, strict=True), key=lambda each: each[0], reverse=True)
    return Part(_insert_many_sql(model, left_out, same), tuple(value for _, value in values), is_counted=False)


def _column(field: Any, values: list[Any]) -> list[Any]:
    """Return the values of a column, ready to be bound."""
    return values if set(map(type, values)) <= _PLAIN else [_prepared(field, value) for value in values]


def _is_same(field: Any, column: list[Any]) -> bool:
    """Tell whether all rows have one value; never of the id, without which there would be no rows."""
    return field.attname != "id" and column.count(column[0]) == len(column)


def _are_left_out(model: type[TenantModel], row: TenantModel) -> LeftOut:
    """Tell of each column that the database can fill whether it shall."""
    held = vars(row)
    return tuple([isinstance(held[name], DatabaseDefault) for name in _filled_names(model)])


@lru_cache(maxsize=64)
def _filled_names(model: type[TenantModel]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if field.has_db_default())


class _Given:
    """The columns that an insert writes, and how their values are had of a row: a list of fields is dear to look up."""

    def __init__(self, fields: tuple[Any, ...]) -> None:
        self.fields = fields
        self._pick: Callable[[dict[str, Any]], tuple[Any, ...]] = itemgetter(*[field.attname for field in fields])

    def of(self, row: TenantModel) -> tuple[Any, ...]:
        return self._pick(vars(row))


@lru_cache(maxsize=64)
def _given(model: type[TenantModel], left_out: LeftOut) -> _Given:
    filled = dict(zip(_filled_names(model), left_out, strict=True))
    return _Given(tuple(field for field in model._meta.concrete_fields if not filled.get(field.attname, False)))


@lru_cache(maxsize=256)
def _insert_sql(model: type[TenantModel], left_out: LeftOut, written: tuple[str | None, ...]) -> str:
    fields = _given(model, left_out).fields
    columns = ", ".join(str(field.column) for field in fields)
    marks = [mark or "%s" for mark in written]
    rows = [f"({', '.join(marks[start : start + len(fields)])})" for start in range(0, len(marks), len(fields))]
    return f"INSERT INTO {_table(model)} ({columns}) VALUES {', '.join(rows)}"  # noqa: S608


@lru_cache(maxsize=64)
def _insert_many_sql(model: type[TenantModel], left_out: LeftOut, same: tuple[bool, ...]) -> str:
    """Return the statement; a column with the `same` value in all rows is bound once, before the arrays of the others.

    Of twelve columns of a batch's events two differ: an array costs the driver and the server a visit of each value.
    """
    fields = _given(model, left_out).fields
    once = [field for field, is_same in zip(fields, same, strict=True) if is_same]
    each = [field for field, is_same in zip(fields, same, strict=True) if not is_same]
    columns = ", ".join(str(field.column) for field in (*once, *each))
    fixed = "".join(f"%s::{_kind(field)}, " for field in once)
    given = ", ".join(f"%s::{_kind(field)}[]" for field in each)
    return f"INSERT INTO {_table(model)} ({columns}) SELECT {fixed}given.* FROM unnest({given}) given"  # noqa: S608


def _kind(field: Any) -> str:
    """Return the type of a column, as PostgreSQL names it."""
    return str(field.db_type(connection))


def _prepared(field: Any, value: Any) -> Any:
    # The driver takes these as they are; asking the field about each was a twentieth of a signature.
    return value if type(value) in _PLAIN else field.get_db_prep_save(value, connection=connection)


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table
