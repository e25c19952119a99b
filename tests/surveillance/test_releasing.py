"""Publishing: at its ages, once each, of what is counted; and never changed."""

from __future__ import annotations

import argparse
import threading
from datetime import date, timedelta

import pytest
from people import House, make_lot, make_patient, make_signed, open_house
from roles import take_role

from temoin.cli.surveillance import _export
from temoin.lib.clock import shifted_by
from temoin.surveillance.counting import KEPT_DAYS
from temoin.surveillance.dataset import Publication
from temoin.surveillance.exporting import publications
from temoin.surveillance.releasing import periods_due, publish_due
from temoin.surveillance.rounds import count_whole
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
        count_whole(NEVER)
        return publish_due(is_demo=True)


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
