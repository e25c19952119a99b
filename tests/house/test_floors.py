"""One list of floors, that of the walls: the page of the architecture and the check of migrations follow it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from django.apps import apps

HOUSE = Path(__file__).parents[2]
_CONTRACTS = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
_LAYERS = next(contract["layers"] for contract in _CONTRACTS if contract["type"] == "layers")
# By room, how high it stands; rooms of one floor do not know each other.
FLOORS = {room: floor for floor, line in enumerate(reversed(_LAYERS)) for room in re.findall(r"\w+", line)}


def test_the_architecture_page_draws_every_room_from_the_top_floor_down():
    page = (HOUSE / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("| floor | room |")[2].partition("\n\n")[0]
    drawn = [room for line in table.splitlines() for room in re.findall(r"`(\w+)`", f"{line}||".split("|")[2])]

    assert {*drawn, "serving"} == set(FLOORS)  # the server stands in the row of the commands that start it
    assert drawn == sorted(drawn, key=lambda room: -FLOORS[room])


def test_the_migrations_of_every_room_with_tables_are_checked():
    listed = re.search(r"^ROOMS := (.+)$", (HOUSE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("temoin.") and [*app.get_models()]}

    assert listed is not None
    assert set(listed[1].split()) == ours
