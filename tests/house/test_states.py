"""Every state column has its lifecycle, its constraint, and its drawing."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

from temoin.lib import lifecycle

WITH_STATE = [model for model in apps.get_models() if any(field.name == "state" for field in model._meta.fields)]
TOOL = Path(__file__).parents[2] / "tools" / "write_reference.py"


def test_every_lifecycle_serves_a_model():
    assert {id(model.lifecycle) for model in WITH_STATE} == {id(table) for table in lifecycle.ALL}


@pytest.mark.parametrize("model", WITH_STATE)
def test_a_row_begins_where_its_lifecycle_starts(model):
    assert model._meta.get_field("state").default == model.lifecycle.start.value


@pytest.mark.parametrize("model", WITH_STATE)
def test_the_model_constrains_its_state(model):
    checks = [one for one in model._meta.constraints if isinstance(one, models.CheckConstraint)]
    allowed = [dict(check.condition.children).get("state__in") for check in checks if len(check.condition) == 1]

    assert sorted(state.value for state in model.lifecycle.states) in [sorted(one) for one in allowed if one]


@pytest.mark.django_db
@pytest.mark.parametrize("model", WITH_STATE)
def test_the_database_constrains_its_state(model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conname = %s",
            [f"{model._meta.db_table}_state"],
        )
        (rule,) = cursor.fetchone()

    assert set(re.findall(r"'([a-z_]+)'::text", rule)) == {state.value for state in model.lifecycle.states}


@pytest.mark.parametrize("table", lifecycle.ALL, ids=lambda table: table.noun)
def test_every_state_is_reached_from_the_start(table):
    reached, before = {table.start}, set()
    while reached != before:
        before = set(reached)
        reached |= {move.target for move in table.moves.values() if move.sources & reached}

    assert reached == set(table.states)


@pytest.mark.parametrize("page", ["events.md", "states.md"])
def test_the_reference_pages_are_those_the_code_makes(page):
    tool = runpy.run_path(str(TOOL))
    made = {path.name: text for path, text in tool["pages"]().items()}

    assert (tool["FOLDER"] / page).read_text("utf-8") == made[page]


def test_the_tool_sees_a_stale_page(tmp_path, capsys):
    tool = runpy.run_path(str(TOOL))
    tool["pages"].__globals__["FOLDER"] = tmp_path / "reference"
    tell = tool["main"]

    assert tell(["--check"]) == 1
    assert "events.md is out of date" in capsys.readouterr().out
    assert (tell([]), tell(["--check"])) == (0, 0)
