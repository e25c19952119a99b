"""Every setting of the example, given something else: refused by its name and section, and never repeated."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic.dataclasses import is_pydantic_dataclass

from temoin.lib.config_error import ConfigError
from temoin.settings.checks import secrets_of
from temoin.settings.file import Config, Process, read_config, settings_of
from temoin.settings.unset import unset_config
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports

CANARY = "c4nary"  # of a secret that somebody wrote in the wrong place
OF_NAMES = {
    ("rates",),
    ("journal", "witnesses"),
    ("fhir", "senders"),
    ("hl7", "programs"),
    ("hl7", "plain"),
    ("astm", "analysers"),
    ("astm", "analysers", "nat", "codes"),
}  # tables whose keys the operator gives
_OPTIONAL = re.compile(r"^# (?=\[|[a-z_0-9]+ = )", re.MULTILINE)
EXAMPLE = Path(__file__).parents[2] / "docs" / "temoin.example.toml"
TEXT = _OPTIONAL.sub("", EXAMPLE.read_text(encoding="utf-8"))
CONTENT = tomllib.loads(TEXT)


def leaves(table: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield from leaves(value, (*above, key)) if isinstance(value, dict) else [(*above, key)]


def tables(table: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield above
    for key, value in table.items():
        if isinstance(value, dict):
            yield from tables(value, (*above, key))


def with_value(place: tuple[str, ...], value: object) -> dict[str, Any]:
    content = deepcopy(CONTENT)
    table = content
    for part in place[:-1]:
        table = table[part]
    table[place[-1]] = value
    return content


def refusal(content: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as refused:
        settings_of(content, Path("/nonexistent/temoin.toml"))
    return str(refused.value)


IN_A_COMMENT = {"embedded", "hosts"}  # told beside `host`, which each of them stands for


def test_the_example_has_every_section_and_key():
    sections = {field.name for field in fields(Config)} - {"file", "folder", "channels"}
    classes = {
        found
        for name, module in sys.modules.items()
        if name.startswith("temoin.")
        for found in vars(module).values()
        if isinstance(found, type) and is_pydantic_dataclass(found) and found.__module__.startswith("temoin.")
    }
    keys = {field.name for one in classes for field in fields(one)}  # type: ignore[arg-type]

    assert sections - CONTENT.keys() == set()
    assert keys - {part for place in [*leaves(CONTENT), *tables(CONTENT)] for part in place} == IN_A_COMMENT
    assert len(list(leaves(CONTENT))) > 120


@pytest.mark.parametrize("place", list(leaves(CONTENT)), ids=".".join)
@pytest.mark.parametrize("value", [[CANARY], {CANARY: CANARY}, 0.5, ""], ids=["list", "table", "fraction", "empty"])
def test_a_value_of_another_kind_is_refused_by_its_name_and_not_repeated(place: tuple[str, ...], value: object):
    words = refusal(with_value(place, value))
    is_item = isinstance(value, list) and place == ("webhooks", "allowed_hosts")  # a list, whose first item is none
    *above, name = (*place, "0") if is_item else place

    assert f"{name} in [{'.'.join(above)}]" in words
    assert CANARY not in words


@pytest.mark.parametrize("place", list(leaves(CONTENT)), ids=".".join)
def test_no_text_in_the_place_of_a_setting_is_repeated(place: tuple[str, ...]):
    content = with_value(place, CANARY)
    content["site"]["colour"] = 1  # so that it is refused whatever the setting is

    assert CANARY not in refusal(content)


@pytest.mark.parametrize("place", [place for place in tables(CONTENT) if place not in OF_NAMES], ids=".".join)
def test_an_unknown_setting_is_named_with_those_there_are_and_its_value_is_not_repeated(place: tuple[str, ...]):
    words = refusal(with_value((*place, "colour"), CANARY))

    assert re.search(r"colour( in \[.+\])? is not a setting; the settings there are [a-z_]+(, .+)?", words)
    assert CANARY not in words


def test_all_that_is_wrong_is_told_at_once():
    content = with_value(("email", "port"), "25")
    content["email"]["security"] = "ssl"
    content["site"]["demo"] = "no"
    del content["keys"]

    words = refusal(content)

    for part in ("port in [email]", "security in [email]", "demo in [site]", "section [keys] is missing"):
        assert part in words


def test_a_secret_without_quotes_is_not_repeated(tmp_path: Path):
    (tmp_path / "temoin.toml").write_text(f"[email]\npassword = {CANARY}\n", encoding="utf-8")

    with pytest.raises(ConfigError) as refused:
        read_config(tmp_path / "temoin.toml")
    assert CANARY not in str(refused.value)


def test_settings_in_print_hold_no_secret(tmp_path: Path):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(8600))
    config = read_config(tmp_path / "temoin.toml")

    files = [path for process in Process for _, path in secrets_of(config, process) if path.is_file()]
    assert len(files) > 2
    for path in files:
        content = path.read_bytes()
        assert repr(content)[2:-1] not in repr(config)
        assert content.hex() not in repr(config)


def test_a_process_without_a_file_has_settings_of_the_same_types():
    assert unset_config().site.demo
