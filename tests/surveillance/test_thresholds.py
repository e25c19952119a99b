"""An epidemic is said to be there by a rule and its source, never where the noise leaves it open."""

from __future__ import annotations

import copy
import tomllib
from datetime import date, timedelta
from importlib import resources

import pytest
from releases import ABOUT

from temoin.lib.data_file import DataFileError, Entry
from temoin.surveillance.dataset import Publication
from temoin.surveillance.pages import page_files
from temoin.surveillance.thresholds import Crossing, ThresholdStanding, build_thresholds, crossing_of, load_thresholds
from temoin.surveillance.trends import trends

MONDAY = date(2026, 10, 5)
ABOVE, BELOW, UNSURE, UNKNOWN = ThresholdStanding
RSV, FLU = (load_thresholds().rule_of(target) for target in ("rsv", "influenza-b"))


def published(*weeks: int | None, target: str = "rsv", tests: int = 20_000) -> list[Publication]:
    """Return weeks of days, each with such a share of positives in percent; nothing of a week that is None."""
    found = []
    for number, percent in enumerate(weeks):
        for place in range(7):
            day, positive = MONDAY + timedelta(days=7 * number + place), tests * (percent or 0) // 100
            figures = [[target, "positive", positive], [target, "negative", tests - positive]]
            found.append(Publication("targets", day, 3, day, [] if percent is None else figures))
    return found


@pytest.mark.parametrize(
    ("weeks", "crossing"),
    [
        ((4, 14, 15, 16), Crossing(ABOVE, MONDAY + timedelta(days=7))),
        ((14, 15), Crossing(ABOVE, MONDAY)),
        ((4, 5, 14), Crossing(UNSURE)),  # one week is not two
        ((14, 15, 4), Crossing(BELOW)),
        ((4, 10, 10), Crossing(UNSURE)),  # the interval has the threshold in it
        ((14, None, 15), Crossing(UNKNOWN)),
        ((14, 15, None), Crossing(UNKNOWN)),
        ((15,), Crossing(UNKNOWN)),
        ((), Crossing(UNKNOWN)),
    ],
)
def test_a_threshold_is_exceeded_after_two_whole_weeks_on_end(weeks: tuple[int | None, ...], crossing: Crossing):
    assert RSV is not None
    assert crossing_of(RSV, trends(published(*weeks))) == crossing


def test_a_few_tests_say_nothing_however_many_of_them_are_positive():
    assert RSV is not None
    assert crossing_of(RSV, trends(published(40, 40, tests=60))).standing in {UNSURE, UNKNOWN}


def test_influenza_counts_both_of_its_targets_together():
    assert FLU is not None
    one, other = published(8, 8, target="influenza-a"), published(7, 7, target="influenza-b")
    both = [
        Publication(a.name, a.period, 3, a.period, [*a.figures, *b.figures]) for a, b in zip(one, other, strict=True)
    ]

    assert crossing_of(FLU, trends(both)) == Crossing(ABOVE, MONDAY)
    assert crossing_of(FLU, trends(one)).standing is UNKNOWN


def test_the_page_names_rule_source_and_caveat_or_that_there_is_no_rule():
    rsv, covid = (
        page_files(published(14, 15, target=target), ABOUT)["en.html"].decode() for target in ("rsv", "sars-cov-2")
    )

    assert RSV is not None
    assert "Epidemic threshold exceeded since the week of Monday 2026-10-05." in rsv
    assert f'<a href="{RSV.address}">' in rsv
    assert RSV.caveat.en in rsv
    assert "No epidemic threshold" in covid
    assert "exceeded since" not in covid


def test_a_target_has_one_rule_and_a_rule_a_source():
    told = tomllib.loads(resources.files("temoin.surveillance").joinpath("data/thresholds.toml").read_text("utf-8"))
    twice, without = copy.deepcopy(told), copy.deepcopy(told)
    twice["rules"]["rsv"]["targets"] = ["influenza-a"]
    del without["rules"]["rsv"]["source"]

    for wrong in (twice, without):
        with pytest.raises(DataFileError, match=r"two rules|source"):
            build_thresholds(Entry("thresholds.toml", "file", wrong))
