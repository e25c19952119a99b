"""Receiving a lot, by scan or by hand: known kits by their code, new ones once a person has said which they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from people import COVID_KIT, TRIPLEX, House, make_lot, make_seat, open_house
from stdnum import luhn

from temoin.catalogue import kits
from temoin.catalogue.actions import (
    Box,
    complete_box,
    kits_of_lots,
    lots_in_stock,
    lots_to_use,
    page_of_lots,
    receive_lot,
)
from temoin.catalogue.kits import kits_for
from temoin.catalogue.models import Lot
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import frozen_at, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.actions import open_pharmacy
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import today

GTIN, OTHER_GTIN = "05012345678900", "00686597200018"
SOON = today_in(HOUSE) + timedelta(days=300)


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue in which the COVID kit's GTIN is known, as once a box has been scanned for it."""
    known = kits.load_kits()
    changed = replace(known, kits={**known.kits, COVID_KIT: replace(known.kits[COVID_KIT], gtin=GTIN)})
    monkeypatch.setattr(kits, "load_kits", lambda: changed)


def scan(*, gtin: str = GTIN, lot: str = "S77", expiry: date = SOON) -> str:
    return f"]d201{gtin}17{expiry:%y%m%d}10{lot}"


def stock(seat) -> list[tuple[str, str, date, str]]:
    return [(lot.kit, lot.number, lot.expiry, lot.udi) for lot in page_of_lots(by=seat, page=0)[0]]


def codes(refused: pytest.ExceptionInfo[InvalidError]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refused.value.problems]


@pytest.mark.usefixtures("listed")
def test_a_scan_alone_receives_a_box_that_the_catalogue_knows(house):
    lot_id = receive_lot(by=house.colleague, udi=scan())

    assert stock(house.owner) == [(COVID_KIT, "S77", SOON, f"(01){GTIN}(17){SOON:%y%m%d}(10)S77")]
    with tenant_scope(house.here.id):
        assert Event.objects.get(kind=EventKind.LOT_RECEIVED.value).subject_id == lot_id


def test_a_new_device_needs_a_person_once(house):
    with pytest.raises(InvalidError) as refused:
        receive_lot(by=house.colleague, udi=scan())
    assert codes(refused) == [("kit", "unknown_device")]

    receive_lot(by=house.colleague, kit=COVID_KIT, udi=scan())
    receive_lot(by=house.owner, udi=scan(lot="S78"))

    assert [(kit, number) for kit, number, _expiry, _udi in stock(house.owner)] == [
        (COVID_KIT, "S77"),
        (COVID_KIT, "S78"),
    ]


def test_what_the_stranger_scanned_teaches_nothing_here(house):
    receive_lot(by=house.stranger, kit=COVID_KIT, udi=scan())

    with pytest.raises(InvalidError) as refused:
        receive_lot(by=house.owner, udi=scan())

    assert codes(refused) == [("kit", "unknown_device")]
    assert stock(house.owner) == []


def test_the_last_choice_of_a_person_is_the_one_remembered(house):
    other = kits_for(TRIPLEX)[0].code
    receive_lot(by=house.owner, kit=COVID_KIT, udi=scan())

    receive_lot(by=house.owner, kit=other, udi=scan(lot="S78"))

    assert complete_box(by=house.owner, box=Box(udi=scan(lot="S79"))).kit == other


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("typed", "field"),
    [({"kit": "biosynex-rsv"}, "kit"), ({"number": "S76"}, "number"), ({"expiry": date(2090, 1, 1)}, "expiry")],
)
def test_a_scan_that_says_otherwise_than_what_was_typed_is_refused(house, typed, field):
    with pytest.raises(InvalidError) as refused:
        receive_lot(by=house.owner, **typed, udi=scan())

    assert codes(refused) == [(field, "other")]
    assert stock(house.owner) == []


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("udi", "expected"),
    [
        (f"01{GTIN}", [("number", "malformed"), ("expiry", "required")]),
        (f"01{GTIN}10S77", [("expiry", "required")]),
        (f"01{GTIN}17{SOON:%y%m%d}", [("number", "malformed")]),
        (scan(expiry=date(2020, 1, 31)), [("expiry", "expired")]),
        (scan(gtin=OTHER_GTIN), [("kit", "unknown_device")]),
        (scan(gtin=GTIN[:-1] + "7"), [("udi", "check_digit")]),
        ("hello", [("udi", "malformed")]),
    ],
)
def test_a_scan_that_is_not_enough_says_what_lacks(house, udi, expected):
    with pytest.raises(InvalidError) as refused:
        receive_lot(by=house.owner, udi=udi)

    assert codes(refused) == expected


def test_what_is_typed_by_hand_needs_no_code(house):
    make_lot(house.owner, number="LOT 4/B")

    assert stock(house.owner)[0][1:] == ("LOT 4/B", today_in(HOUSE) + timedelta(days=200), "")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"kit": ""}, ("kit", "unknown")),
        ({"kit": "x"}, ("kit", "unknown")),
        ({"number": ""}, ("number", "malformed")),
        ({"number": "-1"}, ("number", "malformed")),
        ({"number": "x" * 21}, ("number", "malformed")),
        ({"number": "B1\n"}, ("number", "malformed")),
        ({"expiry": None}, ("expiry", "required")),
        ({"expiry": date(2020, 1, 1)}, ("expiry", "expired")),
    ],
)
def test_a_bad_box_is_not_received(house, given, expected):
    with pytest.raises(InvalidError) as refused:
        receive_lot(by=house.owner, **{"kit": COVID_KIT, "number": "B1", "expiry": SOON, **given})

    assert codes(refused) == [expected]


def test_a_box_scanned_twice_is_one_lot(house):
    receive_lot(by=house.owner, kit=COVID_KIT, udi=scan())

    with pytest.raises(ConflictError):
        receive_lot(by=house.owner, udi=scan())

    assert len(stock(house.owner)) == 1


def test_the_student_and_the_administrator_receive_nothing(house):
    for who in (house.student, house.administrator):
        with pytest.raises(DeniedError):
            receive_lot(by=who, kit=COVID_KIT, udi=scan())
        with pytest.raises(DeniedError):
            complete_box(by=who, box=Box(udi=scan()))
    with tenant_scope(house.here.id):
        assert not Lot.objects.exists()


def test_the_stock_of_a_kind_is_that_of_its_kits(house):
    make_lot(house.owner)

    assert len(lots_in_stock(by=house.owner, kind="covid19-ag")) == 1
    assert lots_in_stock(by=house.owner, kind="rsv-ag") == []
    assert lots_in_stock(by=house.stranger, kind="covid19-ag") == []
    for ask in (
        lambda: lots_in_stock(by=house.administrator, kind="covid19-ag"),
        lambda: page_of_lots(by=house.administrator, page=0),
        lambda: kits_of_lots(by=house.administrator, lot_ids=[]),
    ):
        with pytest.raises(DeniedError):
            ask()


def test_the_stock_is_paged_with_the_expired_last(house, monkeypatch):
    monkeypatch.setattr("temoin.catalogue.actions.PAGE", 2)
    today = today_in(HOUSE)
    for number, days in (("OVER", 2), ("SOON", 10), ("LATER", 20)):
        make_lot(house.owner, number=number, expiry=today + timedelta(days=days))

    with shifted_by(timedelta(days=5)):
        pages = [page_of_lots(by=house.owner, page=page) for page in (0, 1)]

    assert [([lot.number for lot in lots], more) for lots, more in pages] == [
        (["SOON", "LATER"], True),
        (["OVER"], False),
    ]


def test_a_lot_leaves_the_list_on_the_day_after_its_last_one(house):
    make_lot(house.owner, expiry=today(house.here.id) + timedelta(days=1))

    with shifted_by(timedelta(days=1)):
        assert len(lots_in_stock(by=house.owner, kind="covid19-ag")) == 1
    with shifted_by(timedelta(days=2)):
        assert lots_in_stock(by=house.owner, kind="covid19-ag") == []
        assert lots_to_use(by=house.owner) == {}


def test_the_last_day_is_that_of_the_pharmacys_calendar(house):
    """On 1 December at 2 in the morning of Paris, Guadeloupe still has the last evening of November."""
    day = date(2026, 11, 30)
    address = {"street": "1 rue du Cours", "postcode": "97100", "city": "Basse-Terre", "phone": "+590590000000"}
    finess = "97000001" + luhn.calc_check_digit("97000001")
    overseas = open_pharmacy(finess=finess, name="Pharmacie du Cours", address=address, is_demo=True)
    far_away = make_seat(overseas, Profession.TITULAIRE, rpps="10003879649")
    with frozen_at(datetime(2026, 11, 20, tzinfo=UTC)):
        for seat in (house.owner, far_away):
            make_lot(seat, expiry=day)

    with frozen_at(datetime(2026, 12, 1, 1, tzinfo=UTC)):
        assert [len(lots_in_stock(by=seat, kind="covid19-ag")) for seat in (house.owner, far_away)] == [0, 1]


@pytest.mark.parametrize("tests", [0, -1, 100_001])
def test_a_number_of_tests_that_no_box_holds_is_refused(house, tests):
    with pytest.raises(InvalidError) as refused:
        receive_lot(by=house.owner, kit=COVID_KIT, number="B1", expiry=SOON, tests=tests)

    assert codes(refused) == [("tests", "malformed")]
