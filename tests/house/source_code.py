"""The source files of the product, parsed, for the tests that enumerate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import temoin

ROOT = Path(temoin.__file__).parent


@dataclass(frozen=True)
class Source:
    """One module: its path from the package, such as `testing/actions.py`, and its syntax tree."""

    path: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """Return the room the module is in."""
        return self.path.split("/")[0]

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield the nodes of some kinds."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


@cache
def sources() -> tuple[Source, ...]:
    """Return every module but the migrations, which are history."""
    paths = sorted(path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)
    return tuple(Source(str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"), str(path))) for path in paths)


def places(sources_with_hits: Iterator[tuple[Source, ast.AST]]) -> list[str]:
    """Return hits as `path:line`, for a message that leads there."""
    return [f"{source.path}:{node.lineno}" for source, node in sources_with_hits]  # type: ignore[attr-defined]
