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


def comparing() -> Iterator[tuple[str, str, bool]]:
    """Yield each action that compares with what was seen: its name, that argument, whether it may be left out."""
    for path in HOME.rglob("*.py"):
        if path.is_relative_to(HOME / "web"):
            continue
        for one in functions(path):
            told = {each.arg: value for each, value in zip(one.args.kwonlyargs, one.args.kw_defaults, strict=True)}
            if "by" in told:
                yield from ((one.name, name, told[name] is not None) for name in told if _SAYS.fullmatch(name))


def calls(path: Path, names: set[str]) -> Iterator[tuple[str, dict[str | None, ast.expr]]]:
    """Yield each call of an action, by its name or by `partial`, with the arguments that it names."""
    for one in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(one, ast.Call):
            continue
        for called in (one.func, *one.args[:1]):
            if isinstance(called, ast.Name) and called.id in names:
                yield called.id, {each.arg: each.value for each in one.keywords}


def test_no_caller_forgets_what_was_seen():
    """Who truly saw nothing, as a program does, says so in each call."""
    assert [f"{action}({name})" for action, name, may_be_left_out in comparing() if may_be_left_out] == []


def test_each_page_says_what_it_showed():
    actions = {action: name for action, name, _ in comparing()}
    silent = {
        f"{path.relative_to(HOME)} {name}"
        for path in (HOME / "web").rglob("*.py")
        for name, given in calls(path, set(actions))
        if isinstance(given.get(actions[name], ast.Constant(None)), ast.Constant)
    }

    known = {
        "amend_patient",
        "correct_result",
        "count_lot",
        "enter_result",
        "lift_recall",
        "set_hours",
        "start_reading",
    }
    assert known <= set(actions)
    assert silent == NOT_SHOWN
