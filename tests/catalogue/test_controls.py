"""Controls of a lot: when they are due by the rule, two presses that are right, and what a wrong one stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import COVID_KIT, House, make_lot, open_house, run_controls

from temoin.catalogue import usable
from temoin.catalogue.actions import lots_in_stock, read_lot, receive_lot
from temoin.catalogue.controls import ControlLevel, ControlRule, build_controls, load_controls
from temoin.catalogue.lots import close_lot, history_of_lot, record_control
from temoin.catalogue.usable import LotTrouble, trouble_of
from temoin.journal.events import EventKind
from temoin.lib.clock import shifted_by
from temoin.lib.data_file import DataFileError, Entry
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.label import Label
from temoin.lib.zones import HOUSE, today_in

STREP, STREP_KIT = "strep-a-ag", "biosynex-strep-a"
POSITIVE, NEGATIVE = ControlLevel.POSITIVE, ControlLevel.NEGATIVE
SOURCE, WORDS = Label(fr="essai", en="test"), {"fr": "essai", "en": "test"}
REVIEW = {"on": date(2026, 11, 29), "by": "nobody", "placeholder": True}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def new_lot(house: House, kit: str = STREP_KIT) -> UUID:
    """Receive a lot without any control yet."""
    return receive_lot(by=house.owner, kit=kit, number="S1", expiry=today_in(HOUSE) + timedelta(days=200))


def run(house: House, lot_id: UUID, level: ControlLevel, *, is_right: bool = True, seen: int | None = None) -> None:
    told = read_lot(by=house.owner, lot_id=lot_id).controls if seen is None else seen
    record_control(by=house.student, lot_id=lot_id, level=level, is_right=is_right, expected_controls=told)


def trouble(house: House, lot_id: UUID) -> LotTrouble | None:
    return trouble_of(read_lot(by=house.owner, lot_id=lot_id), today_in(HOUSE))


def test_a_new_lot_is_used_once_both_controls_are_right(house):
    lot_id = new_lot(house)
    assert trouble(house, lot_id) is LotTrouble.CONTROL_DUE
    assert lots_in_stock(by=house.owner, kind=STREP) == []

    run(house, lot_id, POSITIVE)
    assert trouble(house, lot_id) is LotTrouble.CONTROL_DUE
    run(house, lot_id, NEGATIVE)

    assert trouble(house, lot_id) is None
    assert len(lots_in_stock(by=house.owner, kind=STREP)) == 1
    told = [(one.who, one.detail) for one in history_of_lot(by=house.owner, lot_id=lot_id)][1:]
    assert told == [("Inès ROUX", "positive right"), ("Inès ROUX", "negative right")]


@pytest.mark.parametrize("kit", [STREP_KIT, COVID_KIT])
def test_after_a_wrong_control_both_must_be_right_again(house, kit):
    lot_id = make_lot(house.owner, kit=kit)

    run(house, lot_id, NEGATIVE, is_right=False)
    assert trouble(house, lot_id) is LotTrouble.CONTROL_FAILED
    run(house, lot_id, NEGATIVE)
    assert trouble(house, lot_id) is LotTrouble.CONTROL_FAILED

    run(house, lot_id, POSITIVE)
    assert trouble(house, lot_id) is None


def test_a_rule_of_days_asks_again_when_they_are_over(house, monkeypatch):
    book = replace(load_controls(), kinds={}, kits={STREP_KIT: ControlRule(every_days=7, source=SOURCE)})
    monkeypatch.setattr(usable, "load_controls", lambda: book)
    lot_id = new_lot(house)
    run_controls(house.owner, lot_id)

    found = []
    for days in (0, 6, 7, 8):
        with shifted_by(timedelta(days=days)):
            found.append(trouble(house, lot_id))

    assert found == [None, None, LotTrouble.CONTROL_DUE, LotTrouble.CONTROL_DUE]


def test_a_double_click_records_one_control(house):
    lot_id = new_lot(house)
    run(house, lot_id, POSITIVE, seen=0)

    with pytest.raises(ConflictError):
        run(house, lot_id, POSITIVE, seen=0)

    assert read_lot(by=house.owner, lot_id=lot_id).controls == 1
    assert [one.kind for one in history_of_lot(by=house.owner, lot_id=lot_id)].count(EventKind.LOT_CONTROLLED) == 1


def test_a_closed_lot_is_not_controlled(house):
    lot_id = new_lot(house)
    close_lot(by=house.owner, lot_id=lot_id)

    with pytest.raises(InvalidError) as refused:
        run(house, lot_id, POSITIVE)

    assert [(one.field, one.code) for one in refused.value.problems] == [("lot", "closed")]


def test_nobody_controls_the_lot_of_another_pharmacy_nor_without_the_right(house):
    lot_id = new_lot(house)

    for who, error in ((house.stranger, NotFoundError), (house.administrator, DeniedError)):
        with pytest.raises(error):
            record_control(by=who, lot_id=lot_id, level=POSITIVE, is_right=True, expected_controls=0)

    assert read_lot(by=house.owner, lot_id=lot_id).controls == 0


@given(every=st.one_of(st.none(), st.integers(1, 366)), ago=st.integers(0, 400))
def test_a_rule_is_due_without_a_run_and_from_its_day_on(every, ago):
    rule, day = ControlRule(every_days=every, source=SOURCE), date(2026, 11, 29)

    assert rule.is_due(None, day)
    assert rule.is_due(day - timedelta(days=ago), day) is (every is not None and ago >= every)


@pytest.mark.parametrize(
    ("sections", "field"),
    [
        ({"kinds": {"nobody-knows": {"source": WORDS}}}, "nobody-knows"),
        ({"kits": {"nobody-knows": {"source": WORDS}}}, "nobody-knows"),
        ({"kinds": {STREP: {}}}, "source"),
        ({"kinds": {STREP: {"source": WORDS, "every_days": 0}}}, "every_days"),
        ({"kinds": {STREP: {"source": WORDS, "each_day": True}}}, "each_day"),
        ({"rules": {}}, "rules"),
    ],
)
def test_a_mistake_in_the_rules_is_named(sections, field):
    with pytest.raises(DataFileError, match=field):
        build_controls(Entry("controls.toml", "file", {"review": REVIEW, "source": "x", **sections}))
