"""How far a file has come: noted as it is taken in, shown to whoever may import, and told when it stopped."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from import_files import allow_laboratories, file_of
from people import House, at_once, open_house

from temoin.intake import progress
from temoin.intake.progress import SILENT, Progress, last_file
from temoin.intake.results import import_results
from temoin.intake.sameness import Sameness
from temoin.lib.clock import frozen_at, now
from temoin.lib.errors import DeniedError


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    allow_laboratories(house.owner, house.stranger)
    return house


def take(house: House, *rows: dict[str, str], dry_run: bool = False) -> Counter[Sameness]:
    return import_results(by=house.owner, stream=file_of(*rows), dry_run=dry_run, tell=lambda _outcome: None)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_file_taken_in_is_shown_as_ended_with_its_sums(house, dry_run):
    take(house, {}, {"patient_dob": "x"})
    take(house, {}, {"patient_dob": "x"}, {}, dry_run=dry_run)

    last = last_file(by=house.owner)
    assert (last.rows, last.done, last.refused) == (3, 3, 1)
    assert (last.is_trial, last.is_ended, last.is_stopped) == (dry_run, True, False)


def test_it_is_noted_row_by_row_but_not_more_often_than_every_second(house, monkeypatch):
    begun = Progress(house.owner, rows=300, is_trial=False)
    begun.note(Counter({Sameness.STORED: 100}))
    assert last_file(by=house.owner).done == 0
    monkeypatch.setattr(progress, "EVERY", 0.0)

    begun.note(Counter({Sameness.STORED: 100, Sameness.REFUSED: 1}))

    last = last_file(by=house.owner)
    assert (last.done, last.refused, last.is_ended, last.is_stopped) == (101, 1, False, False)


def test_a_file_of_which_nothing_is_heard_has_stopped(house):
    Progress(house.owner, rows=300, is_trial=False)

    with frozen_at(now() + SILENT + timedelta(seconds=1)):
        assert last_file(by=house.owner).is_stopped


def test_of_two_files_at_once_the_one_begun_last_is_shown(house):
    first = Progress(house.owner, rows=100, is_trial=False)
    second = Progress(house.owner, rows=200, is_trial=False)
    second.end(Counter({Sameness.STORED: 200}))
    first.end(Counter({Sameness.STORED: 100}))

    assert last_file(by=house.owner).done == 200


def test_who_may_not_import_sees_no_progress_and_a_stranger_their_own(house):
    take(house, {})

    assert last_file(by=house.stranger) is None
    with pytest.raises(DeniedError):
        last_file(by=house.colleague)


@pytest.mark.django_db(transaction=True)
def test_of_two_first_files_begun_at_the_same_moment_both_go_on():
    house = open_house()

    begun = at_once(*[lambda: Progress(house.owner, rows=3, is_trial=False)] * 4)

    assert [type(one) for one in begun] == [Progress] * 4
    assert last_file(by=house.owner).rows == 3
