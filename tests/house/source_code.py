"""The source files of the product and of what stands beside it, parsed, for the tests that enumerate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import temoin

ROOT = Path(temoin.__file__).parent
SOURCE = ROOT.parent
BESIDE = tuple(sorted(SOURCE.glob("temoin_*/")))


@dataclass(frozen=True)
class Source:
    """One module and its syntax tree.

    Its path counts from the product's package, `testing/actions.py`, or begins with a package beside it,
    `temoin_witness/main.py`.
    """

    path: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """Return the room, or the package beside the product, that the module is in."""
        return self.path.split("/")[0]

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        found: dict[type[ast.AST], list[ast.AST]] = {}
        for node in ast.walk(self.tree):
            found.setdefault(type(node), []).append(node)
        return found

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield the nodes of some kinds; the tree is walked once, however many ask."""
        for kind, found in self._by_kind.items():
            if issubclass(kind, kinds):
                yield from found


@cache
def sources() -> tuple[Source, ...]:
    """Return every module but the migrations, which are history."""
    return tuple(Source(name, ast.parse(path.read_text("utf-8"), str(path))) for name, path in files("*.py"))


def files(pattern: str) -> Iterator[tuple[str, Path]]:
    """Yield the files of a pattern that are no migrations, each with its name as `Source` counts it."""
    for start, folders in ((ROOT, (ROOT,)), (SOURCE, BESIDE)):
        for path in sorted(path for folder in folders for path in folder.rglob(pattern)):
            if "migrations" not in path.parts:
                yield str(path.relative_to(start)), path


def located(name: str) -> Path:
    """Return the file of a name as `Source` counts it."""
    return (SOURCE if name.startswith("temoin_") else ROOT) / name


def places(sources_with_hits: Iterator[tuple[Source, ast.AST]]) -> list[str]:
    """Return hits as `path:line`, for a message that leads there."""
    return [f"{source.path}:{node.lineno}" for source, node in sources_with_hits]  # type: ignore[attr-defined]
