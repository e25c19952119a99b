"""Templates live under the law of the code: 120 columns, one block of the page begun on a line, and no decisions.

What a page decides (states compared, rights put together, how many there are) is computed in the value that its view
hands to the template, where Python types it and a test can ask it.
"""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path

import pytest

import temoin

HOME = Path(temoin.__file__).parent
TEMPLATES = sorted(HOME.glob("*/templates/**/*.html"))
WORDED = sorted([*TEMPLATES, *HOME.glob("*/templates/**/*.txt")])  # mails and messages are templates too
WIDTH = 120
DEEPEST = 2  # a branch in a branch in a branch is a decision that nobody reads
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


_CONDITION = re.compile(r"{%\s*(?:el)?if\s+(.*?)\s*%}")
_ONE_NAME = re.compile(r"(?:not )?[A-Za-z_][A-Za-z_.]*")
_DECIDING = re.compile(r"{%\s*(?:ifchanged|firstof)\b|\|(?:yesno|divisibleby|default_if_none)\b")


def decisions(text: str) -> list[str]:
    """Return what a template decides itself: each condition that is more than one name, and what does the same."""
    wordy = [condition for condition in _CONDITION.findall(text) if not _ONE_NAME.fullmatch(condition)]
    return wordy + _DECIDING.findall(text) + ["too deep"] * (depth(text) > DEEPEST)


def depth(text: str) -> int:
    """Return how many branches stand inside each other at most."""
    steps = (1 if tag == "if" else -1 for tag in re.findall(r"{%\s*(if|endif)\b", text))
    return max(accumulate(steps), default=0)


@pytest.mark.parametrize("path", WORDED, ids=lambda path: path.relative_to(HOME).as_posix())
def test_a_template_asks_for_one_name_and_decides_nothing(path: Path):
    assert decisions(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{% if may.read_test %}a{% elif not line.is_late %}b{% else %}c{% endif %}", []),
        ('{% if test.state == "signed" %}a{% endif %}', ['test.state == "signed"']),
        ("{% if one and other %}a{% endif %}", ["one and other"]),
        ("{% if found is not None %}a{% endif %}", ["found is not None"]),
        ("{% if lines|length %}a{% endif %}", ["lines|length"]),
        ("{{ is_late|yesno:'a,b' }}", ["|yesno"]),
        ("{% if a %}{% if b %}{% if c %}{% endif %}{% endif %}{% endif %}", ["too deep"]),
    ],
)
def test_the_law_finds_what_is_decided(text: str, found: list[str]):
    assert decisions(text) == found
