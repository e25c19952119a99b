"""What a screen reader is told of a PDF: its elements, in the order in which they are read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject


def elements_of(root: Any) -> Iterator[DictionaryObject]:
    """Give each element of a structure tree, an outer one before those within it."""
    held = root.get_object()
    for each in held if isinstance(held, list) else [held]:
        inside = each.get_object()
        if isinstance(inside, DictionaryObject) and "/S" in inside:
            yield inside
            yield from elements_of(inside.get("/K", ArrayObject()))
