"""Who sends nothing, what is not told and which lots stand out: told of published figures, and never of too few."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date, timedelta

import pytest
from releases import ABOUT, published
from roles import take_role

from temoin.catalogue.kinds import load_kinds
from temoin.cli.surveillance import _quality
from temoin.surveillance.dataset import Publication
from temoin.surveillance.models import Release
from temoin.surveillance.page_words import WORDS
from temoin.surveillance.pages import page_files
from temoin.surveillance.quality import (
    UNTOLD,
    LotStanding,
    SenderDay,
    lot_qualities,
    sender_days,
    weekly_shares,
)
from temoin.surveillance.quality_page import QUALITY_NAMES, WEEKLY
from temoin.surveillance.tables import FILES, SUMS, TABLES, Ground

MONDAY = date(2026, 11, 2)
KIT = "41FK10"  # of one target


def senders(silent: list[int]) -> list[Publication]:
    days = [MONDAY + timedelta(days=number) for number in range(len(silent))]
    return [
        Publication("senders", day, 1, day, [["sent", 900], ["silent", none]])
        for day, none in zip(days, silent, strict=True)
    ]


def lots(*found: tuple[str, int | None, int]) -> Publication:
    """Return a week of lots: number, positives (None where they were left out) and negatives."""
    rows: list[list[object]] = []
    for number, positive, negative in found:
        rows += [[KIT, number, "sars-cov-2", "positive", positive]] if positive is not None else []
        rows.append([KIT, number, "sars-cov-2", "negative", negative])
    return Publication("lots", MONDAY, 1, MONDAY, rows)


def standings(*found: tuple[str, int | None, int]) -> dict[str, LotStanding]:
    return {one.lot: one.standing for one in lot_qualities([lots(*found)])}


def test_a_day_is_held_beside_the_same_weekday_of_four_weeks():
    found = sender_days(senders([10] * 28 + [42]))

    assert found[0] == SenderDay(MONDAY + timedelta(days=28), 900, 42, 10)
    assert found[-1].usual is None  # its weeks before are not known


def test_a_day_of_which_nobody_knows_who_was_silent_is_left_out():
    assert sender_days([Publication("senders", MONDAY, 1, MONDAY, [])]) == []


def test_one_bad_lot_stands_out_and_the_others_do_not():
    told = standings(("A", 400, 1600), ("B", 410, 1600), ("C", 390, 1610), ("BAD", 1500, 500))

    assert told == {"A": "alike", "B": "alike", "C": "alike", "BAD": "above"}


def test_a_lot_that_finds_nobody_stands_out_though_its_positives_were_left_out():
    told = standings(("A", 400, 1600), ("B", 410, 1600), ("C", 390, 1610), ("BLIND", None, 4000))

    assert told["BLIND"] == "below"
    assert "above" not in told.values()


def test_weeks_whose_positives_were_left_out_are_told_by_their_bound_and_not_taken_for_none():
    others = ("A", 400, 1600), ("B", 410, 1600), ("C", 390, 1610)
    first, second = lots(*others, ("SMALL", 300, 1400)), lots(*others, ("SMALL", None, 60))
    second = replace(second, period=MONDAY + timedelta(days=7))

    (small,) = [one for one in lot_qualities([first, second]) if one.lot == "SMALL"]

    assert (small.positives, small.negatives, small.standing) == (300, 1460, "alike")


def test_lots_of_few_tests_are_not_judged_nor_are_two_lots():
    assert standings(("A", 60, 60), ("B", 11, 12)) == {}
    assert set(standings(("A", 400, 1600), ("BAD", 1500, 500)).values()) == {LotStanding.ALONE}


def test_a_kit_that_the_catalogue_does_not_know_has_the_greatest_noise():
    own = lots(("A", 400, 1600))
    strange = Publication("lots", MONDAY, 1, MONDAY, [["none", *row[1:]] for row in own.figures])

    (known,), (unknown,) = lot_qualities([own]), lot_qualities([strange])

    assert unknown.rate.high - unknown.rate.low > known.rate.high - known.rate.low


@pytest.mark.parametrize("name", [*WEEKLY, *UNTOLD])
def test_the_words_of_a_week_share_it_among_them(name: str):
    found = weekly_shares(published(), name)

    assert found
    assert list(found) == sorted(found, reverse=True)
    assert all(sum(shares.values()) == pytest.approx(100) for shares in found.values())
    assert len(FILES[name].columns) == 1


def test_a_week_is_left_out_where_noise_could_be_half_of_it():
    def week(count: int) -> Publication:
        return Publication("statuses", MONDAY, 1, MONDAY, [["final", 3 * count], ["corrected", count]])

    assert weekly_shares([week(100)], "statuses") == {}
    assert weekly_shares([week(10_000)], "statuses") == {MONDAY: {"final": 75, "corrected": 25}}


@pytest.mark.parametrize("name", UNTOLD)
def test_the_word_for_what_is_not_told_is_one_of_its_file(name: str):
    source = next(table for table, sums in SUMS.items() if name in {into.name for into in sums})
    at = TABLES[source].columns.index(FILES[name].columns[0])

    assert UNTOLD[name] in {key[at] for key, _parts in TABLES[source].domain(Ground(load_kinds()))}
    assert f"untold_{name}" in WORDS


@pytest.mark.parametrize("lang", QUALITY_NAMES)
def test_the_page_says_who_was_silent_and_which_lot_stands_out(lang: str):
    told = [*senders([42]), lots(("A", 400, 1600), ("B", 410, 1600), ("C", 390, 1610), ("<b>", 1500, 500))]

    page = page_files(told, ABOUT)[QUALITY_NAMES[lang]].decode()

    assert {"fr": "42 officines n’ont rien envoyé", "en": "42 pharmacies sent nothing"}[lang] in page
    assert WORDS["lot_above"].text(lang) in page
    assert "&lt;b&gt;" in page
    for forbidden in ("<script", " style=", "<b>"):
        assert forbidden not in page
    assert "default-src 'none'" in page


def test_a_page_of_nothing_says_so():
    assert page_files([], ABOUT)["quality.html"].decode().count("Nothing is published") >= 7


@pytest.mark.django_db
def test_the_command_tells_of_published_figures_alone_and_a_lot_that_stands_out_is_its_status(capsys):
    with take_role("temoin_worker"):
        assert _quality(argparse.Namespace()) == 0
        told = [*senders([42]), lots(("A", 400, 1600), ("B", 410, 1600), ("C", 390, 1610), ("BAD", 1500, 500))]
        for one in told:
            Release.objects.create(
                name=one.name, period=one.period, revision=1, released_on=MONDAY, figures=one.figures, missing=0
            )
        assert _quality(argparse.Namespace()) == 1

    said = capsys.readouterr()
    assert "900 pharmacies signed something, 42 nothing." in said.out
    assert "lot 41FK10 BAD, sars-cov-2:" in said.err
    assert "above the median lot" in said.err
