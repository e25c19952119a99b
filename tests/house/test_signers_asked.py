"""Every function that writes a signed version asks first who may sign that kind of test."""

from __future__ import annotations

import ast

from source_code import sources

WRITES, ASKS = "write_version", "check_may_sign"


def called_in(function: ast.AST) -> list[str]:
    """The names that a function calls, in the order in which they are written."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return [call.func.id for call in sorted(calls, key=lambda call: call.lineno)]  # type: ignore[attr-defined]


def test_whoever_writes_a_version_asks_who_may_sign_it():
    writers = {
        f"{source.path}:{function.name}": called_in(function)  # type: ignore[attr-defined]
        for source in sources()
        for function in source.nodes(ast.FunctionDef)
        if WRITES in called_in(function)
    }

    assert set(writers) == {
        "testing/from_file.py:sign_from_file",
        "testing/signing.py:sign_result",
        "testing/signing.py:correct_result",
        "testing/signing.py:cancel_result",
    }
    assert [name for name, calls in writers.items() if ASKS not in calls[: calls.index(WRITES)]] == []
