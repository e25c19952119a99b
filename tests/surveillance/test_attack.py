"""An attacker who knows everybody else's tests cannot tell whether one more person was tested, nor with what result.

Pairs of worlds are drawn that differ by one test. Whatever is ever published of it, at every age, is drawn from one of
the two. The attacker knows both worlds, the tables, the shares and the time of each publication, and guesses by the
likelihoods: nobody can do better. *Recovered* is a person of whom the attacker becomes 95 % sure, right or wrong.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from math import exp

import orjson
import pytest
from strategies import covid_positive

from temoin.catalogue.kinds import load_kinds
from temoin.surveillance.counts import DayCounts
from temoin.surveillance.noise import draw_noise
from temoin.surveillance.tables import TABLES, WHOLE, Ground, Key, PublishedTable

PAIRS = 10_000
SURE = 0.95
# What nobody may exceed: e/(1+e), reached only where every figure speaks for one world.
MOST = exp(float(WHOLE)) / (1 + exp(float(WHOLE)))
LOT = ("41FK10", "A12345")
GROUND = Ground(load_kinds(), {LOT: "covid19-ag"})


def touched() -> list[tuple[PublishedTable, Fraction]]:
    """Return every figure that one test changes, once for each time it is published, with its share."""
    report = covid_positive()
    counts = DayCounts()
    counts.add(orjson.loads(orjson.dumps(report)), report.signed_at)
    figures = []
    for table in TABLES.values():
        parts = dict(table.domain(GROUND))
        folded = {key: times for _day, key, times in table.fold(counts, report.signed_at.date())} or receipt(table)
        for key, times in folded.items():
            if key in parts:
                assert times == 1
                figures += [(table, table.share / parts[key])] * len(table.ages)
    return figures


def receipt(table: PublishedTable) -> dict[Key, int]:
    return {("under-5-minutes",): 1} if table.name == "receipts" else {}


def guesses(shares: list[Fraction], chance: random.Random) -> Iterator[tuple[bool, float]]:
    """Yield whether the person was there, and how sure the attacker is that they were."""
    for _pair in range(PAIRS):
        is_there = chance.randrange(2) == 1
        odds = 0.0
        for share in shares:
            shown = is_there + draw_noise(share, chance)
            odds += float(share) * (abs(shown) - abs(shown - 1))
        yield is_there, 1 / (1 + exp(-odds))


def test_one_test_is_in_all_tables_within_its_whole_share():
    shares = [share for _table, share in touched()]

    assert {table.name for table, _share in touched()} >= {"days", "departments", "ages", "reasons", "delays"}
    assert sum(shares) <= WHOLE


@pytest.mark.parametrize("kind", load_kinds())
def test_the_findings_of_one_test_part_its_share_of_a_table(kind):
    findings = len(load_kinds()[kind].targets)
    ground = Ground(load_kinds(), {LOT: kind})

    for table in TABLES.values():
        own = [(dict(zip(table.columns, key, strict=True)), parts) for key, parts in table.domain(ground)]
        assert {parts for key, parts in own if key.get("kind", kind) == kind and "target" in key} <= {findings}


def test_all_tables_at_all_ages_take_no_more_than_the_whole():
    assert sum(table.share * len(table.ages) for table in TABLES.values()) <= WHOLE


def test_ten_thousand_pairs_of_worlds_that_differ_by_one_person_give_away_nobody():
    shares = [share for _table, share in touched()]

    found = list(guesses(shares, random.Random(15)))  # noqa: S311 the same pairs each time

    sure = [there for there, sureness in found if max(sureness, 1 - sureness) >= SURE]
    right = sum((sureness > 0.5) == there for there, sureness in found) / PAIRS
    assert sure == []
    assert max(max(sureness, 1 - sureness) for _there, sureness in found) <= MOST
    assert 0.5 < right < 0.62  # a coin has 0.5; the bound of any guess at all is 0.73


def test_the_attack_finds_everybody_where_counts_leave_without_noise():
    """The same attacker on exact figures: whoever is there changes one, and is found."""
    chance = random.Random(15)  # noqa: S311
    found = [(there, 7 + there) for there in (chance.randrange(2) == 1 for _pair in range(PAIRS))]

    assert all((shown > 7) == there for there, shown in found)


def test_noise_has_the_shape_that_the_argument_needs():
    """Neighbouring values differ by the factor exp(epsilon), and both signs are alike."""
    chance = random.Random(15)  # noqa: S311
    drawn = Counter(draw_noise(Fraction(1, 2), chance) for _time in range(40_000))

    assert abs(sum(value * times for value, times in drawn.items()) / 40_000) < 0.05
    for value in (0, 1, 2):
        assert drawn[value] / drawn[value + 1] == pytest.approx(exp(0.5), rel=0.1)
        assert drawn[-value] / drawn[-value - 1] == pytest.approx(exp(0.5), rel=0.1)


def test_what_is_published_has_the_same_rows_for_any_results():
    """A key never depends on who was tested: it is the catalogue's, or of lots that stand on shelves."""
    for table in TABLES.values():
        keys = [key for key, _parts in table.domain(GROUND)]
        assert len(keys) == len(set(keys))
        assert all(len(key) == len(table.columns) for key in keys)


@pytest.mark.parametrize("name", TABLES)
def test_each_table_publishes_before_results_may_go_by_the_clock(name):
    """Results are kept 30 days at least: the first day of a period is not older at its last publication."""
    table = TABLES[name]
    period = table.begins(date(2026, 11, 25))

    assert (table.ends(period) - period).days + table.ages[-1] <= 28
