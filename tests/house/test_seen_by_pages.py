"""A page tells an action what it showed, wherever the action can compare with that."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HOME = Path(__file__).parents[2] / "src" / "temoin"
NOT_SHOWN = {"web/views/patients.py take_sample"}  # of a test that the same press registered
_SAYS = re.compile(r"seen|seen_version|expected(_[a-z]+)?")


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (one for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.FunctionDef))


def comparing() -> dict[str, str]:
    """Return each action that compares with what was seen where it is told, with the name of that argument."""
    found = {}
    for path in HOME.rglob("*.py"):
        if path.is_relative_to(HOME / "web"):
            continue
        for one in functions(path):
            told = [each.arg for each, value in zip(one.args.kwonlyargs, one.args.kw_defaults, strict=True) if value]
            if "by" in {each.arg for each in one.args.kwonlyargs} and (
                said := [name for name in told if _SAYS.fullmatch(name)]
            ):
                found[one.name] = said[0]
    return found


def calls(path: Path, names: set[str]) -> Iterator[tuple[str, set[str | None]]]:
    """Yield each call of an action, by its name or by `partial`, with the arguments that it names."""
    for one in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(one, ast.Call):
            continue
        for called in (one.func, *one.args[:1]):
            if isinstance(called, ast.Name) and called.id in names:
                yield called.id, {each.arg for each in one.keywords}


def test_each_page_says_what_it_showed():
    actions = comparing()
    silent = {
        f"{path.relative_to(HOME)} {name}"
        for path in (HOME / "web").rglob("*.py")
        for name, given in calls(path, set(actions))
        if actions[name] not in given
    }

    assert {"enter_result", "lift_recall", "move_webhook", "set_hours", "start_reading"} <= set(actions)
    assert silent == NOT_SHOWN
