"""Templates live under the law of the code: 120 columns, and one block of the page begun on a line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import temoin

TEMPLATES = sorted(Path(temoin.__file__).parent.glob("*/templates/**/*.html"))
WIDTH = 120
# Phrases may share a line; what begins a block of the page, a row or a cell begins a line.
_BLOCK = re.compile(
    r"<(?:html|head|body|div|section|p|h[1-6]|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|t[hd]|caption|form|header|main|nav"
    r"|article|fieldset|legend|details|summary|option|footer|dialog|template|noscript|aside)\b"
)


def faults(text: str) -> list[tuple[int, str]]:
    """Return each line that is too wide or begins two blocks, with what is wrong."""
    lines = list(enumerate(text.splitlines(), 1))
    wide = [(number, "wide") for number, line in lines if len(line) > WIDTH]
    return wide + [(number, "blocks") for number, line in lines if len(_BLOCK.findall(line)) > 1]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_template_is_read_line_by_line(path: Path):
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>One <strong>phrase</strong></p>", []),
        ("<ul><li>One</li>", [(1, "blocks")]),
        ("<ul>\n<li>{{ x }}</li>\n</ul>", []),
        ("x" * 121, [(1, "wide")]),
    ],
)
def test_the_law_tells_what_is_wrong(text: str, found: list[tuple[int, str]]):
    assert faults(text) == found
