"""Sealed values: bound to their place, of one size whatever they say, and never under a lost key."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import transaction
from people import open_house

from temoin.crypto.blind import lookup_index, unique_index
from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.models import DataKey
from temoin.crypto.ring import forget_keys, index_keys, month_key
from temoin.crypto.sealed import open_value, seal_value
from temoin.lib.clock import frozen_at
from temoin.lib.tenant import tenant_scope

ROW = uuid4()


@pytest.fixture
def house(db):  # noqa: ARG001
    return open_house()


def test_what_was_sealed_opens_in_its_place_only(house):
    with tenant_scope(house.here.id):
        sealed = seal_value("testing_record", ROW, {"kind": "covid19-ag"})

        assert open_value("testing_record", ROW, sealed) == {"kind": "covid19-ag"}
        for table, row, schema in (
            ("testing_ticket", ROW, 1),
            ("testing_record", uuid4(), 1),
            ("testing_record", ROW, 2),
        ):
            with pytest.raises(SealBrokenError):
                open_value(table, row, sealed, schema=schema)


@pytest.mark.parametrize("damage", [lambda sealed: b"\x03" + sealed[1:], lambda sealed: sealed[:20], lambda _: b""])
def test_what_is_no_sealed_value_is_refused(house, damage):
    with tenant_scope(house.here.id):
        sealed = seal_value("testing_record", ROW, {"kind": "covid19-ag"})

        with pytest.raises(SealBrokenError):
            open_value("testing_record", ROW, damage(sealed))


def test_another_pharmacy_has_no_key_for_it(house):
    with tenant_scope(house.here.id):
        sealed = seal_value("testing_record", ROW, {"kind": "covid19-ag"})

    with tenant_scope(house.elsewhere.id), pytest.raises(SealBrokenError):
        open_value("testing_record", ROW, sealed)


def test_the_size_tells_nothing_of_the_outcome(house):
    with tenant_scope(house.here.id):
        sizes = {len(seal_value("t", ROW, {"outcome": word})) for word in ("positive", "negative", "indeterminate")}

    assert len(sizes) == 1


def test_each_month_has_its_key(house):
    keys = set()
    with tenant_scope(house.here.id):
        for month in (11, 12):
            with frozen_at(datetime(2026, month, 5, tzinfo=UTC)):
                keys |= {month_key().id, month_key().id}

    assert len(keys) == 2


def test_a_key_of_an_undone_transaction_is_not_kept_at_hand(house):
    with tenant_scope(house.here.id), frozen_at(datetime(2031, 1, 1, tzinfo=UTC)):
        with transaction.atomic():
            lost = month_key()
            transaction.set_rollback(True)
        kept = month_key()

        assert kept.id != lost.id
        assert DataKey.objects.filter(id=kept.id).exists()


def test_a_blind_index_is_short_and_differs_by_pharmacy_and_use(house):
    found = set()
    for pharmacy in (house.here, house.elsewhere):
        with tenant_scope(pharmacy.id):
            found |= {unique_index("nir", "279035121518989"), unique_index("name", "279035121518989")}
            assert len(lookup_index("nir", "279035121518989")) == 2
            assert unique_index("x", "ab", "c") != unique_index("x", "a", "bc")
            forget_keys()
            assert index_keys().writing.raw == index_keys().writing.raw

    assert len(found) == 4
