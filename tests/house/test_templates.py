"""Templates live under the law of the code: 120 columns, and one block of the page begun on a line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import temoin

TEMPLATES = sorted(Path(temoin.__file__).parent.glob("*/templates/**/*.html"))
WIDTH = 120
# Still as they were: shared parts and mails, of which one is mended at a time. A file that is mended leaves the list.
NOT_YET = {
    "delivery/templates/delivery/alarm/body.html",
    "delivery/templates/delivery/alert/body.html",
    "delivery/templates/delivery/staff/body.html",
    "web/templates/web/base.html",
    "web/templates/web/choose_pharmacy.html",
    "web/templates/web/components/alternatives.html",
    "web/templates/web/components/banner.html",
    "web/templates/web/components/basis.html",
    "web/templates/web/components/button.html",
    "web/templates/web/components/candidates.html",
    "web/templates/web/components/choice.html",
    "web/templates/web/components/demo.html",
    "web/templates/web/components/field.html",
    "web/templates/web/components/field_problems.html",
    "web/templates/web/components/finding.html",
    "web/templates/web/components/kept_form.html",
    "web/templates/web/components/kind_and_consent.html",
    "web/templates/web/components/lines.html",
    "web/templates/web/components/meter.html",
    "web/templates/web/components/moment.html",
    "web/templates/web/components/pages.html",
    "web/templates/web/components/passkey.html",
    "web/templates/web/components/patient.html",
    "web/templates/web/components/problems.html",
    "web/templates/web/components/renew_ticket.html",
    "web/templates/web/components/session.html",
    "web/templates/web/components/stepper.html",
    "web/templates/web/components/window.html",
}
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


def test_a_template_is_read_line_by_line():
    home = Path(temoin.__file__).parent
    wrong = {path.relative_to(home).as_posix() for path in TEMPLATES if faults(path.read_text(encoding="utf-8"))}

    assert wrong == NOT_YET


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
