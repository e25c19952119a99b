"""Which attribute of which class the product reads: a small inference over annotations, enough to tell namesakes apart.

An expression has the classes that its annotations name, whatever holds them: a `Mapping[str, Kit]` and its items are
`Kit`. That is too much rather than too little, and no class gets an attribute of another.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from source_code import sources

Classes = frozenset[str]
_NONE: Classes = frozenset()
# To check a file or to build its records is no use of what it holds.
_IDLE = re.compile("_?(check|build)_")


def _named(annotation: ast.AST | None) -> Classes:
    """Return the names in an annotation, also those of a text."""
    if annotation is None:
        return _NONE
    return frozenset(re.findall(r"[A-Za-z_]+", ast.unparse(annotation)))


@cache
def _members() -> dict[str, dict[str, Classes]]:
    """Return for each class, by name, what its fields, properties and methods give."""
    found: dict[str, dict[str, Classes]] = defaultdict(dict)
    for node in (node for source in sources() for node in source.nodes(ast.ClassDef)):
        for one in node.body:  # type: ignore[attr-defined]
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                found[node.name][one.target.id] = _named(one.annotation)  # type: ignore[attr-defined]
            elif isinstance(one, ast.FunctionDef):
                found[node.name][one.name] = _named(one.returns)  # type: ignore[attr-defined]
    return found


@cache
def _returned() -> dict[str, Classes]:
    """Return what functions and classes give when they are called, by name."""
    found: dict[str, Classes] = {name: frozenset({name}) for name in _members()}
    for source in sources():
        methods = {one for node in source.nodes(ast.ClassDef) for one in node.body}  # type: ignore[attr-defined]
        for node in source.nodes(ast.FunctionDef):
            if node not in methods:  # none is called by its bare name: `next(…)` is no page's
                found[node.name] = found.get(node.name, _NONE) | _named(node.returns)  # type: ignore[attr-defined]
    for node in (node for source in sources() for node in source.nodes(ast.ImportFrom)):
        for one in node.names:  # type: ignore[attr-defined]
            if one.asname and one.name in found:
                found[one.asname] = found.get(one.asname, _NONE) | found[one.name]
    return found


class _Reader:
    """Goes through one function and gathers the attributes that it reads."""

    def __init__(self, function: ast.FunctionDef, owner: str) -> None:
        self.known: dict[str, Classes] = {"self": frozenset({owner})}
        arguments = function.args
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if one.annotation is not None:
                self.known[one.arg] = _named(one.annotation)
        for _ in range(2):  # a comprehension names its variable after its use
            for node in ast.walk(function):
                self._bind(node)
        self.read = frozenset(
            (holder, node.attr)
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
            for holder in self.classes(node.value)
            if node.attr in _members().get(holder, {})
        )

    def _bind(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                self._give(targets, self.classes(value))
            case ast.AnnAssign(target=target, annotation=annotation):
                self._give([target], _named(annotation))
            case ast.NamedExpr(target=target, value=value):
                self._give([target], self.classes(value))
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                self._give([target], self.classes(value))

    def _give(self, targets: list[ast.expr], classes: Classes) -> None:
        for target in targets:
            for node in ast.walk(target):
                if isinstance(node, ast.Name):
                    self.known[node.id] = self.known.get(node.id, _NONE) | classes

    def classes(self, node: ast.AST) -> Classes:
        """Return the classes that an expression, or what it holds, may have."""
        match node:
            case ast.Name(id=name):
                return self.known.get(name, _NONE)
            case ast.Attribute(value=value, attr=name):
                held = self.classes(value)
                given = [_members()[one][name] for one in held if name in _members().get(one, {})]
                return frozenset().union(*given) if given else held  # `.values()` of a mapping holds what it held
            case ast.Call(func=ast.Name(id=name)) if name in _returned():
                return _returned()[name]
            case ast.Lambda():
                return _NONE
        return frozenset().union(*(self.classes(one) for one in ast.iter_child_nodes(node)))


@cache
def attributes_read() -> frozenset[tuple[str, str]]:
    """Return the attributes that functions of the product read, each with the class that has it."""
    return frozenset(
        one
        for source in sources()
        for function, owner in _functions(source.tree)
        if not _IDLE.match(function.name)
        for one in _Reader(function, owner).read
    )


def _functions(tree: ast.AST, owner: str = "") -> Iterator[tuple[ast.FunctionDef, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node, owner
        yield from _functions(node, node.name if isinstance(node, ast.ClassDef) else owner)
