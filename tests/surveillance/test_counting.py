"""Counts kept of each day equal a recount from the records, whatever became of them; and hold no person."""

from __future__ import annotations

import random
import threading
from datetime import date, timedelta

import pytest
from people import House, make_lot, make_patient, make_signed, open_house
from roles import take_role

from temoin.cli.surveillance import _recount
from temoin.lib.clock import shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.lib.unreadable import unreadable_gathered
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.set_aside import list_aside
from temoin.pharmacies.models import Pharmacy
from temoin.surveillance import rounds
from temoin.surveillance.counting import (
    KEPT_DAYS,
    Differing,
    _put,
    compare_pharmacy,
    count_pharmacy,
    recount_pharmacy,
    sound_counts,
    stored_counts,
)
from temoin.surveillance.counts import DayCounts
from temoin.surveillance.models import CountedDay
from temoin.surveillance.rounds import count_recent, count_whole
from temoin.testing.coarse import age_band
from temoin.testing.queries import read_test
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result

NEVER = threading.Event()


@pytest.fixture
def house(db) -> House:  # noqa: ARG001
    return open_house()


def count() -> None:
    with take_role("temoin_worker"):
        count_recent(NEVER)


def kept(house: House) -> DayCounts:
    """Return all that is kept of the pharmacy here."""
    whole = DayCounts()
    with take_role("temoin_worker"), tenant_scope(house.here.id):
        for counts in stored_counts(today_in(HOUSE) - timedelta(days=KEPT_DAYS)).values():
            whole.findings += counts.findings
            whole.tests += counts.tests
    return whole


def differing(house: House) -> list[list[Differing] | None]:
    with take_role("temoin_worker"):
        return [compare_pharmacy(pharmacy) for pharmacy in (house.here, house.elsewhere)]


def correct(house: House, record_id: object, outcome: str) -> None:
    test = read_test(by=house.owner, record_id=record_id)
    reading = Reading(outcomes={"sars-cov-2": outcome}, read_at=test.report.read_at, comment="Relu")
    correct_result(
        by=house.owner, record_id=record_id, expected_version=test.report.version, reading=reading, reason="Relecture"
    )


def test_a_signed_test_is_counted_by_what_it_says_and_by_nobody(house):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner), outcome="positive")

    count()

    ((cell, times),) = kept(house).findings.items()
    assert times == 1
    age = age_band(date(1979, 3, 28), today_in(HOUSE))
    assert cell[1:] == ("75", age, "F", "covid19-ag", "sars-cov-2", "positive", "")


def test_a_correction_moves_the_count_and_a_cancellation_ends_it(house):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner), outcome="positive")
    count()
    correct(house, record_id, "negative")
    count()
    assert [cell.outcome for cell in kept(house).findings] == ["negative"]

    cancel_result(by=house.owner, record_id=record_id, expected_version=2, reason="Mauvais patient")
    count()

    assert not kept(house).findings
    assert [cell.status for cell in kept(house).tests] == ["cancelled"]


def test_a_correction_days_later_changes_the_day_of_the_first_signature(house):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner), outcome="positive")
    count()

    with shifted_by(timedelta(days=9)):
        cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="Mauvais patient")
        count()

        assert not kept(house).findings
        assert differing(house) == [[], []]


def test_an_erased_test_leaves_the_counts_with_the_next_whole_round(house, tamper):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    count()
    tamper(f"DELETE FROM testing_record_version WHERE record_id = '{record_id}'")  # noqa: S608 our own value

    with take_role("temoin_worker"), shifted_by(timedelta(days=9)):
        count_whole(NEVER)

    assert not kept(house).findings


def test_counts_past_their_span_are_forgotten(house):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    count()

    with take_role("temoin_worker"), shifted_by(timedelta(days=KEPT_DAYS + 2)):
        count_whole(NEVER)

    with take_role("temoin_worker"), tenant_scope(house.here.id):
        assert not CountedDay.objects.exists()


def test_after_random_signatures_corrections_and_cancellations_the_counts_equal_a_recount(house):
    chance, standing = random.Random(15), []  # noqa: S311 the same acts each time
    lot, patients = make_lot(house.owner), [make_patient(house.owner, postcode=code) for code in ("75007", "20200")]
    for step in range(24):
        turn = chance.random()
        if turn < 0.6 or not standing:
            standing.append(
                make_signed(house.owner, chance.choice(patients), lot, outcome=chance.choice(["positive", "negative"]))
            )
        elif turn < 0.85:
            one = chance.choice(standing)
            version = read_test(by=house.owner, record_id=one).report
            correct(house, one, "negative" if version.findings[0].outcome == "positive" else "positive")
        else:
            one = standing.pop(chance.randrange(len(standing)))
            version = read_test(by=house.owner, record_id=one).report.version
            cancel_result(by=house.owner, record_id=one, expected_version=version, reason="Erreur")
        if step % 5 == 0:
            count()
    count()

    assert differing(house) == [[], []]
    assert sum(kept(house).findings.values()) == len(standing)


def test_what_is_not_counted_yet_is_not_told_as_a_difference(house):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    with take_role("temoin_worker"):
        assert compare_pharmacy(house.here) is None
        assert recount_pharmacy(house.here) == []


def test_a_row_that_somebody_altered_is_counted_again_before_anything_is_made_of_it(house, tamper):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    count()
    tamper("UPDATE surveillance_counted_day SET sealed = set_byte(sealed, 150, get_byte(sealed, 150) # 1)")

    with take_role("temoin_worker"), tenant_scope(house.here.id), unreadable_gathered():
        (counts,) = sound_counts(house.here, today_in(HOUSE) - timedelta(days=2)).values()

    assert sum(counts.findings.values()) == 1


def test_nothing_is_counted_twice_by_a_second_round(house):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    with take_role("temoin_worker"):
        assert [count_pharmacy(house.here), count_pharmacy(house.here)] == [1, 0]


def test_a_recount_names_and_mends_a_day_that_differs(house, tamper, capsys):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    with tenant_scope(house.here.id), take_role("temoin_worker"):
        count_pharmacy(house.here)
    put_back(house, tamper)

    with take_role("temoin_worker"):
        assert [_recount(None), _recount(None)] == [1, 0]

    told = capsys.readouterr()
    assert house.here.finess in told.err
    assert "DOMINIQUE" not in told.err + told.out


def put_back(house: House, tamper: object) -> None:
    """Give the day's row an older content under the newer mark, as somebody with the database and the worker's key."""
    with tenant_scope(house.here.id), take_role("temoin_worker"):
        row = CountedDay.objects.get()
    tamper("DELETE FROM surveillance_counted_day")
    with tenant_scope(house.here.id), take_role("temoin_worker"):
        _put(row.day, row.mark, DayCounts())


def test_a_pharmacy_that_cannot_be_counted_holds_no_other(house, stick):
    first = Pharmacy.objects.filter(id__in=[house.here.id, house.elsewhere.id]).order_by("id").first()
    for seat in (house.owner, house.stranger):
        make_signed(seat, make_patient(seat), make_lot(seat))
    stick("INSERT", "surveillance_counted_day", f"new.pharmacy_id = '{first.id}'")

    count()

    other = house.elsewhere if first.id == house.here.id else house.here
    with take_role("temoin_worker"), tenant_scope(other.id):
        assert CountedDay.objects.count() == 1
    with take_role("temoin_worker"):
        assert [aside.place for aside in list_aside()] == [rounds.RECENT]
