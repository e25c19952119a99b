"""Whatever a form of the staff site did is told by a banner of the page that it leads to."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from types import FunctionType, ModuleType

from temoin.web.routes import ROUTES

NO_ACT = {
    "choose_pharmacy",  # the page that it leads to is the pharmacy's
    "find_patient",  # opens what was scanned
    "invitation",  # goes on to the next page of a sign-in
    "keep_form",  # a program of the page asks
}


@cache
def functions(module: ModuleType) -> dict[str, ast.FunctionDef]:
    return {one.name: one for one in ast.parse(inspect.getsource(module)).body if isinstance(one, ast.FunctionDef)}


def words(module: ModuleType, name: str, known: frozenset[str] = frozenset()) -> set[str]:
    """Return every name that a function of a module uses, by itself or by another function there."""
    used = {one.id for one in ast.walk(functions(module)[name]) if isinstance(one, ast.Name)}
    there = used & functions(module).keys() - known - {name}
    return used.union(*(words(module, one, known | {name} | there) for one in there))


def test_each_act_that_leads_to_another_page_tells_what_it_did():
    silent = set()
    for route in ROUTES:
        view = inspect.unwrap(route.view)
        ours = isinstance(view, FunctionType) and view.__module__.startswith("temoin.")
        if "POST" not in route.methods or not ours:
            continue
        module = inspect.getmodule(view)
        if view.__name__ not in functions(module):
            continue  # made by another function of the sign-in
        used = words(module, view.__name__)
        if "redirect" in used and not used & {"messages", "overtaken"}:
            silent.add(route.name)

    assert silent == NO_ACT
