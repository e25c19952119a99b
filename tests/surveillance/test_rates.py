"""Rates hold the true one as often as they say, and are not shown where nothing can be read from them."""

from __future__ import annotations

import random
import re
import statistics
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from releases import FIRST, published
from strategies import examples

import temoin.surveillance
from temoin.catalogue.kinds import load_kinds
from temoin.surveillance.areas import STEPS
from temoin.surveillance.counts import NEGATIVE, POSITIVE
from temoin.surveillance.departments import NOTHING, load_country
from temoin.surveillance.noise import draw_noise
from temoin.surveillance.rates import (
    FEWEST_INHABITANTS,
    FEWEST_TESTS,
    PER,
    incidence_rows,
    noise_of,
    per_inhabitants,
    percent_positive,
    positivity_rows,
    variance_of,
)
from temoin.surveillance.tables import AREAS, FLOOR, TABLES, Ground

TIMES = 1_500
GROUND = Ground(load_kinds())
TABLE = TABLES["departments"]
TARGETS = ("strep-a", "sars-cov-2")  # looked for by one kind of test, and by four, one of them with four targets


def drawn(target: str, chance: random.Random) -> int:
    """Return the noise of a sum over all kinds of test that look for a target."""
    epsilons = [TABLE.share / parts for key, parts in GROUND.findings() if key[1:] == (target, POSITIVE)]
    return sum(draw_noise(epsilon, chance) for epsilon in epsilons)


@pytest.mark.parametrize("target", TARGETS)
def test_the_size_of_the_noise_is_what_is_drawn(target: str):
    chance = random.Random(176)  # noqa: S311 the same each time
    found = [drawn(target, chance) for _time in range(TIMES)]

    assert statistics.pstdev(found) == pytest.approx(noise_of(TABLE, GROUND, target) ** 0.5, rel=0.1)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("real", [150, 4_000])
def test_an_interval_holds_the_true_incidence_nineteen_times_of_twenty(target: str, real: int):
    chance = random.Random(176)  # noqa: S311 the same each time
    noise = noise_of(TABLE, GROUND, target)
    held = 0
    for _time in range(TIMES):
        cases = round(chance.gauss(real, real**0.5))
        rate = per_inhabitants(cases + drawn(target, chance), noise, 500_000)
        held += rate is not None and rate.low <= real * PER / 500_000 <= rate.high

    assert held / TIMES >= 0.94


def test_an_interval_holds_the_true_positivity_nineteen_times_of_twenty():
    chance = random.Random(176)  # noqa: S311 the same each time
    noise = noise_of(TABLE, GROUND, "sars-cov-2")
    held = 0
    for _time in range(TIMES):
        positive = sum(chance.random() < 0.2 for _test in range(1_000))
        found = [count + drawn("sars-cov-2", chance) for count in (positive, 1_000 - positive)]
        rate = percent_positive(*found, noise)
        held += rate is not None and rate.low <= 20 <= rate.high

    assert held / TIMES >= 0.94


@given(count=st.integers(-50, 10**6), noise=st.floats(0, 10**5), inhabitants=st.integers(FEWEST_INHABITANTS, 10**8))
@examples(50)
def test_a_rate_lies_in_its_interval_and_grows_with_its_count(count: int, noise: float, inhabitants: int):
    rate, more = (per_inhabitants(n, noise, inhabitants) for n in (max(0, count), max(0, count) + 1))

    assert rate is not None
    assert more is not None
    assert 0 <= rate.low <= rate.rate <= rate.high
    assert rate.rate <= more.rate


def test_nothing_is_shown_over_few_inhabitants_nor_over_unknown_ones():
    assert per_inhabitants(50, 0, FEWEST_INHABITANTS - 1) is None
    assert per_inhabitants(50, 0, None) is None


def test_no_positivity_is_shown_over_few_tests_or_where_the_noise_is_half_of_them():
    assert percent_positive(20, FEWEST_TESTS - 21, 0) is None
    assert percent_positive(20, -1, 0) is None
    assert percent_positive(400, 1_600, variance_of(Fraction(1, 300))) is None
    assert percent_positive(20, FEWEST_TESTS - 20, 0) is not None


def test_what_noise_alone_can_be_is_no_incidence():
    noise = {"sars-cov-2": noise_of(TABLE, GROUND, "sars-cov-2")}
    country = load_country().departments

    def rows(count: int) -> list[list[object]]:
        return incidence_rows({("75", "sars-cov-2", POSITIVE): count}, noise, country)

    assert rows(FLOOR - 1) == rows(200) == []
    assert [row[:4] for row in rows(900)] == [["75", "sars-cov-2", 900, country["75"].inhabitants]]


@pytest.mark.parametrize("target", TARGETS)
def test_a_map_without_a_case_is_all_but_empty(target: str):
    chance = random.Random(176)  # noqa: S311 the same each time
    country = load_country().departments
    noise = {target: noise_of(TABLE, GROUND, target)}
    shown = [
        len(incidence_rows({(area, target, POSITIVE): drawn(target, chance) for area in country}, noise, country))
        for _week in range(20)
    ]

    assert sum(shown) <= 5  # of 2,140 squares


def test_people_from_nowhere_and_from_places_without_an_estimate_have_no_incidence_but_a_positivity():
    sums = {(area, "strep-a", outcome): 400 for area in ("", "988") for outcome in (POSITIVE, NEGATIVE)}
    noise = {"strep-a": noise_of(TABLE, GROUND, "strep-a")}

    assert incidence_rows(sums, noise, load_country().departments) == []
    assert [row[0] for row in positivity_rows(sums, noise)] == ["", "988"]


def test_rates_are_of_figures_that_left_too():
    told = {name: [one for one in published() if one.name == name] for name in ("areas", "incidence", "positivity")}
    areas = [{tuple(row[:-1]): row[-1] for row in one.figures} for one in told["areas"]]

    for name in ("incidence", "positivity"):
        assert [one.period >= FIRST for one in told[name]] == [True] * len(areas)
        for one, figures in zip(told[name], areas, strict=True):
            assert one.figures
            assert all(figures[area, target, POSITIVE] == count for area, target, count, *_rate in one.figures)


def test_every_area_is_a_place_with_a_square_and_all_inhabitants_are_those_that_were_announced():
    country = load_country()
    placed = [code for line in country.lines for code in line if code != NOTHING]

    assert set(country.departments) == {area for area in AREAS if area} - {"20"}
    assert sorted(placed) == sorted(country.departments)
    assert country.inhabitants == 69_081_996
    assert sum(one.inhabitants is not None for one in country.departments.values()) == 101


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_colours_grow_darker_step_by_step_and_their_numbers_can_be_read():
    style = (Path(temoin.surveillance.__file__).parent / "style/surveillance.css").read_text("utf-8")
    steps = [luminance(colour) for colour in re.findall(r"\.step-[0-9] \{ --step: (#[0-9a-f]{6});", style)]

    assert len(steps) == len(STEPS) + 1
    assert all((light + 0.05) / (dark + 0.05) > 1.3 for light, dark in pairwise(steps))
    for place, step in enumerate(steps):
        words = luminance("#ffffff" if place >= 3 else "#14181c")
        assert (max(step, words) + 0.05) / (min(step, words) + 0.05) >= 4.5
