"""Settings are handed down: no room below the top looks them up, and each is handed what it asks for."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys

import pytest
from source_code import places, sources

from temoin.lib.handed import Handed

OTHER_SITES = {"portal", "authority", "officers"}
OURS = ("TEMOIN", "TEMOIN_CHANNELS")
READERS = {"site", "cli/django_process.py"}  # the top, and the start of each command


def test_no_room_looks_its_settings_up():
    reads = [(source, node) for source in sources() for node in source.nodes(ast.Attribute, ast.Call)]
    found = places((s, n) for s, n in reads if _names_ours(n) and not {s.room, s.path} & READERS)

    assert found == []


def test_whatever_the_staff_site_asks_for_was_handed_to_it():
    """In the process of the tests, which is a staff site; the other sites have their own."""
    ours = [source for source in sources() if source.room not in OTHER_SITES]
    makers = [source.path for source in ours if "Handed(" in ast.unparse(source.tree)]
    rooms = [importlib.import_module(f"temoin.{path.removesuffix('.py').replace('/', '.')}") for path in makers]
    held = [value for room in rooms for value in vars(room).values() if isinstance(value, Handed)]

    assert len(held) >= 8
    assert all(value() is not None for value in held)


def _names_ours(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in OURS
    return isinstance(node, ast.Call) and any(
        isinstance(one, ast.Constant) and one.value in OURS for one in node.args[1:]
    )


def test_to_ask_before_anything_is_handed_is_an_error_that_names_it():
    nothing: Handed[int] = Handed("number of doors")

    with pytest.raises(RuntimeError, match="handed no number of doors"):
        nothing()


def test_reading_the_settings_starts_no_django():
    asked = "import sys, temoin.settings.checks; print({'django.conf', 'django.db'} & set(sys.modules))"

    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert told.stdout == "set()\n"
