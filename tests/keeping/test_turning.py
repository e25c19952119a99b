"""Turning data keys: new ones seal, old ones open until no row names them, and nothing is lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction
from keys_seen import broken_of, named_by_rows, states_of
from people import TRAITS, House, make_lot, make_patient, make_signed, open_house

from temoin.crypto.envelope import content_of, key_id_of
from temoin.crypto.ring import CURRENT_AGE, GRACE, INDEX_DELAY, forget_keys, index_keys, month_key
from temoin.journal.models import Event
from temoin.keeping import turning
from temoin.keeping.ending import destroy_past_months, keys_back
from temoin.keeping.ledger import LedgerError
from temoin.keeping.turning import begin_turn, destroy_spent, index_due, move_rows, reindex, superseded_keys
from temoin.lib.clock import frozen_at, now
from temoin.lib.tenant import tenant_scope
from temoin.patients.queries import patients_by_nir
from temoin.patients.traits import check_traits
from temoin.testing.models import RecordVersion

NIR = check_traits(TRAITS).nir
OTHER_NIR = "295109912611193"
BATCHES = 6  # one of each table that has sealed rows in this house
KINDS = ("data_keys.turned", "rows.rewrapped", "data_key.destroyed")
LATER = GRACE + timedelta(seconds=1)


@pytest.fixture
def house(db) -> House:  # noqa: ARG001
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    return house


@pytest.fixture(autouse=True)
def as_keeper(as_role) -> Callable[[], AbstractContextManager[None]]:
    """Return a context manager: inside, the database sees the keeper."""
    return lambda: as_role("temoin_keeper")


def turn(house: House, as_keeper: Callable[[], AbstractContextManager[None]]) -> None:
    """Begin a turn and move all rows, as running processes see it a little later."""
    with as_keeper():
        begin_turn(house.here.id)
        move_rows(house.here.id, quiet)
    forget_keys()


def end(house: House, *, reindexed: bool = True, later: timedelta = LATER) -> int:
    """Destroy what may be destroyed some time later."""
    with frozen_at(now() + later):
        return destroy_spent(house.here.id, reindexed=reindexed)


def quiet(_words: str) -> None:
    pass


def sealed_versions(house: House) -> list[bytes]:
    with tenant_scope(house.here.id):
        return [bytes(sealed) for sealed in RecordVersion.objects.values_list("sealed", flat=True)]


def test_a_new_key_of_the_same_month_seals_from_then_on(house):
    with tenant_scope(house.here.id):
        old = month_key()
    begin_turn(house.here.id)
    forget_keys()  # as CURRENT_AGE does in a running process

    with tenant_scope(house.here.id):
        assert month_key().id != old.id


def test_a_running_process_looks_again_after_a_while(house, monkeypatch, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), tenant_scope(house.here.id):
        old = month_key()
    begin_turn(house.here.id)
    with tenant_scope(house.here.id):
        at_hand = month_key()
    clock = turning.time.monotonic() + CURRENT_AGE + 1
    monkeypatch.setattr("temoin.crypto.ring.time.monotonic", lambda: clock)

    with tenant_scope(house.here.id):
        assert (at_hand.id, month_key().id == old.id) == (old.id, False)


def test_moving_rows_changes_their_wrap_and_never_their_content(house, as_keeper):
    before = sealed_versions(house)

    turn(house, as_keeper)

    after = sealed_versions(house)
    assert [content_of(sealed) for sealed in after] == [content_of(sealed) for sealed in before]
    assert {key_id_of(sealed) for sealed in after}.isdisjoint(key_id_of(sealed) for sealed in before)
    assert broken_of(house.here.id) == ()


def test_every_table_is_moved(house, as_keeper):
    turn(house, as_keeper)

    assert set(rows(house)).isdisjoint(superseded_keys(house.here.id))


def test_a_turn_that_was_killed_is_gone_on_with(house, as_keeper, monkeypatch):
    with as_keeper(), monkeypatch.context() as patch:
        begin_turn(house.here.id)
        patch.setattr(turning.time, "sleep", _kill)
        with pytest.raises(KeyboardInterrupt):
            move_rows(house.here.id, quiet)

    with as_keeper():
        assert begin_turn(house.here.id) == 0
        assert move_rows(house.here.id, quiet) > 0
        assert set(rows(house)).isdisjoint(superseded_keys(house.here.id))


def rows(house: House) -> dict[UUID, int]:
    return named_by_rows(house.here.id)


def _kill(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_an_old_key_is_destroyed_at_no_row_left_and_not_before_its_grace(house, as_keeper):
    turn(house, as_keeper)
    with as_keeper():
        early, late = end(house, later=GRACE - timedelta(seconds=60)), end(house)

    assert (early, late) == (0, 2)  # the month's and the indexes'
    assert [key.number for key in states_of(house.here.id)] == [2, 2]


def test_a_key_that_a_row_still_names_is_kept(house, as_keeper):
    with as_keeper():
        begin_turn(house.here.id)  # and no row is moved

        assert end(house, reindexed=False) == 0
    assert broken_of(house.here.id) == ()


def test_an_index_key_is_kept_until_the_indexes_are_made_anew(house, as_keeper):
    turn(house, as_keeper)
    with as_keeper():
        assert end(house, reindexed=False) == 1

    assert [key.number for key in states_of(house.here.id) if key.purpose == "index"] == [1, 2]


def test_another_pharmacy_keeps_its_keys(house, as_keeper):
    before = states_of(house.elsewhere.id)

    turn(house, as_keeper)

    assert states_of(house.elsewhere.id) == before


def test_each_act_of_a_turn_is_one_event_of_the_pharmacy(house, as_keeper):
    turn(house, as_keeper)
    with as_keeper():
        end(house, reindexed=False)

    with tenant_scope(house.here.id):
        told = Counter(event.kind for event in Event.objects.filter(kind__in=KINDS))
    assert told == {"data_keys.turned": 1, "data_key.destroyed": 1, "rows.rewrapped": BATCHES}


@pytest.mark.parametrize("seconds", [0, INDEX_DELAY.total_seconds() - 1, INDEX_DELAY.total_seconds() + 1, 4000])
def test_a_patient_is_found_at_every_moment_of_a_turn(house, seconds):
    begin_turn(house.here.id)
    with frozen_at(now() + timedelta(seconds=seconds)):
        forget_keys()
        make_patient(house.owner, birth_given_names="CAMILLE", nir=OTHER_NIR)

        assert [len(patients_by_nir(by=house.owner, nir=nir)) for nir in (NIR, OTHER_NIR)] == [1, 1]


def test_a_new_index_key_writes_only_once_everybody_knows_it(house):
    with tenant_scope(house.here.id):
        old = index_keys().writing.id
    begin_turn(house.here.id)
    forget_keys()
    with tenant_scope(house.here.id):
        early = index_keys()
        with frozen_at(now() + INDEX_DELAY):
            forget_keys()
            late = index_keys()

    assert (early.writing.id, len(early.reading)) == (old, 2)
    assert (late.writing.id == old, len(late.reading)) == (False, 2)


def test_indexes_made_anew_find_the_same_patient_under_the_new_key_alone(house, as_keeper):
    turn(house, as_keeper)
    with frozen_at(index_due(house.here.id)), as_keeper():
        reindex(house.here.id, quiet)
        destroy_spent(house.here.id, reindexed=True)
    with frozen_at(now() + timedelta(hours=1)):
        forget_keys()

        assert len(patients_by_nir(by=house.owner, nir=NIR)) == 1
    assert [key.number for key in states_of(house.here.id)] == [2, 2]


def test_a_key_that_was_turned_away_is_back_after_a_restore_until_it_is_turned_away_again(house, as_keeper):
    """It was turned away because somebody has it: a database that was restored would seal under it again."""
    forget_keys()
    with tenant_scope(house.here.id):
        taken = month_key().id
    with transaction.atomic():
        turn(house, as_keeper)
        with as_keeper():
            end(house, reindexed=False)
        transaction.set_rollback(True)  # the database is that of before; the ledger is a file
    forget_keys()

    assert taken in keys_back(house.here.id)
    with as_keeper():
        assert destroy_past_months(house.here.id, set()) == 0  # it is in use
    turn(house, as_keeper)
    with as_keeper():
        end(house, reindexed=False)

    assert taken not in keys_back(house.here.id)
    assert len(broken_of(house.here.id)) == 0


def test_a_key_is_in_the_ledger_before_it_goes(house, as_keeper, monkeypatch):
    turn(house, as_keeper)
    monkeypatch.setattr(turning, "remember_destroyed", refuse)

    with as_keeper(), pytest.raises(LedgerError):
        end(house, reindexed=False)

    assert len(superseded_keys(house.here.id)) == 2


def refuse(*_told: object) -> None:
    raise LedgerError


def test_a_row_that_somebody_holds_is_left_for_later(house, as_keeper, monkeypatch):
    monkeypatch.setattr(turning, "locked_rows", lambda _model, _ids: [])  # as SKIP LOCKED answers
    turn(house, as_keeper)

    with as_keeper():
        assert end(house, reindexed=False) == 0


def test_even_the_keeper_changes_no_content_of_a_signed_version(house, as_keeper):
    change = "UPDATE testing_record_version SET sealed = sealed || '\\x00'::bytea"
    with as_keeper(), tenant_scope(house.here.id), pytest.raises(ProgrammingError, match="never changed"):
        run(change)


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
