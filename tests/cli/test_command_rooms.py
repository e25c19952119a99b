"""Each command is found where the table of `temoin` says, and loads no more than it needs."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from temoin.cli.beside import NEEDS
from temoin.cli.main import ROOMS, build_parser

COMMANDS = [*NEEDS, *(name for names in ROOMS.values() for name in names)]


def names_of(parser) -> list[str]:
    return list(parser._subparsers._group_actions[0].choices)


def test_the_table_has_every_command_once_and_each_alone_is_wired():
    assert names_of(build_parser()) == COMMANDS
    for room, names in ROOMS.items():
        assert callable(import_module(f"temoin.cli.{room}").add_commands)
        assert [names_of(build_parser(name)) for name in names] == [list(names)] * len(names)
    assert [names_of(build_parser(name)) for name in NEEDS] == [[name] for name in NEEDS]


@pytest.mark.parametrize("command", ["witness", "migrate"])
def test_a_command_loads_no_other_room(command):
    code = f"import sys; from temoin.cli.main import build_parser; build_parser({command!r}); print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert {"django.db", "aiohttp", "temoin.cli.backup", "temoin.cli.journal", "temoin_demo.command"}.isdisjoint(loaded)
