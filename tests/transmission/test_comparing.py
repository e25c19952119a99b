"""The comparison of a day against brute force: whatever the books and the copies, the same differences."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from people import House, open_house
from strategies import examples

from temoin.lib.commit import Commit
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Holding
from temoin.outbox.models import Parcel
from temoin.outbox.states import SETTLED, ParcelState
from temoin.transmission.asking import Asking
from temoin.transmission.comparing import Comparison
from temoin.transmission.differences import DifferenceKind, differences_of

AsRole = Callable[[str], AbstractContextManager[None]]
DAY = datetime(2026, 11, 10, tzinfo=UTC)


@dataclass
class Authority:
    """A destination in memory that can be asked."""

    kept: list[tuple[datetime, Holding]] = field(default_factory=list)

    async def holdings(self, since: datetime, until: datetime) -> AsyncIterator[Holding]:
        for received, holding in sorted(self.kept, key=lambda pair: pair[0]):
            if since <= received < until:
                yield holding

    async def held(self, keys: Sequence[str]) -> AsyncIterator[Holding]:
        for _, holding in self.kept:
            if holding.key in keys:
                yield holding


TENTHS = st.integers(0, 59)  # of an hour: when a parcel was settled, when a copy came
BOOK = st.lists(st.tuples(st.sampled_from(list(ParcelState)), TENTHS, st.lists(TENTHS, max_size=3)), max_size=6)
few = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(book=BOOK, aliens=st.lists(TENTHS, max_size=3))
def test_the_comparison_finds_what_brute_force_finds(property_house, book, aliens):
    true = {(kind, f"k{n}") for n, (state, _, copies) in enumerate(book) for kind in differences_of(state, len(copies))}
    true |= {(DifferenceKind.ALIEN, f"alien{number}") for number in range(len(aliens))}

    told = compared(property_house, book, aliens, since=0, until=60)

    assert told == true


@few
@given(book=BOOK, aliens=st.lists(TENTHS, max_size=3), cut=st.sampled_from([10, 15, 20, 35, 50]))
def test_two_days_beside_each_other_find_what_one_of_both_lengths_finds(property_house, book, aliens, cut):
    whole = compared(property_house, book, aliens, since=0, until=60)

    first = compared(property_house, book, aliens, since=0, until=cut)
    second = compared(property_house, book, aliens, since=cut, until=60)

    assert first | second == whole


def compared(house: House, book, aliens, *, since: int, until: int) -> set[tuple[DifferenceKind, str]]:
    authority = Authority()
    with transaction.atomic():
        for number, (state, settled, copies) in enumerate(book):
            insert(house, f"k{number}", state, at(settled))
            for copy, received in enumerate(copies):
                keep(authority, f"k{number}", at(received), copy)
        for number, received in enumerate(aliens):
            keep(authority, f"alien{number}", at(received), 0)
        with Asking(authority) as asking:
            differences = Comparison("fhir", asking, at(since), at(until)).differences(lambda: False)
            told = {(each.kind, each.key) for each in differences}
        transaction.set_rollback(True)
    return told


def at(tenths: int) -> datetime:
    return DAY + timedelta(minutes=6 * tenths)


@pytest.fixture
def property_house(as_role: AsRole) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE temoin_worker")
    return house


def keep(authority: Authority, key: str, received: datetime, copy: int) -> None:
    authority.kept.append((received, Holding(key, f"{key}-{copy}", received.isoformat())))


def insert(house: House, key: str, state: ParcelState, moment: datetime) -> None:
    with connection.cursor() as cursor, tenant_scope(house.here.id):
        cursor.execute("SET LOCAL ROLE temoin_app")
        commit = Commit()
        commit.insert(
            Parcel(
                pharmacy_id=house.here.id,
                id=new_id(),
                destination="fhir",
                subject_id=new_id(),
                chain_id=new_id(),
                sequence=1,
                key=key,
                state=state.value,
                posted_at=moment,
                due_at=moment,
                settled_at=moment if state in SETTLED else None,
            )
        )
        commit.flush()
        cursor.execute("SET LOCAL ROLE temoin_worker")


def test_a_holding_in_half_characters_ends_no_run():
    odd = [Holding("\ud800", "\0", "\udcff"), Holding("k0", "1", "")]
    authority = Authority([(DAY, holding) for holding in odd])

    with Asking(authority) as asking:
        ((first, second),) = asking.received(DAY, DAY + timedelta(hours=1))

    assert second == odd[1]
    for told in (first.key, first.id, first.received_at):
        assert "\0" not in told.encode().decode()
