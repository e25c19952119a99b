"""What is practised is in no figure, list, bill, statement or count of the pharmacy, or of the site."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from people import COVID, House, make_lot, make_patient, make_signed, open_house
from prometheus_client import REGISTRY
from roles import take_role
from training import practising

from temoin.catalogue.actions import lots_in_stock
from temoin.lib.clock import now
from temoin.lib.errors import DeniedError
from temoin.lib.zones import HOUSE, today_in
from temoin.oversight.billing import read_bill
from temoin.oversight.figures import read_figures
from temoin.oversight.results import list_results
from temoin.oversight.signed_tests import ResultFilter
from temoin.oversight.statement import read_day
from temoin.oversight.work_list import OpenFilter, read_work_list
from temoin.pharmacies.seat import Seat
from temoin.surveillance.rounds import count_recent, count_whole
from temoin.testing.lists import list_tests


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


def sign_in_training(house: House) -> Seat:
    seat = practising(house.owner)
    make_signed(seat, make_patient(seat, nir=""), lots_in_stock(by=seat, kind=COVID)[0].id, outcome="positive")
    return seat


def all_told(by: Seat) -> list[Any]:
    today = today_in(HOUSE)
    wanted = ResultFilter(since=today, until=today, zone=HOUSE)
    told = [read_figures(by=by, wanted=wanted), read_bill(by=by, wanted=wanted), list_results(by=by, wanted=wanted)]
    return [
        *told,
        read_day(by=by, day=today),
        read_work_list(by=by, wanted=OpenFilter(late_before=now(), zone=HOUSE)),
        list_tests(by=by),
    ]


def test_the_pharmacys_own_pages_tell_what_they_told(house):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    before = all_told(house.owner)

    sign_in_training(house)

    assert all_told(house.owner) == before


def test_no_day_of_it_is_counted_and_no_count_fails_for_it(house):
    sign_in_training(house)

    with take_role("temoin_worker"), connection.cursor() as cursor:
        count_recent(threading.Event())
        uncounted = count_whole(threading.Event())
        cursor.execute("SELECT count(*) FROM outbox_set_aside")
        set_aside = cursor.fetchone()

    assert (uncounted, set_aside) == (frozenset(), (0,))


def test_no_measure_of_the_site_counts_it(house, django_capture_on_commit_callbacks):
    def signed() -> float:
        return REGISTRY.get_sample_value("temoin_events_total", {"kind": "result.signed"}) or 0.0

    before = signed()

    with django_capture_on_commit_callbacks(execute=True):
        sign_in_training(house)

    assert signed() == before


def test_an_owner_who_practises_reads_no_figures_bills_or_files(house):
    seat, today = practising(house.owner), today_in(HOUSE)

    for read in (read_bill, read_figures):
        with pytest.raises(DeniedError):
            read(by=seat, wanted=ResultFilter(since=today, until=today, zone=HOUSE))
