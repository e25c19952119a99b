"""Bounds of the settings' numbers, and what each is unless told, as the operator's page and the example say them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache, reduce
from pathlib import Path

from test_every_setting import CONTENT, EXAMPLE, TEXT, leaves, refusal, with_value

from temoin.settings.file import settings_of

PAGE = (Path(__file__).parents[2] / "docs" / "operator.md").read_text(encoding="utf-8")
A = r"([0-9]+(?:,[0-9]{3})*)"
ON_THE_PAGE = re.compile(rf"`(\w+)`[^(`|]*(?:`\[\w+\]`)?[^(`|]*\({A} to {A}(?:(?:, else |; ){A})?")


def number(text: str) -> int:
    return int(text.replace(",", ""))


@cache
def bounds() -> dict[tuple[str, ...], tuple[int, int]]:
    """The bounds of each number but the ports, as the program says them to who leaves them."""
    found = {}
    for place in leaves(CONTENT):
        if type(reduce(lambda table, key: table[key], place, CONTENT)) is int and place[0] != "rates":
            said = re.search(r"must be between (\d+) and (\d+)", refusal(with_value(place, 10**9)))
            if said and int(said[2]) != 65_535:
                found[place] = (int(said[1]), int(said[2]))
    return found


def unless_told(place: tuple[str, ...]) -> object:
    """What a number is where a site of the example leaves it out; None where it has none, or its section is away."""
    content = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    reduce(lambda table, key: table.get(key, {}), place[:-1], content).pop(place[-1], None)
    value: object = settings_of(content, EXAMPLE)
    for name in place:
        value = getattr(value, name) if value is not None else None
    return value


def lines() -> Iterator[tuple[tuple[str, ...], str]]:
    """Each line of the example that gives a setting, by its place."""
    section: tuple[str, ...] = ()
    for line in TEXT.splitlines():
        if head := re.match(r"\[([\w.]+)\]", line):
            section = tuple(head[1].split("."))
        elif setting := re.match(r"(\w+) = ", line):
            yield (*section, setting[1]), line


def test_the_example_says_the_bounds_of_every_number_and_gives_what_it_is_unless_told():
    told = {place: re.search(r"\b([0-9]+) to ([0-9]+)\b", line) for place, line in lines() if place in bounds()}

    assert len(told) == len(bounds()) > 15
    assert {place: said and (int(said[1]), int(said[2])) for place, said in told.items()} == bounds()
    values = {place: reduce(lambda table, key: table[key], place, CONTENT) for place in bounds()}
    defaults = {place: unless_told(place) for place in bounds()}
    assert {place: one for place, one in defaults.items() if one is not None and one != values[place]} == {}


def test_the_page_says_the_bounds_and_what_each_is_unless_told():
    known = {place[-1]: place for place in bounds()}
    told = {name: (number(low), number(high), other) for name, low, high, other in ON_THE_PAGE.findall(PAGE)}

    assert len(told) > 10
    assert {name: (low, high) for name, (low, high, _) in told.items()} == {
        name: bounds()[known[name]] for name in told
    }
    defaults = {name: number(other) for name, (_, _, other) in told.items() if other}
    assert len(defaults) > 7
    assert defaults == {name: unless_told(known[name]) for name in defaults}
