"""Rows made of their columns at once: a signature makes seven, a file of results ten thousand.

Django makes a row field by field: it asks each about relations, and tells listeners of each row. A row of ours points
to others by their identifiers, and nobody listens: a test holds both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


class PlainRow(models.Model):
    """A model without relations, whose rows are made at once."""

    class Meta:
        abstract = True

    def __init__(self, *values: Any, **named: Any) -> None:
        """Take the columns' values, in their order or by name; what is not given has its column's default."""
        columns = _columns_of(type(self))
        given = {**dict(zip(columns.names, values, strict=False)), **named} if values else named
        if len(values) > len(columns.names) or not given.keys() <= columns.known:
            raise TypeError(f"{type(self).__name__} has no such columns")
        made = {name: make() for name, make in columns.made.items() if name not in given}
        self.__dict__.update({**columns.fixed, **made, **given, "_state": ModelState()})

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **_later: Any) -> Self:
        """Make a row of what was read; a column that was not is read when it is asked for."""
        row = cls.__new__(cls)
        state = ModelState()
        state.adding, state.db = False, db
        row.__dict__.update(zip(field_names, values, strict=True), _state=state)
        return row


@dataclass(frozen=True)
class _Columns:
    """The columns of a model: their names in order, and what a row holds where nothing is given."""

    names: tuple[str, ...]
    known: frozenset[str]
    fixed: Mapping[str, Any]
    made: Mapping[str, Callable[[], Any]]  # anew for each row


@cache
def _columns_of(model: type[PlainRow]) -> _Columns:
    fields: Any = model._meta.concrete_fields
    made = {field.attname: field.default for field in fields if field.has_default() and callable(field.default)}
    fixed = {field.attname: field.get_default() for field in fields if field.attname not in made}
    names = tuple(field.attname for field in fields)
    return _Columns(names, frozenset(names), fixed, made)
