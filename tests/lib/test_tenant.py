"""The tenant scope: one pharmacy at a time, told to Python and to PostgreSQL, and gone when it closes."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection, transaction
from people import House, make_lot, open_house

from temoin.catalogue.models import Lot
from temoin.lib.errors import ConflictError, ScopeError
from temoin.lib.tenant import check_when_answered, current_pharmacy, scopes_together, tenant_scope


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def scope_in_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('temoin.pharmacy', true), '')")
        return cursor.fetchone()[0]


def lots_seen_by_database() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalogue_lot")
        return cursor.fetchone()[0]


def test_without_a_scope_a_query_is_refused():
    with pytest.raises(ScopeError):
        Lot.objects.all()
    with pytest.raises(ScopeError):
        current_pharmacy()


def test_without_a_scope_the_database_shows_no_row_either(house):
    make_lot(house.owner)

    assert lots_seen_by_database() == 0


def test_the_colleague_sees_the_lot_and_the_stranger_does_not(house):
    make_lot(house.owner)

    with tenant_scope(house.colleague.pharmacy_id):
        assert (Lot.objects.count(), lots_seen_by_database()) == (1, 1)
    with tenant_scope(house.stranger.pharmacy_id):
        assert (Lot.objects.count(), lots_seen_by_database()) == (0, 0)


def test_another_pharmacys_scope_inside_a_scope_is_refused(house):
    with tenant_scope(house.here.id):
        with pytest.raises(ScopeError), tenant_scope(house.elsewhere.id):
            pass

        assert (current_pharmacy(), scope_in_database()) == (house.here.id, str(house.here.id))


def test_the_same_pharmacys_scope_is_joined_and_stays_open(house):
    with tenant_scope(house.here.id):
        with tenant_scope(house.here.id):
            pass

        assert (current_pharmacy(), scope_in_database()) == (house.here.id, str(house.here.id))


def test_an_outer_transaction_goes_on_without_the_scope(house):
    with transaction.atomic():
        with tenant_scope(house.here.id):
            pass

        assert scope_in_database() == ""
    with pytest.raises(ScopeError):
        current_pharmacy()


def test_scopes_together_see_each_its_own_pharmacy_and_leave_none_behind(house):
    lots = [make_lot(house.owner), make_lot(house.stranger)]
    seen = []

    with scopes_together():
        for by in (house.owner, house.stranger):
            with tenant_scope(by.pharmacy_id):
                seen += [lot.id for lot in Lot.objects.all()]

    assert seen == lots
    assert scope_in_database() == ""


@pytest.mark.usefixtures("house")
def test_between_two_scopes_no_statement_runs():
    with pytest.raises(ScopeError), scopes_together():
        scope_in_database()


def test_what_one_of_the_scopes_finds_wrong_undoes_them_all(house):
    def wrong() -> None:
        raise ConflictError("found at the end")

    def write_and_find_it_wrong() -> None:
        with scopes_together(), tenant_scope(house.owner.pharmacy_id):
            make_lot(house.owner)
            check_when_answered(wrong)

    with pytest.raises(ConflictError):
        write_and_find_it_wrong()

    with tenant_scope(house.owner.pharmacy_id):
        assert not Lot.objects.exists()


def test_an_error_takes_the_scope_with_it(house):
    with pytest.raises(ConflictError), tenant_scope(house.here.id):
        raise ConflictError

    assert scope_in_database() == ""
    with tenant_scope(house.elsewhere.id):
        assert current_pharmacy() == house.elsewhere.id


def test_a_scope_marked_for_rollback_closes_without_another_error(house):
    with transaction.atomic():
        with tenant_scope(house.here.id):
            transaction.set_rollback(True)

        assert scope_in_database() == ""


def test_a_lost_connection_opens_no_scope_and_the_next_one_does(lose_connection):
    house = open_house()
    lose_connection()

    with pytest.raises(OperationalError), tenant_scope(house.here.id):
        Lot.objects.count()

    with tenant_scope(house.here.id):
        assert Lot.objects.count() == 0


@pytest.mark.parametrize("verb", ["create", "get_or_create", "update", "delete", "bulk_create", "bulk_update"])
def test_a_set_of_rows_refuses_to_write(house, verb):
    with tenant_scope(house.here.id), pytest.raises(ScopeError):
        getattr(Lot.objects.all(), verb)()


def test_a_row_refuses_to_save_and_delete_itself(house):
    make_lot(house.owner)

    with tenant_scope(house.here.id):
        lot = Lot.objects.get()
        with pytest.raises(ScopeError):
            lot.save()
        with pytest.raises(ScopeError):
            lot.delete()
