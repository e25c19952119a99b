"""A young day is carried on by how earlier ones grew: right in expectation, never below zero, never from too little."""

from __future__ import annotations

import random
import statistics
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from releases import ABOUT
from strategies import examples

from temoin.surveillance.dataset import Publication
from temoin.surveillance.noise import draw_noise
from temoin.surveillance.nowcast import FEWEST_DAYS, MOST_UNSURE, Estimate, Known, estimate_of, growths_of
from temoin.surveillance.pages import page_files
from temoin.surveillance.tables import FILES, TABLES
from temoin.surveillance.trends import trends

AGES = len(FILES["targets"].ages)
SHARES = (0.6, 0.9, 1.0)  # of a day's results that are there at each age
FIRST = date(2026, 10, 5)

later = st.integers(1, 5_000)
days = st.lists(st.tuples(later, later, later), min_size=FEWEST_DAYS, max_size=25)


def grown(triple: tuple[int, int, int]) -> list[int]:
    """Return a day whose figures only grow."""
    return [triple[0], triple[0] + triple[1], sum(triple)]


def published_day(final: int, chance: random.Random, noise: int = 0) -> list[int]:
    """Return a day's figures at each age: each result is there at once, later, or only at last."""
    arrived = [chance.random() for _result in range(final)]
    noises = [draw_noise(TABLES["days"].share, chance) if noise else 0 for _age in SHARES]
    return [sum(at < share for at in arrived) + more for share, more in zip(SHARES, noises, strict=True)]


def test_a_known_triangle_is_completed_to_its_truth():
    rows = [[60 * size, 90 * size, 100 * size] for size in range(1, 20)]
    growths = growths_of(rows, AGES)

    assert estimate_of([600, None, None], growths) == Estimate(1000, 1000, 1000)
    assert estimate_of([None, 90, None], growths) == Estimate(100, 100, 100)


def test_estimates_are_right_in_expectation_and_their_intervals_hold_what_comes():
    chance = random.Random(176)  # noqa: S311 the same each time
    errors, held = [], []
    for _time in range(60):
        rows = [published_day(chance.randrange(300, 900), chance, noise=1) for _day in range(28)]
        growths = growths_of(rows, AGES)
        young = published_day(700, chance, noise=1)
        found = estimate_of([young[0], None, None], growths)
        assert found is not None
        errors.append(found.value - young[2])
        held.append(found.low <= young[2] <= found.high)

    assert abs(statistics.fmean(errors)) < 3 * statistics.stdev(errors) / len(errors) ** 0.5
    assert sum(held) / len(held) >= 0.9


@given(days, later, later)
@examples(60)
def test_an_estimate_is_never_below_what_is_there_nor_below_zero_and_grows_with_it(rows, count: int, more: int):
    growths = growths_of(map(grown, rows), AGES)
    found, greater = (estimate_of([n, None, None], growths) for n in (count, count + more))

    if found is not None:
        assert 0 <= found.low <= found.value <= found.high
        assert found.value >= count
        assert found.high - found.value <= MOST_UNSURE * found.value + 1e-6
        assert greater is not None  # what is known better for a small figure is for a great one
        assert greater.value > found.value


@given(st.lists(st.lists(st.none() | st.integers(-50, 50), min_size=AGES, max_size=AGES), max_size=20))
@examples(60)
def test_whatever_was_published_makes_an_estimate_or_none_and_no_error(rows: list[Known]):
    for row in rows:
        found = estimate_of(row, growths_of(rows, AGES))
        assert found is None or 0 <= found.low <= found.value <= found.high


def test_nothing_is_estimated_from_less_than_two_weeks_nor_of_a_day_that_is_final():
    rows = [[60, 90, 100]] * (FEWEST_DAYS - 1)

    assert estimate_of([600, None, None], growths_of(rows, AGES)) is None
    assert estimate_of([600, 900, 1000], growths_of([*rows, rows[0]], AGES)) is None
    assert estimate_of([None, None, None], growths_of([*rows, rows[0]], AGES)) is None


def test_nothing_is_estimated_where_days_grew_so_unlike_that_nobody_could_use_it():
    rows = [[10, 400, 500], [400, 410, 420]] * FEWEST_DAYS

    assert estimate_of([50, None, None], growths_of(rows, AGES)) is None


def releases(*, missing: int = 0) -> list[Publication]:
    """Return six weeks, the last ones of which are not final yet; what is young may be without a pharmacy."""
    found, today = [], FIRST + timedelta(days=45)
    for place in range(45):
        day = FIRST + timedelta(days=place)
        for revision, (age, count) in enumerate(zip(FILES["targets"].ages, (600, 900, 1000), strict=True), start=1):
            if day + timedelta(days=age) <= today:
                figures = [["rsv", "positive", count + place], ["rsv", "negative", 5 * count]]
                found.append(Publication("targets", day, revision, today, figures, missing if revision == 1 else 0))
    return found


def test_days_that_are_not_final_have_an_estimate_and_the_others_none():
    found = trends(releases())["rsv"]

    assert [day.expected is None for day in found] == [day.is_last for day in found]
    assert found[-1].positive == 643
    assert found[-1].expected is not None
    assert 1_000 < found[-1].expected.value < 1_100


def test_estimates_are_drawn_as_such_and_a_page_without_any_says_so():
    thin = [one for one in releases() if one.period >= FIRST + timedelta(days=20)]
    young, without = (page_files(found, ABOUT)["en.html"].decode() for found in (releases(), thin))

    drawn = sum(day.expected is not None for day in trends(releases())["rsv"])
    assert young.count('class="expected"') == young.count('class="band"') == drawn > 0
    assert 'class="mean likely"' in young
    assert "Dashed: estimate of the final figure" in young
    assert 'class="expected"' not in without
    assert "No estimate of final figures" in without


def test_what_was_published_without_some_pharmacies_is_neither_estimated_nor_estimated_from():
    found = trends(releases(missing=1))["rsv"]

    assert found[-1].expected is None
