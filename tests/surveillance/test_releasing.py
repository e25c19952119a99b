"""Publishing: at its ages, once each, of what is counted; and never changed."""

from __future__ import annotations

import argparse
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from people import House, make_lot, make_patient, make_signed, open_house
from roles import take_role

from temoin.cli.surveillance import _export
from temoin.lib.clock import shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, earliest_today, today_in
from temoin.surveillance.counting import KEPT_DAYS, _put
from temoin.surveillance.counts import DayCounts, DelayCell
from temoin.surveillance.dataset import Publication
from temoin.surveillance.exporting import publications
from temoin.surveillance.models import CountedDay
from temoin.surveillance.releasing import _silent, periods_due, publish_due
from temoin.surveillance.rounds import UncountedError, count_whole, whole_duty
from temoin.surveillance.tables import TABLES

NEVER = threading.Event()
MONDAY = date(2026, 11, 2)


def due(today: date, done: list[tuple[str, date, int]] | None = None) -> list[tuple[str, date, int]]:
    return [(one.table.name, one.period, one.revision) for one in periods_due(today, MONDAY, done or [])]


def test_each_publication_is_due_at_its_age_and_not_before():
    assert due(MONDAY) == []
    assert due(MONDAY + timedelta(days=1)) == [("senders", MONDAY, 1)]
    assert ("days", MONDAY, 1) in due(MONDAY + timedelta(days=2))
    assert ("departments", MONDAY, 1) not in due(MONDAY + timedelta(days=8))
    assert ("departments", MONDAY, 1) in due(MONDAY + timedelta(days=9))
    assert ("days", MONDAY, 3) in due(MONDAY + timedelta(days=28))


def test_over_its_whole_span_each_period_is_published_once_at_each_age():
    done: list[tuple[str, date, int]] = []
    for later in range(60):
        done += due(MONDAY + timedelta(days=later), done)

    assert len(done) == len(set(done))
    for table in TABLES.values():
        assert [revision for name, period, revision in done if (name, period) == (table.name, MONDAY)] == [
            *range(1, len(table.ages) + 1)
        ]


def test_a_period_that_was_not_counted_whole_is_never_published():
    assert all(period >= MONDAY for _name, period, _revision in due(MONDAY + timedelta(days=20)))
    assert due(MONDAY + timedelta(days=20 + KEPT_DAYS)) != []
    late = due(MONDAY + timedelta(days=3 * KEPT_DAYS))
    assert all(period >= MONDAY + timedelta(days=2 * KEPT_DAYS) for _name, period, _revision in late)


@pytest.fixture
def house(db) -> House:  # noqa: ARG001
    house = open_house()
    for seat in (house.owner, house.stranger):
        make_signed(seat, make_patient(seat), make_lot(seat))
    return house


def told() -> list[Publication]:
    with take_role("temoin_worker"):
        return publications()


def publish(days: int) -> int:
    with take_role("temoin_worker"), shifted_by(timedelta(days=days)):
        return publish_due(is_demo=True, uncounted=count_whole(NEVER)).publications


def round_of_duty(later: int) -> bool:
    """Do the duty so many days later, by the clock of publications; tell whether it went well."""
    behind = today_in(HOUSE) - earliest_today()
    with take_role("temoin_worker"), shifted_by(behind + timedelta(days=later)):
        try:
            whole_duty(is_demo=True).do(NEVER)
        except UncountedError:
            return False
    return True


@pytest.fixture
def mend(house: House, stick: Callable[..., Callable[[], int]]) -> Callable[[], int]:
    """Let the count of the stranger's pharmacy fail, and return what mends it."""
    publish(0)
    return stick("SELECT", "testing_record_version", f"pharmacy_id = '{house.stranger.pharmacy_id}'")


def test_a_publication_waits_for_the_count_of_every_pharmacy(mend: Callable[[], int]):
    assert not round_of_duty(1)
    assert told() == []

    mend()

    assert round_of_duty(1)
    assert [(one.name, one.missing) for one in told()] == [("senders", 0)]


def test_after_two_days_it_leaves_without_that_pharmacy_says_so_and_stays(mend: Callable[[], int]):
    went_well = [round_of_duty(day) for day in (1, 2, 3)]

    first = [(one.name, one.missing) for one in told() if one.period == today_in(HOUSE)]
    mend()
    went_well.append(round_of_duty(3))

    assert went_well == [False, False, False, True]
    # A day's counts are due on the second day: they wait until the fourth, and are whole when the count was mended.
    assert first == [("senders", 1)]
    found = {one.name: one.missing for one in told() if one.period == today_in(HOUSE)}
    assert found == {"days": 0, "senders": 1, "targets": 0}


def test_a_pharmacy_whose_counts_cannot_be_added_up_is_missing_too(house: House, tamper: Callable[[str], None]):
    publish(0)
    with take_role("temoin_worker"), tenant_scope(house.stranger.pharmacy_id):
        row = CountedDay.objects.get()
    tamper(f"DELETE FROM surveillance_counted_day WHERE pharmacy_id = '{house.stranger.pharmacy_id}'")  # noqa: S608
    odd = DayCounts(delays=Counter({DelayCell("no day", "covid19-ag", "under-30-minutes"): 1}))
    with take_role("temoin_worker"), tenant_scope(house.stranger.pharmacy_id):
        _put(row.day, row.mark, odd)

    with take_role("temoin_worker"), shifted_by(timedelta(days=28 + 6)):  # whichever day of its week it is
        published = publish_due(is_demo=True)

    assert published.missing == {house.stranger.pharmacy_id}
    assert published.publications > 0
    assert {one.missing for one in told()} == {1}


def test_a_day_on_which_few_pharmacies_sent_does_not_call_the_others_silent():
    assert _silent([], [None, None], MONDAY) == []
    assert _silent([["sent", 30]], [None] * 42, MONDAY) == [["silent", 12]]


@pytest.mark.usefixtures("house")
def test_what_is_due_is_published_once_and_stays(tmp_path):
    assert publish(13) > 0
    before = told()
    assert publish(13) == 0

    assert told() == before
    assert {one.name for one in before} >= {"days", "senders"}
    assert export(tmp_path) == 0
    assert (tmp_path / "days.csv").read_text().startswith("period,revision,published,kind,target,outcome,count\n")


@pytest.mark.usefixtures("house")
def test_sums_and_rates_leave_with_the_table_that_they_are_made_of():
    publish(28)

    found = told()
    for source, made in {"departments": {"areas", "homes", "incidence", "positivity"}, "ages": {"sexes"}}.items():
        left = {(one.period, one.revision, one.released_on) for one in found if one.name == source}
        assert left
        for name in made:
            assert {(one.period, one.revision, one.released_on) for one in found if one.name == name} == left


@pytest.mark.usefixtures("house")
def test_an_export_writes_nothing_over_rows_that_it_does_not_have(tmp_path, capsys):
    publish(13)
    export(tmp_path)
    (tmp_path / "days.csv").write_text("period,revision\n1999-01-01,1\n", encoding="utf-8")

    assert export(tmp_path) == 1

    assert "days.csv: 2 rows" in capsys.readouterr().err
    assert (tmp_path / "days.csv").read_text().startswith("period,revision\n1999")


def export(folder) -> int:
    with take_role("temoin_worker"):
        return _export(argparse.Namespace(folder=folder, licence=""))
