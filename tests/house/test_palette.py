"""The colours of the staff pages, light and dark: every pair that stands together is read by WCAG 2.2 AA."""

from __future__ import annotations

import re

import pytest
from source_code import ROOT

CSS = (ROOT / "web/static/web/site.css").read_text(encoding="utf-8")
TEXT, SHAPE = 4.5, 3.0  # least contrast of words, and of what bounds a control or draws a chart
GROUNDS = ("ground", "paper")
PAIRS = [
    *((words, ground, TEXT) for words in ("ink", "soft", "accent", "warm") for ground in GROUNDS),
    *((tone, f"{tone}-ground", TEXT) for tone in ("accent", "warm", "care", "good")),
    *(("ink", f"{tone}-ground", TEXT) for tone in ("accent", "warm", "care", "good")),
    *(("soft", f"{tone}-ground", TEXT) for tone in ("accent", "care")),
    *((f"on-{tone}", tone, TEXT) for tone in ("accent", "warm", "good")),
    ("on-accent", "accent-deep", TEXT),
    ("on-accent", "warm", TEXT),
    *(("edge", ground, SHAPE) for ground in GROUNDS),
    *((tone, "paper", SHAPE) for tone in ("accent", "warm", "good", "edge")),
]


def palette(block: str) -> dict[str, tuple[int, ...]]:
    """Return the colours that a block of the style sheet names."""
    named = re.findall(r"--([a-z-]+): #([0-9a-f]{3,6});", block)
    full = {name: "".join(2 * sign for sign in value) if len(value) == 3 else value for name, value in named}
    return {name: tuple(bytes.fromhex(value)) for name, value in full.items()}


LIGHT = palette(CSS[: CSS.index("@media screen and (prefers-color-scheme: dark)")])
DARK = LIGHT | palette(re.search(r"prefers-color-scheme: dark\) \{.*?\n\}", CSS, re.DOTALL)[0])
TRAINING = {
    "training": LIGHT | palette(re.search(r"\nbody\.training \{.*\}", CSS)[0]),
    "training, dark": DARK | palette(re.search(r"\n  body\.training \{.*\}", CSS)[0]),
}


def luminance(colour: tuple[int, ...]) -> float:
    red, green, blue = ((one / 255 + 0.055) / 1.055 if one > 10 else one / 255 / 12.92 for one in colour)
    linear = [one**2.4 if raw > 10 else one for one, raw in zip((red, green, blue), colour, strict=True)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contrast_of_black_and_white_is_known():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK, *TRAINING.values()], ids=["light", "dark", *TRAINING])
@pytest.mark.parametrize(("one", "other", "least"), PAIRS)
def test_what_stands_together_is_read(scheme, one, other, least):
    assert contrast(scheme[one], scheme[other]) >= least


def test_the_dark_scheme_names_every_colour_that_it_must():
    assert set(LIGHT) - set(palette(CSS[CSS.index("prefers-color-scheme: dark") :])) == {"middle"}


def test_a_colour_is_named_once_in_the_palette():
    """White and black are those of paper, which no scheme changes; the demonstration's band is its own in both."""
    rest = CSS[CSS.index("*, ::before") :]

    assert set(re.findall(r"#[0-9a-f]{3,6}\b", rest)) <= {"#fff", "#000", "#fbe38a", "#3a2b00"}


def test_sides_are_named_by_the_flow_of_the_text():
    assert re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)|float: left", CSS) == []
