"""A day or an hour that people read is on a clock that is named: the pharmacy's, the house's, or UTC in words."""

from __future__ import annotations

import ast
import re

from source_code import sources

INSTANT = re.compile(r"\b(\w+_at|at|moment|paused_until|failing_since|oldest)\b")
# A signed version, and what is read back of one, holds each time on the clock of its pharmacy.
ON_A_CLOCK = re.compile(r"(wall_clock|day_of|_local)\(|\breport\.|astimezone\(UTC\)")
READ_BY_PEOPLE = re.compile(r"%Y-%m-%d|%d/%m|%H:%M")


def unnamed_clocks(text: ast.JoinedStr) -> list[str]:
    """The parts of a text that show an instant by nobody's clock."""
    found = []
    for part, after in zip(text.values, [*text.values[1:], ast.Constant("")], strict=True):
        if not isinstance(part, ast.FormattedValue) or part.format_spec is None:
            continue
        told, shown = ast.unparse(part.value), ast.unparse(part.format_spec)
        is_in_words = isinstance(after, ast.Constant) and str(after.value).lstrip().startswith(("UTC", "Z"))
        if READ_BY_PEOPLE.search(shown) and INSTANT.search(told) and not ON_A_CLOCK.search(told) and not is_in_words:
            found.append(told)
    return found


def test_every_time_that_people_read_is_on_a_clock_that_is_named():
    assert [
        f"{source.path}: {told}"
        for source in sources()
        for text in source.nodes(ast.JoinedStr)
        for told in unnamed_clocks(text)  # type: ignore[arg-type]
    ] == []


def test_a_day_of_nobodys_clock_is_known():
    text = ast.parse("f'placed {hold.placed_at:%Y-%m-%d}, until {end_at:%H:%M} UTC'", mode="eval").body

    assert isinstance(text, ast.JoinedStr)
    assert unnamed_clocks(text) == ["hold.placed_at"]
