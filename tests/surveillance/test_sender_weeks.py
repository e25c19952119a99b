"""What a pharmacy's week says of it as a sender: without outcomes, and of few tests the days alone."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest
from authority_site import SoftPasskey, enrolled, hand_place
from people import House, make_lot, make_patient, make_signed, open_house
from roles import take_role

from temoin.lib.errors import DeniedError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.officers.accounts import end_officer
from temoin.officers.policies import OfficerSeat
from temoin.pharmacies.training import enter_training
from temoin.surveillance.counting import KEPT_DAYS
from temoin.surveillance.counts import Cell, DayCounts, DelayCell
from temoin.surveillance.counts import TestedCell as StandingCell
from temoin.surveillance.models import SenderWeek
from temoin.surveillance.rounds import count_recent, count_whole
from temoin.surveillance.sender_queries import SILENT, list_senders, read_sender, senders_today
from temoin.surveillance.sender_rules import SenderShare, load_sender_rules
from temoin.surveillance.sender_shares import KEPT_WEEKS, add_up, shares_of
from temoin.surveillance.senders import WEEK, monday_of

NEVER = threading.Event()
DAY, KIND = "2026-11-02", "covid19-flu-rsv-ag"
TARGETS = ("sars-cov-2", "influenza-a", "influenza-b", "rsv")


@pytest.fixture
def house(db) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def officer(db) -> OfficerSeat:  # noqa: ARG001
    hand_place()
    with take_role("temoin_authority"):
        return OfficerSeat(enrolled(SoftPasskey())[0], "Alix Roy")


def weeks(pharmacy_id: object) -> list[SenderWeek]:
    with take_role("temoin_worker"), tenant_scope(pharmacy_id):
        return list(SenderWeek.objects.order_by("week"))


def sign(house: House, times: int = 1, lot: UUID | None = None) -> UUID:
    lot = lot or make_lot(house.owner)
    for _ in range(times):
        make_signed(house.owner, make_patient(house.owner), lot)
    return lot


def day_of(tests: int, *, untold: int = 0, late: int = 0, status: str = "final") -> DayCounts:
    """Return a day of tests for four things at once, of some of which neither home nor reason nor sex was told."""
    findings: Counter[Cell] = Counter()
    for target in TARGETS:
        findings[Cell(DAY, "75", "30-39", "F", KIND, target, "negative", "symptoms")] = tests - untold
        findings[Cell(DAY, "", "30-39", "U", KIND, target, "negative", "")] = untold
    delays = Counter(
        {DelayCell(DAY, KIND, "over-24-hours"): late, DelayCell(DAY, KIND, "under-30-minutes"): tests - late}
    )
    return DayCounts(findings=findings, delays=delays, tests=Counter({StandingCell(DAY, KIND, status): tests}))


def test_a_test_for_four_things_is_one_test():
    told = add_up([day_of(30, untold=6), day_of(10, untold=2)])

    assert (told.tests, told.untold_home, told.untold_reason, told.untold_sex) == (40, 8, 8, 8)


def test_shares_are_of_the_tests_that_stand():
    told = add_up([day_of(40, untold=10, late=20), day_of(10, status="corrected"), day_of(10, late=10)])
    shares = shares_of(told.to_json(), {"under-5-minutes": 30, "over-24-hours": 5, "not-yet": 5})

    assert shares[SenderShare.UNTOLD_HOME] == pytest.approx(100 * 10 / 60)
    assert shares[SenderShare.CORRECTED] == pytest.approx(100 * 10 / 60)
    assert shares[SenderShare.SLOW_SIGNATURE] == pytest.approx(50)
    assert shares[SenderShare.SLOW_RECEIPT] == pytest.approx(25)
    assert load_sender_rules().exceeded(shares) == [
        *(SenderShare.UNTOLD_SEX, SenderShare.CORRECTED, SenderShare.SLOW_SIGNATURE, SenderShare.SLOW_RECEIPT),
    ]


def test_of_nine_tests_no_share_is_told():
    assert add_up([day_of(9, untold=9)]).to_json() is None
    assert set(shares_of(None, None).values()) == {None}
    assert load_sender_rules().exceeded(shares_of(None, None)) == []


def test_the_days_follow_what_is_signed_within_minutes(house):
    today = today_in(HOUSE)
    lot = sign(house, 2)
    with take_role("temoin_worker"):
        count_recent(NEVER)
    sign(house, lot=lot)
    with take_role("temoin_worker"):
        count_recent(NEVER)

    (week,) = weeks(house.here.id)
    assert (week.week, week.days[today.weekday()], sum(week.days)) == (monday_of(today), 3, 3)
    assert (week.quality, week.receipts, week.alarms) == (None, None, [])
    assert weeks(house.elsewhere.id) == []


def test_a_whole_round_tells_how_complete_and_how_late_without_any_outcome(house, tamper):
    sign(house, 10)
    tamper("UPDATE outbox_parcel SET posted_at = posted_at - interval '26 hours' WHERE sequence = 1")
    with take_role("temoin_worker"):
        count_whole(NEVER)

    told = {key: value for week in weeks(house.here.id) for key, value in (week.quality or {}).items()}
    assert (told["tests"], told["corrected"], told["cancelled"]) == (10, 0, 0)
    assert sum(told["signed"].values()) == 10
    kept = json.dumps([told, *(week.receipts for week in weeks(house.here.id))])
    assert not any(word in kept for word in ("positive", "negative", "sars", "75"))


def test_a_round_twice_changes_nothing_and_old_weeks_go(house, tamper):
    sign(house, 10)
    with take_role("temoin_worker"):
        count_whole(NEVER)
    once = [(week.days, week.quality, week.alarms) for week in weeks(house.here.id)]
    gone = monday_of(today_in(HOUSE)) - (KEPT_WEEKS + 1) * WEEK
    kept = monday_of(today_in(HOUSE) - timedelta(days=KEPT_DAYS))  # of which some days are counted no more
    for week in (gone, kept):
        put(tamper, house.here.id, week, [1, 0, 0, 0, 0, 0, 0])
    with take_role("temoin_worker"):
        count_whole(NEVER)

    found = weeks(house.here.id)
    assert [(week.days, week.quality, week.alarms) for week in found[1:]] == once
    assert found[0].week == kept


def put(tamper, pharmacy_id: UUID, week: date, days: list[int], alarms: str = "{}") -> None:
    """Put a week where the worker puts it."""
    tamper(
        "INSERT INTO surveillance_sender_week (pharmacy_id, id, week, days, alarms) VALUES "  # noqa: S608 our own words
        f"('{pharmacy_id}', gen_random_uuid(), '{week}', ARRAY{days}, '{alarms}')"
    )


def test_the_authority_sees_who_signed_something_today_and_who_nothing(house, as_role, officer):
    sign(house)
    with take_role("temoin_worker"):
        count_recent(NEVER)

    with as_role("temoin_authority"):
        today = senders_today(by=officer, is_demo=True)
        (here, elsewhere), has_more = list_senders(by=officer, is_demo=True)

    assert (today.open, today.sent, today.silent, today.tests) == (2, 1, 1, 1)
    assert {here.name: here.tests, elsewhere.name: elsewhere.tests} == {house.here.name: 1, house.elsewhere.name: 0}
    assert {here.last_day, elsewhere.last_day} == {today_in(HOUSE), None}
    assert not has_more


def test_whoever_a_rule_names_comes_first_and_alone_where_the_rule_is_asked_for(house, as_role, tamper, officer):
    today = today_in(HOUSE)
    silent_since = today - timedelta(days=load_sender_rules().silence.days)
    week = monday_of(silent_since)
    put(tamper, house.elsewhere.id, week, [int(day == silent_since.weekday()) for day in range(7)])
    put(tamper, house.here.id, monday_of(today) - WEEK, [0] * 6 + [12], "{corrected,untold-sex}")
    put(tamper, house.here.id, monday_of(today), [1] * 7)

    with as_role("temoin_authority"):
        told = senders_today(by=officer, is_demo=True).by_rule
        first = list_senders(by=officer, is_demo=True)[0][0]
        silent = [one.name for one in list_senders(by=officer, is_demo=True, rule=SILENT)[0]]
        sexless = [one.name for one in list_senders(by=officer, is_demo=True, rule="untold-sex")[0]]

    assert (told[SILENT], told["corrected"], told["untold-home"]) == (1, 1, 0)
    assert (first.name, first.alarms) == (house.here.name, ["corrected", "untold-sex"])
    assert (silent, sexless) == ([house.elsewhere.name], [house.here.name])


def test_nobody_is_shown_who_is_closed_or_of_another_kind_of_site(house, as_role, tamper, officer):
    tamper(f"UPDATE pharmacies_pharmacy SET closed_on = current_date - 2 WHERE id = '{house.elsewhere.id}'")  # noqa: S608

    with as_role("temoin_authority"):
        assert (senders_today(by=officer, is_demo=True).open, senders_today(by=officer, is_demo=False).open) == (1, 0)
        assert list_senders(by=officer, is_demo=False) == ([], False)
        assert list_senders(by=officer, is_demo=True, page=2) == ([], False)


def test_a_training_counter_is_nobodys_sender(house, as_role, officer):
    counter = enter_training(by=house.owner)

    with as_role("temoin_authority"):
        assert senders_today(by=officer, is_demo=True).open == 2
        assert {one.id for one in list_senders(by=officer, is_demo=True)[0]} == {house.here.id, house.elsewhere.id}
        with pytest.raises(NotFoundError):
            read_sender(by=officer, is_demo=True, pharmacy_id=counter)


def test_a_pharmacy_is_read_by_an_officer_and_not_by_one_who_was_ended(house, as_role, officer):
    with as_role("temoin_authority"):
        assert read_sender(by=officer, is_demo=True, pharmacy_id=house.here.id).weeks == []
        with pytest.raises(NotFoundError):
            read_sender(by=officer, is_demo=False, pharmacy_id=house.here.id)
        with pytest.raises(NotFoundError):
            read_sender(by=officer, is_demo=True, pharmacy_id=officer.officer_id)
        end_officer(officer.officer_id)
        for ask in (senders_today, list_senders, partial(read_sender, pharmacy_id=house.here.id)):
            with pytest.raises(DeniedError):
                ask(by=officer, is_demo=True)
