"""Lists for programs, each page by page: tests, a patient's tests, lots."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from temoin.api.bodies import ChangePage, ChangeTold, LetterTold, Lots, LotTold, ParcelTold, TestLine, TestPage
from temoin.api.paging import Keys, ListPart, PageWish, part_of
from temoin.catalogue.actions import lots_in_stock
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import load_kits
from temoin.catalogue.states import LotState
from temoin.delivery.following import ChangedTest, ChangePlace, changed_tests
from temoin.lib.errors import NotFoundError
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.lists import TestRow
from temoin.testing.paged import ListPlace, TestsWanted, some_tests

STATE, UNDER_WAY, DONE = "state", "under_way", "done"
STATES = ((STATE, f"^({UNDER_WAY}|{DONE})$"),)


def tests(request: HttpRequest, seat: ProgramSeat, wish: PageWish) -> ListPart:
    """Return tests, newest first; the look is an event."""
    return _tests(request, seat, wish, None)


def patient_tests(request: HttpRequest, seat: ProgramSeat, wish: PageWish, patient_id: UUID) -> ListPart:
    """Return a patient's tests, newest first; the look, which names the patient, is an event."""
    return _tests(request, seat, wish, patient_id)


def _tests(request: HttpRequest, seat: ProgramSeat, wish: PageWish, patient_id: UUID | None) -> ListPart:
    state = request.GET.get(STATE)
    wanted = TestsWanted(is_under_way=None if state is None else state == UNDER_WAY, patient_id=patient_id)
    after = ListPlace(datetime.fromisoformat(wish.after[0]), UUID(wish.after[1])) if wish.after else None
    found = some_tests(by=seat, wanted=wanted, limit=wish.limit, after=after)
    return ListPart(TestPage(tests=[_line(row) for row in found.tests]), _keys(found.reached))


def changes(_request: HttpRequest, seat: ProgramSeat, wish: PageWish) -> ListPart:
    """Return tests that changed: states and times, and nothing of results or patients."""
    after = ChangePlace(datetime.fromisoformat(wish.after[0]), UUID(wish.after[1])) if wish.after else None
    found = changed_tests(by=seat, limit=wish.limit, after=after)
    told = ChangePage(tests=[_changed(one) for one in found.tests], has_more=found.has_more)
    return ListPart(told, (found.reached.at.isoformat(), str(found.reached.record_id)))


def _changed(test: ChangedTest) -> ChangeTold:
    return ChangeTold(
        id=test.id,
        state=test.state,
        changed_at=test.changed_at,
        parcels=[ParcelTold(destination=place, version=number, state=end.value) for place, number, end in test.parcels],
        letters=[
            LetterTold(version=one.version, state=one.fate.value, opened_at=one.opened_at) for one in test.letters
        ],
    )


def _keys(place: ListPlace | None) -> Keys:
    return (place.registered_at.isoformat(), str(place.record_id)) if place else ()


def _line(row: TestRow) -> TestLine:
    return TestLine(
        id=row.id,
        state=row.state.value,
        kind=row.kind.code,
        number=row.number,
        registered_at=row.registered_at,
        sampled_at=row.steps.sampled_at if row.steps else None,
        is_proposed=bool(row.proposed_by),
    )


def lots(_request: HttpRequest, seat: ProgramSeat, wish: PageWish) -> ListPart:
    """Return the lots that may be used today."""
    return _lots(seat, wish, "")


def lots_of_kind(_request: HttpRequest, seat: ProgramSeat, wish: PageWish, kind: str) -> ListPart:
    """Return the lots of a kind that may be used today."""
    if kind not in load_kinds():
        raise NotFoundError
    return _lots(seat, wish, kind)


def _lots(seat: ProgramSeat, wish: PageWish, kind: str) -> ListPart:
    kits = load_kits().kits
    found = [
        LotTold(
            id=lot.id,
            kind=kits[lot.kit].kind,
            kit=lot.kit,
            number=lot.number,
            expiry=lot.expiry,
            is_open=lot.state == LotState.OPEN,
        )
        for lot in lots_in_stock(by=seat, kind=kind)
    ]
    shown, reached = part_of(found, wish, _place_of)
    return ListPart(Lots(lots=shown), reached)


def _place_of(lot: LotTold) -> Keys:
    # Not whether it is open: one that is opened between two pages would stand before the place reached, and be missed.
    return lot.expiry.isoformat(), lot.number, str(lot.id)
