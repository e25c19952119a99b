"""No two classes bear one name: a reader who meets it need not ask which."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
EVERYWHERE = {"Meta", "Migration"}  # names that Django asks for
# The client's shapes are made from the API's specification and bear its names: one thing, seen from both sides.
BOTH_SIDES = [
    {f"temoin/api/{ours}.py", f"temoin_client/{theirs}.py"}
    for ours in ("bodies", "amendment_bodies", "webhook_bodies")
    for theirs in ("bodies", "models")
] + [{"temoin/api/fhir_bodies.py", "temoin_client/fhir_models.py"}]


def _classes() -> dict[str, list[str]]:
    found = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name not in EVERYWHERE:
                found[node.name].append(str(path.relative_to(SOURCE)))
    return found


def test_no_class_name_stands_twice():
    classes = _classes()

    assert len(classes) > 500
    assert {name: places for name, places in classes.items() if len(places) > 1 and set(places) not in BOTH_SIDES} == {}
