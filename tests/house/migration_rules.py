"""What a migration may do while the version before it is at work: expand first, contract a release later, lock nothing.

Operations are walked with the state of the models before and after each. What this file does not know is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

# Whatever the version before still names, by kind of operation.
CONTRACTS = {
    migrations.DeleteModel: "the version before still reads this table",
    migrations.RenameModel: "the version before knows the old name",
    migrations.AlterModelTable: "the version before knows the old name",
    migrations.RemoveField: "the version before still reads this column",
    migrations.RenameField: "the version before knows the old name",
}
LOCKS = {
    migrations.AddIndex: "writers wait until the index is made: AddIndexConcurrently, atomic = False",
    migrations.RemoveIndex: "writers wait for every reader: RemoveIndexConcurrently, atomic = False",
    migrations.AddConstraint: "writers wait until every row was looked at: AddConstraintNotValid, then "
    "ValidateConstraint in a migration of its own; a unique one by an index made concurrently",
}
HARMLESS = (
    migrations.CreateModel,
    migrations.AlterModelOptions,
    migrations.RemoveConstraint,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    AddConstraintNotValid,
    ValidateConstraint,
)
_STATEMENTS = {
    r"\bDROP\s+(TABLE|COLUMN)\b": "the version before still reads it",
    r"\bRENAME\b": "the version before knows the old name",
    r"\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b": "every row is written anew, and nobody reads meanwhile",
    r"\bSET\s+NOT\s+NULL\b": "every row is looked at under a lock, and the version before may write none",
    r"\bADD\s+COLUMN\b(?=[^;]*\bNOT\s+NULL\b)(?![^;]*\bDEFAULT\b)": "the version before writes rows without it",
    r"\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b)": "writers wait until the index is made: CONCURRENTLY",
    r"\bADD\s+(CONSTRAINT\s+\w+\s+)?(CHECK|FOREIGN\s+KEY)\b(?![^;]*\bNOT\s+VALID\b)": "writers wait: NOT VALID first",
    r"\bADD\s+(CONSTRAINT\s+\w+\s+)?(UNIQUE|EXCLUDE)\b(?!\s+USING\s+INDEX\b)": "writers wait until its index is made",
    r"\b(LOCK\s+TABLE|CLUSTER|VACUUM\s+FULL)\b": "everybody waits",
    r"\b(UPDATE\s+\w+\s+SET|DELETE\s+FROM|TRUNCATE)\b": "rows are changed in a migration of their own, in batches",
}


def faults(migration: migrations.Migration, state: ProjectState) -> Iterator[str]:
    """Yield each operation that the version before, or whoever writes meanwhile, would feel; `state` moves on."""
    made: set[tuple[str, str]] = set()
    for operation in _flat(migration.operations):
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        if isinstance(operation, migrations.CreateModel):
            made.add((migration.app_label, operation.name_lower))
        for words in _faults(operation, migration.app_label, before, state, made):
            yield f"{operation.describe()}: {words}"


def _flat(operations: list[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _faults(
    operation: Any, app: str, before: ProjectState, after: ProjectState, made: set[tuple[str, str]]
) -> Iterator[str]:
    if isinstance(operation, migrations.RunSQL):
        yield from _faults_of_sql(operation, {_table(after, key) for key in made})
    elif isinstance(operation, migrations.RunPython):
        if operation.reverse_code is None:
            yield "say how it is undone, or that it need not be (RunPython.noop)"
    elif _is_of(operation, app, made) or isinstance(operation, HARMLESS):
        return
    elif isinstance(operation, migrations.AddField):
        yield from _faults_of_new(operation.field)
    elif isinstance(operation, migrations.AlterField):
        key = (app, operation.model_name_lower)
        yield from _faults_of_change(before.models[key], after.models[key], operation.name)
    else:
        known = CONTRACTS | LOCKS
        yield next((words for kind, words in known.items() if isinstance(operation, kind)), "nobody has judged this")


def _is_of(operation: Any, app: str, made: set[tuple[str, str]]) -> bool:
    """Tell whether an operation is about a table that this migration makes: nobody knows it yet."""
    return (app, getattr(operation, "model_name_lower", "")) in made


def _table(state: ProjectState, key: tuple[str, str]) -> str:
    model = state.models.get(key)
    return "" if model is None else str(model.options.get("db_table") or f"{key[0]}_{key[1]}")


def _faults_of_new(field: models.Field[Any, Any]) -> Iterator[str]:
    # A default of Django's alone fills the rows that are there, and is forgotten: db_default stays in the database.
    if not field.null and not field.has_db_default() and not field.many_to_many:
        yield "the version before writes rows without this column: null=True or db_default"
    if field.db_index or field.unique or field.is_relation:
        yield "writers wait until its index is made: the column first, then AddIndexConcurrently"


def _faults_of_change(old: ModelState, new: ModelState, name: str) -> Iterator[str]:
    was, becomes = old.fields[name], new.fields[name]
    if _type(was) != _type(becomes):
        yield "every row is written anew, and nobody reads meanwhile: a new column beside the old"
    if was.null and not becomes.null:
        yield "every row is looked at under a lock: a constraint NOT VALID, validated, then this"
    if (becomes.db_index and not was.db_index) or (becomes.unique and not was.unique):
        yield "writers wait until its index is made: AddIndexConcurrently"


def _type(field: models.Field[Any, Any]) -> object:
    # A relation's own type is that of its target, which a state of models does not know by itself.
    return (type(field), field.deconstruct()[3].get("to")) if field.is_relation else field.db_type(connection)


def _faults_of_sql(operation: migrations.RunSQL, made: set[str]) -> Iterator[str]:
    for statement in _statements(operation.sql):
        if any(re.search(rf"\b{table}\b", statement) for table in made if table):
            continue
        for pattern, words in _STATEMENTS.items():
            if re.search(pattern, statement, re.IGNORECASE):
                yield words


def _statements(sql: Any) -> list[str]:
    """Return what is executed, without bodies of functions and comments: what they do is done later, row by row."""
    texts = [sql] if isinstance(sql, str) else [one if isinstance(one, str) else one[0] for one in sql]
    bare = re.sub(r"\$(\w*)\$.*?\$\1\$", "''", ";".join(texts), flags=re.DOTALL)
    return [part for part in re.sub(r"--[^\n]*", "", bare).split(";") if part.strip()]
