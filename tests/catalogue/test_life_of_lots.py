"""What is done with a lot: opened, closed, recalled, taken back; by whom, and what another pharmacy sees of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from people import COVID_KIT, House, at_once, make_lot, open_house

from temoin.catalogue.actions import lots_in_stock, lots_to_use, read_lot
from temoin.catalogue.lots import close_lot, history_of_lot, lift_recall, open_lot, recall_lot
from temoin.catalogue.states import LotState
from temoin.catalogue.usable import TROUBLE_WORDS, LotTrouble, trouble_of
from temoin.journal.events import EventKind
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.zones import HOUSE, today_in

NOTICE = "FSCA 2026-11"
ACTS = {
    "open": lambda by, lot_id: open_lot(by=by, lot_id=lot_id, place="Comptoir 1"),
    "close": lambda by, lot_id: close_lot(by=by, lot_id=lot_id),
    "recall": lambda by, lot_id: recall_lot(by=by, lot_id=lot_id, reference=NOTICE),
    "lift": lambda by, lot_id: lift_recall(by=by, lot_id=lot_id, expected_recall=None),
}
OF_THE_PHARMACIST = ("recall", "lift")


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def state(house: House, lot_id: UUID) -> str:
    return read_lot(by=house.owner, lot_id=lot_id).state


def done(house: House, lot_id: UUID) -> list[tuple[str, str, str]]:
    return [(one.kind, one.who, one.detail) for one in history_of_lot(by=house.owner, lot_id=lot_id)]


def test_a_lot_is_opened_by_whom_when_and_where(house):
    lot_id = make_lot(house.owner)

    open_lot(by=house.colleague, lot_id=lot_id, place="  Comptoir 1 ")

    lot = read_lot(by=house.owner, lot_id=lot_id)
    assert (lot.state, lot.opened_where) == (LotState.OPEN, "Comptoir 1")
    assert now() - lot.opened_at < timedelta(minutes=1)
    assert done(house, lot_id)[1:] == [(EventKind.LOT_OPENED, "Lucas PETIT", "Comptoir 1")]


def test_a_lot_opened_again_keeps_its_first_opening(house):
    lot_id = make_lot(house.owner)
    open_lot(by=house.owner, lot_id=lot_id, place="Comptoir 1")
    first = read_lot(by=house.owner, lot_id=lot_id).opened_at
    close_lot(by=house.owner, lot_id=lot_id)

    open_lot(by=house.owner, lot_id=lot_id, place="Comptoir 2")

    lot = read_lot(by=house.owner, lot_id=lot_id)
    assert (lot.state, lot.opened_at, lot.opened_where, lot.closed_at) == ("open", first, "Comptoir 1", None)


def test_a_recall_is_lifted_into_a_closed_lot(house):
    lot_id = make_lot(house.owner)
    recall_lot(by=house.owner, lot_id=lot_id, reference=NOTICE)
    assert read_lot(by=house.owner, lot_id=lot_id).recall_reference == NOTICE

    lift_recall(by=house.owner, lot_id=lot_id, expected_recall=None)

    lot = read_lot(by=house.owner, lot_id=lot_id)
    assert (lot.state, lot.recalled_at, lot.recall_reference) == ("closed", None, "")
    assert [kind for kind, _who, _detail in done(house, lot_id)][1:] == ["lot.recalled", "lot.recall_lifted"]


def test_an_old_page_lifts_no_other_recall_than_the_one_it_showed(house):
    lot_id = make_lot(house.owner)
    recall_lot(by=house.owner, lot_id=lot_id, reference=NOTICE)
    seen = read_lot(by=house.owner, lot_id=lot_id).recalled_at.isoformat()
    lift_recall(by=house.owner, lot_id=lot_id, expected_recall=seen)
    recall_lot(by=house.owner, lot_id=lot_id, reference="FSCA 2")

    for old in (seen, ""):
        with pytest.raises(ConflictError):
            lift_recall(by=house.owner, lot_id=lot_id, expected_recall=old)

    assert read_lot(by=house.owner, lot_id=lot_id).state == "recalled"


@pytest.mark.parametrize("act", ACTS)
def test_an_act_done_twice_is_done_once(house, act):
    lot_id = make_lot(house.owner)
    if act == "lift":
        ACTS["recall"](house.owner, lot_id)
    ACTS[act](house.owner, lot_id)
    before = done(house, lot_id)

    with pytest.raises(ConflictError):
        ACTS[act](house.owner, lot_id)

    assert done(house, lot_id) == before


@pytest.mark.parametrize("act", ACTS)
def test_a_lot_is_unknown_to_the_stranger(house, act):
    lot_id = make_lot(house.owner)

    with pytest.raises(NotFoundError):
        ACTS[act](house.stranger, lot_id)
    with pytest.raises(NotFoundError):
        read_lot(by=house.stranger, lot_id=lot_id)

    assert history_of_lot(by=house.stranger, lot_id=lot_id) == []
    assert state(house, lot_id) == "received"


@pytest.mark.parametrize("act", ACTS)
def test_the_act_needs_its_right(house, act):
    lot_id = make_lot(house.owner)

    for who in [house.student, house.administrator, *([house.colleague] if act in OF_THE_PHARMACIST else [])]:
        with pytest.raises(DeniedError):
            ACTS[act](who, lot_id)

    assert state(house, lot_id) == "received"


def test_a_recall_without_the_notices_reference_is_none(house):
    lot_id = make_lot(house.owner)

    with pytest.raises(InvalidError) as refused:
        recall_lot(by=house.owner, lot_id=lot_id, reference="  ")

    assert [(one.field, one.code) for one in refused.value.problems] == [("recall_reference", "required")]
    assert state(house, lot_id) == "received"


def test_an_expired_lot_is_not_opened(house):
    lot_id = make_lot(house.owner, expiry=today_in(HOUSE) + timedelta(days=1))

    with shifted_by(timedelta(days=3)), pytest.raises(InvalidError):
        open_lot(by=house.owner, lot_id=lot_id)

    assert state(house, lot_id) == "received"


@pytest.mark.django_db(transaction=True)
def test_two_who_open_and_close_at_once_leave_one_of_both(house):
    lot_id = make_lot(house.owner)

    at_once(lambda: ACTS["open"](house.owner, lot_id), lambda: ACTS["recall"](house.owner, lot_id))

    assert state(house, lot_id) == "recalled" or done(house, lot_id)[-1][0] == "lot.opened"


def test_the_open_lot_comes_first_then_the_first_to_expire(house):
    day = today_in(HOUSE)
    for number, days in (("LATE", 90), ("SOON", 9), ("OPEN", 120)):
        lot_id = make_lot(house.owner, number=number, expiry=day + timedelta(days=days))
    open_lot(by=house.owner, lot_id=lot_id)

    offered = [lot.number for lot in lots_in_stock(by=house.owner, kind="covid19-ag")]

    assert offered == ["OPEN", "SOON", "LATE"]
    assert lots_to_use(by=house.owner)["covid19-ag"].number == "OPEN"


def test_each_workstation_uses_up_the_lot_that_was_opened_there(house):
    for number, place in (("A1", "Left"), ("B2", "Right")):
        open_lot(by=house.owner, lot_id=make_lot(house.owner, number=number), place=place)

    used = {place: lots_to_use(by=house.owner, place=place)["covid19-ag"].number for place in ("Left", "Right", "")}

    assert used == {"Left": "A1", "Right": "B2", "": "A1"}


@pytest.mark.parametrize(
    ("acts", "days", "trouble"),
    [
        ([], 0, None),
        (["open"], 0, None),
        (["close"], 0, LotTrouble.CLOSED),
        (["open", "close"], 0, LotTrouble.CLOSED),
        (["recall"], 0, LotTrouble.RECALLED),
        (["recall", "lift"], 0, LotTrouble.CLOSED),
        ([], 300, LotTrouble.EXPIRED),
        (["close"], 300, LotTrouble.EXPIRED),
        (["recall"], 300, LotTrouble.RECALLED),
    ],
)
def test_a_lot_in_trouble_is_offered_nowhere(house, acts, days, trouble):
    lot_id = make_lot(house.owner, kit=COVID_KIT)
    for act in acts:
        ACTS[act](house.owner, lot_id)

    with shifted_by(timedelta(days=days)):
        found = trouble_of(read_lot(by=house.owner, lot_id=lot_id), today_in(HOUSE))
        offered = lots_in_stock(by=house.owner, kind="covid19-ag"), lots_to_use(by=house.owner)

    assert found is trouble
    assert all(bool(offer) is (trouble is None) for offer in offered)


def test_every_trouble_has_its_sentence():
    assert set(TROUBLE_WORDS) == set(LotTrouble)
