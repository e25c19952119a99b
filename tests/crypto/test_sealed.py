"""Sealed values: bound to their place and to what their row says, read in every version, of one size whatever they say.

The models here have no table: they seal and open in memory.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from uuid import uuid4

import pytest
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext, isolate_apps
from people import open_house

from temoin.crypto import ring
from temoin.crypto.blind import lookup_index, unique_index
from temoin.crypto.envelope import NoReaderError, SealBrokenError
from temoin.crypto.models import DataKey
from temoin.crypto.ring import forget_keys, index_keys, month_key
from temoin.crypto.sealed import Reader, SealedField, SealedModel, open_value, seal_value
from temoin.lib.clock import frozen_at
from temoin.lib.errors import ScopeError
from temoin.lib.tenant import Sensitivity, tenant_scope
from temoin.patients.models import Patient
from temoin.testing.models import Record, Ticket

ROW, PATIENT = uuid4(), uuid4()
COLUMNS = {"patient_id": PATIENT, "lot_id": None}
TICKET = {"record_id": PATIENT, "has_code": True, "drawn_at": datetime(2026, 11, 29, 9, tzinfo=UTC)}

with isolate_apps("temoin.crypto"):

    class First(SealedModel):
        """A model in its first version: it sealed a whole name."""

        owner_id = models.UUIDField()
        sealed = SealedField(holds={"name": Sensitivity.PERSONAL})
        binds: ClassVar = ("owner_id",)

        class Meta:
            app_label, db_table = "crypto", "dummy"

    class Second(SealedModel):
        """The same one release later: the name is in two parts, and the seal binds the kind too."""

        owner_id = models.UUIDField()
        kind = models.TextField()
        sealed = SealedField(holds=dict.fromkeys(("family", "given"), Sensitivity.PERSONAL))
        schema: ClassVar = 2
        binds: ClassVar = ("owner_id", "kind")
        readers: ClassVar = {1: Reader(lambda held: _in_parts(held), binds=("owner_id",)), 2: Reader()}

        class Meta:
            app_label, db_table = "crypto", "dummy"

    class Third(SealedModel):
        """Another release later: nobody reads the first version any more."""

        owner_id = models.UUIDField()
        kind = models.TextField()
        sealed = SealedField(holds=dict.fromkeys(("family", "given", "title"), Sensitivity.PERSONAL))
        schema: ClassVar = 3
        binds: ClassVar = ("owner_id", "kind")
        readers: ClassVar = {2: Reader(lambda held: held | {"title": ""}), 3: Reader()}

        class Meta:
            app_label, db_table = "crypto", "dummy"


def _in_parts(held: dict[str, str]) -> dict[str, str]:
    family, _, given = held.pop("name").partition(" ")
    return held | {"family": family, "given": given}


@pytest.fixture
def house(db):  # noqa: ARG001
    return open_house()


def row(model: type[SealedModel], house, sealed: bytes = b"") -> SealedModel:
    """Return a row of the dummy table, as this model sees it."""
    columns = {"kind": "a"} if model is not First else {}
    return model(pharmacy_id=house.here.id, id=ROW, owner_id=PATIENT, sealed=sealed, **columns)


def sealed_by(model: type[SealedModel], house, value: dict[str, str]) -> bytes:
    made = row(model, house)
    made.seal(value)
    return made.sealed


def test_what_was_sealed_opens_in_its_place_only(house):
    with tenant_scope(house.here.id):
        sealed = seal_value(Record, ROW, {"kind": "covid19-ag"}, COLUMNS)

        assert open_value(Record, ROW, sealed, COLUMNS) == {"kind": "covid19-ag"}
        for model, row_id, columns in (
            (Record, uuid4(), COLUMNS),
            (Record, ROW, COLUMNS | {"patient_id": uuid4()}),
            (Record, ROW, COLUMNS | {"lot_id": PATIENT}),
        ):
            with pytest.raises(SealBrokenError):
                open_value(model, row_id, sealed, columns)
        with pytest.raises(NoReaderError):  # a ticket was never sealed in the version of a record
            open_value(Ticket, ROW, sealed, TICKET)


def test_what_was_sealed_in_one_table_opens_in_no_other_of_the_same_version(house):
    assert Ticket.schema == Patient.schema
    with tenant_scope(house.here.id):
        sealed = seal_value(Ticket, ROW, {"code": "x"}, TICKET)

        with pytest.raises(SealBrokenError):
            open_value(Patient, ROW, sealed, {"merged_into": PATIENT})


def test_an_old_version_is_read_as_the_one_in_use_and_sealed_anew_in_it(house):
    with tenant_scope(house.here.id):
        old = sealed_by(First, house, {"name": "MARTIN Claire"})

        found = row(Second, house, old)
        assert found.unseal() == {"family": "MARTIN", "given": "Claire"}
        found.reseal(kind="b")
        third = row(Third, house, found.sealed)
        third.kind = "b"
        assert third.unseal() == {"family": "MARTIN", "given": "Claire", "title": ""}


def test_a_version_that_nobody_reads_says_so_in_one_sentence_and_names_its_row(house):
    with tenant_scope(house.here.id):
        old, new = sealed_by(First, house, {"name": "X"}), sealed_by(Third, house, {"family": "X"})

        for model, sealed, version in ((Third, old, 1), (First, new, 3)):
            with pytest.raises(
                NoReaderError, match=f"a value of dummy was sealed in version {version}, which this"
            ) as met:
                row(model, house, sealed).unseal()
            assert met.value.row is not None


def test_a_version_made_up_in_the_head_is_a_broken_seal(house):
    with tenant_scope(house.here.id):
        sealed = sealed_by(First, house, {"name": "X"})

        for model, version in ((Second, b"\x02"), (First, b"\x09")):
            with pytest.raises(SealBrokenError):
                row(model, house, sealed[:1] + version + sealed[2:]).unseal()


def test_what_a_later_release_added_stays_when_a_row_is_sealed_anew(house):
    with tenant_scope(house.here.id):
        found = row(First, house, sealed_by(First, house, {"name": "X", "nickname": "Y"}))

        found.reseal({"name": "Z"}, owner_id=house.here.id)

        assert found.unseal() == {"name": "Z", "nickname": "Y"}


def test_a_row_that_was_tampered_with_is_not_sealed_over(house):
    with tenant_scope(house.here.id):
        found = row(First, house, sealed_by(First, house, {"name": "X"}))
        found.owner_id = uuid4()

        with pytest.raises(SealBrokenError):
            found.reseal({"name": "X"})
        with pytest.raises(ScopeError, match="reseal"):
            found.seal({"name": "X"})


@pytest.mark.parametrize(
    "stored",
    [None, 7, 0, "", "a", b"a", memoryview(b"a"), date(2026, 11, 29), datetime(2026, 11, 29, 1, tzinfo=UTC), PATIENT],
)
def test_a_bound_value_is_told_from_every_other(house, stored):
    others = [None, 7, 0, "", "a", b"a", date(2026, 11, 29), datetime(2026, 11, 29, 1, tzinfo=UTC), PATIENT]
    others += [date(2026, 11, 30), datetime(2026, 11, 29, 1, 0, 0, 1, tzinfo=UTC), timedelta(0), ROW]
    with tenant_scope(house.here.id):
        sealed = seal_value(Ticket, ROW, {}, TICKET | {"record_id": stored})
        opened = [_opens(sealed, other) for other in others]

    assert opened.count(True) == 1


def _opens(sealed: bytes, value: object) -> bool:
    try:
        open_value(Ticket, ROW, sealed, TICKET | {"record_id": value})
    except (SealBrokenError, TypeError):
        return False
    return True


@pytest.mark.parametrize("damage", [lambda sealed: b"\x02" + sealed[1:], lambda sealed: sealed[:20], lambda _: b""])
def test_what_is_no_sealed_value_is_refused(house, damage):
    with tenant_scope(house.here.id):
        sealed = seal_value(Record, ROW, {"kind": "covid19-ag"}, COLUMNS)

        with pytest.raises(SealBrokenError):
            open_value(Record, ROW, damage(sealed), COLUMNS)


def test_another_pharmacy_has_no_key_for_it(house):
    with tenant_scope(house.here.id):
        sealed = seal_value(Record, ROW, {"kind": "covid19-ag"}, COLUMNS)

    with tenant_scope(house.elsewhere.id), pytest.raises(SealBrokenError):
        open_value(Record, ROW, sealed, COLUMNS)


def test_the_size_tells_nothing_of_the_outcome(house):
    with tenant_scope(house.here.id):
        words = ("positive", "negative", "indeterminate")
        sizes = {len(seal_value(Record, ROW, {"outcome": word}, COLUMNS)) for word in words}

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


def test_a_key_that_another_process_made_is_at_hand_from_the_first_reading(house, monkeypatch):
    with tenant_scope(house.here.id):
        made = month_key()
        forget_keys()
        monkeypatch.setattr(ring, "_drawn", set())

        with CaptureQueriesContext(connection) as told:
            found = {month_key().id for _ in range(3)}

    assert (found, len(told)) == ({made.id}, 1)


@pytest.mark.parametrize("key", [month_key, lambda: index_keys().writing], ids=["month", "index"])
def test_a_transaction_asks_once_for_a_key_that_it_drew(house, key):
    with tenant_scope(house.here.id):
        key()
        forget_keys()
        made = key()
        with CaptureQueriesContext(connection) as asked:
            found = {key().id for _ in range(10)}

    assert (found, len(asked)) == ({made.id}, 0)


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
