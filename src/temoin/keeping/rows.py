"""Sealed rows seen by the keeper: which key each names, and moving a few at a time without making anybody wait.

Rows are locked with SKIP LOCKED and given back within milliseconds: the keeper waits for nobody and so takes part in no
deadlock; whoever holds a row keeps it, and the row's turn comes in a later pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection

from temoin.crypto.envelope import KEY_ID_SQL
from temoin.crypto.sealed import SealedModel
from temoin.lib.tenant import current_pharmacy

BATCH = 200  # rows: some ten milliseconds
FIRST = UUID(int=0)

Row = tuple[Any, ...]  # id, sealed value, and the columns that its seal binds


def sealed_models() -> list[type[SealedModel]]:
    """Return the model of every table that has sealed values."""
    return [model for model in apps.get_models() if issubclass(model, SealedModel)]


def rows_by_key() -> dict[UUID, int]:
    """Count the rows of the pharmacy in scope by the data key they name."""
    counts: dict[UUID, int] = {}
    for model in sealed_models():
        table = model._meta.db_table
        sql = f"SELECT {KEY_ID_SQL}, count(*) FROM {table} WHERE pharmacy_id = %s AND sealed IS NOT NULL GROUP BY 1"  # noqa: S608
        for key_id, count in _ask(sql, current_pharmacy()):
            named = UUID(bytes=bytes(key_id))
            counts[named] = counts.get(named, 0) + count
    return counts


def page(model: type[SealedModel], after: UUID, named: Sequence[UUID] | None = None) -> list[UUID]:
    """Return the ids of the next sealed rows of a table; `named` keeps to those that name one of these keys."""
    condition, keys = ("", []) if named is None else (f" AND {KEY_ID_SQL} = ANY(%s)", [[key.bytes for key in named]])
    sql = (
        f"SELECT id FROM {model._meta.db_table} WHERE pharmacy_id = %s AND id > %s AND sealed IS NOT NULL{condition} "  # noqa: S608
        f"ORDER BY id LIMIT {BATCH}"
    )
    return [row[0] for row in _ask(sql, current_pharmacy(), after, *keys)]


def sample(model: type[SealedModel], size: int) -> list[Row]:
    """Draw sealed rows of a table; every one when `size` is 0."""
    sql = f"SELECT {_columns(model)} FROM {model._meta.db_table} WHERE pharmacy_id = %s AND sealed IS NOT NULL"  # noqa: S608
    if size:
        sql += f" ORDER BY random() LIMIT {size}"
    return _ask(sql, current_pharmacy())


def row_of(model: type[SealedModel], row: Row) -> SealedModel:
    """Return a row of the pharmacy in scope that has what the keeper may see, to be opened in memory."""
    row_id, sealed, *bound = row
    columns = dict(zip(model.bound_ever(), bound, strict=True))
    held = model(pharmacy_id=current_pharmacy(), id=row_id, **columns)
    held.sealed = bytes(sealed)
    return held


def locked_rows(model: type[SealedModel], ids: Sequence[UUID]) -> list[Row]:
    """Lock those of these rows that nobody else holds, and return them."""
    sql = (
        f"SELECT {_columns(model)} FROM {model._meta.db_table} WHERE pharmacy_id = %s AND id = ANY(%s) "  # noqa: S608
        "AND sealed IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED"
    )
    return _ask(sql, current_pharmacy(), list(ids))


def still_there(model: type[SealedModel], ids: Sequence[UUID]) -> list[UUID]:
    """Return those of these rows that still have a sealed value."""
    sql = f"SELECT id FROM {model._meta.db_table} WHERE pharmacy_id = %s AND id = ANY(%s) AND sealed IS NOT NULL"  # noqa: S608
    return [row[0] for row in _ask(sql, current_pharmacy(), list(ids))]


def change_rows(model: type[SealedModel], changes: Mapping[UUID, Mapping[str, bytes | None]]) -> None:
    """Write columns of locked rows by one statement; every row gives the same columns."""
    if not changes:
        return
    columns = list(next(iter(changes.values())))
    assigned = ", ".join(f"{column} = new.{column}" for column in columns)
    arrays = ", ".join(["%s::uuid[]", *["%s::bytea[]"] * len(columns)])
    values = [[change[column] for change in changes.values()] for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} AS held SET {assigned} "  # noqa: S608
            f"FROM unnest({arrays}) AS new(id, {', '.join(columns)}) WHERE held.pharmacy_id = %s AND held.id = new.id",
            [list(changes), *values, current_pharmacy()],
        )


def _columns(model: type[SealedModel]) -> str:
    return ", ".join(["id", "sealed", *model.bound_ever()])


def _ask(sql: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)  # type: ignore[arg-type] # lists and identifiers, which the driver knows
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
