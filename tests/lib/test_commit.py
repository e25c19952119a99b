"""The commit: everything together or nothing, in one statement, for the pharmacy in scope only."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from people import House, make_lot, make_patient, make_sampled, make_signed, open_house

from temoin.catalogue.models import Lot
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import MANY, Commit
from temoin.lib.errors import ConflictError, ScopeError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.outbox.models import Parcel
from temoin.testing.actions import abandon_test
from temoin.testing.models import Record, Ticket


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def record_id(house: House) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))


def a_lot(pharmacy_id: UUID, number: str = "B1") -> Lot:
    today = now()
    return Lot(pharmacy_id=pharmacy_id, id=new_id(), kit="k", number=number, expiry=today.date(), received_at=today)


def numbers(house: House) -> set[str]:
    with tenant_scope(house.here.id):
        return set(Lot.objects.values_list("number", flat=True))


def test_without_a_scope_nothing_is_gathered(house):
    with pytest.raises(ScopeError):
        Commit().insert(a_lot(house.here.id))
    with pytest.raises(ScopeError):
        Commit().remove(Lot, new_id())


def test_a_row_of_another_pharmacy_is_refused(house):
    with tenant_scope(house.here.id), pytest.raises(ScopeError):
        Commit().insert(a_lot(house.elsewhere.id))


def test_all_rows_and_changes_leave_in_one_statement(house, record_id):
    with tenant_scope(house.here.id):
        commit = Commit()
        commit.insert(a_lot(house.here.id, "B1"))
        commit.insert(a_lot(house.here.id, "B2"))
        commit.move(Record, record_id, "abandon")
        with CaptureQueriesContext(connection) as sent:
            commit.flush()

    assert len(sent) == 1
    assert numbers(house) == {"A12345", "B1", "B2"}


def test_what_changes_is_counted_and_what_is_inserted_is_not(house, record_id):
    with tenant_scope(house.here.id):
        commit = Commit()
        commit.insert(a_lot(house.here.id, "B1"))
        commit.move(Record, record_id, "abandon")
        with CaptureQueriesContext(connection) as sent:
            commit.flush()

    assert sent[0]["sql"].count("RETURNING") == sent[0]["sql"].count("count(*)") == 1


@pytest.mark.django_db
def test_nothing_in_the_database_swallows_a_row_that_is_inserted():
    """An insert is not counted, because it writes all of its rows or fails: no trigger before it and no rule may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgtype & 4 > 0 AND tgtype & 66 > 0 "
            "UNION SELECT ev_class::regclass::text FROM pg_rewrite WHERE rulename <> '_RETURN' AND ev_type = '3'"
        )
        assert cursor.fetchall() == []


def test_nothing_gathered_is_nothing_sent(house):
    with tenant_scope(house.here.id), CaptureQueriesContext(connection) as sent:
        Commit().flush()

    assert len(sent) == 0


def test_a_commit_flushed_is_empty(house):
    with tenant_scope(house.here.id):
        commit = Commit()
        commit.insert(a_lot(house.here.id))
        commit.flush()
        commit.flush()

    assert numbers(house) == {"B1"}


def abandon(pharmacy_id: UUID, row_id: UUID, **guards: object) -> None:
    """Commit a new lot with the abandoning of a test."""
    with tenant_scope(pharmacy_id):
        commit = Commit()
        commit.insert(a_lot(pharmacy_id))
        commit.move(Record, row_id, "abandon", only_if=guards)
        commit.flush()


def test_a_row_in_another_state_undoes_all_the_rest(house, record_id):
    abandon_test(by=house.owner, record_id=record_id, seen="")

    with pytest.raises(ConflictError):
        abandon(house.here.id, record_id)

    assert numbers(house) == {"A12345"}


def test_whoever_catches_the_conflict_still_keeps_nothing(house, record_id):
    with transaction.atomic(), tenant_scope(house.here.id), pytest.raises(ConflictError):
        abandon(house.here.id, record_id, version=7)

    assert numbers(house) == {"A12345"}


def test_a_column_seen_otherwise_is_a_conflict(house, record_id):
    with pytest.raises(ConflictError):
        abandon(house.here.id, record_id, version=7)

    abandon(house.here.id, record_id, version=0)


def test_another_pharmacys_row_is_as_good_as_unknown(house, record_id):
    for row_id in (record_id, new_id()):
        with pytest.raises(ConflictError, match="no longer in the state"):
            abandon(house.elsewhere.id, row_id)


def test_a_collision_names_the_constraint_and_no_value(house):
    def insert_twice() -> None:
        with tenant_scope(house.here.id):
            commit = Commit()
            commit.insert(a_lot(house.here.id))
            commit.insert(a_lot(house.here.id))
            commit.flush()

    with pytest.raises(ConflictError) as refused:
        insert_twice()

    assert str(refused.value) == "catalogue_lot_once"
    assert refused.value.__cause__ is None


def test_a_state_changes_through_its_lifecycle_only(house, record_id):
    with tenant_scope(house.here.id), pytest.raises(ScopeError):
        Commit().change(Record, record_id, state="signed")


def test_a_row_is_removed_once(house, record_id):  # noqa: ARG001 its ticket
    with tenant_scope(house.here.id):
        ticket_id = Ticket.objects.get().id

    def remove() -> None:
        with act(by=house.owner, kind=EventKind.TEST_ABANDONED, subject_kind="record", subject_id=None) as commit:
            commit.remove(Ticket, ticket_id)

    remove()
    with pytest.raises(ConflictError):
        remove()
    with tenant_scope(house.here.id):
        assert not Ticket.objects.exists()


def test_what_events_tell_of_is_written_by_no_bare_commit(house, record_id):
    with tenant_scope(house.here.id):
        record, ticket = Record.objects.get(id=record_id), Ticket.objects.get()
        written = [Commit(), Commit(), Commit()]
        written[0].reseal(record, patient_id=new_id())
        written[1].remove(Ticket, ticket.id)
        written[2].insert(ticket)

        for commit in written:
            with pytest.raises(ScopeError, match="by an act"):
                commit.flush()


def test_a_sealed_value_that_events_tell_of_is_never_written_as_a_column(house, record_id):
    with tenant_scope(house.here.id):
        with pytest.raises(ScopeError, match="reseal or move_sealed"):
            Commit().change(Record, record_id, sealed=b"")
        with pytest.raises(ScopeError, match="reseal or move_sealed"):
            Commit().move(Record, record_id, "sign", sealed=b"")
        with pytest.raises(ScopeError, match="reseal or move_sealed"):
            Commit().move_all(Record, [record_id], "sign", only_if={}, each={"sealed": [b""]}, same={})


# Many rows at once ----------------------------------------------------------------------------------------------------


def move_parcels(parcels: list[Parcel], *, attempts: list[int] | None = None) -> None:
    commit = Commit()
    commit.move_all(
        Parcel,
        [parcel.id for parcel in parcels],
        "replace",
        only_if={"attempts": attempts or [parcel.attempts for parcel in parcels]},
        each={"answer_code": [f"code {place}" for place in range(len(parcels))]},
        same={"settled_at": now(), "sealed": None},
    )
    commit.flush()


@pytest.fixture
def parcels(house: House) -> list[Parcel]:
    """The parcels of two results, as they wait."""
    patient, lot = make_patient(house.owner), make_lot(house.owner)
    for _ in range(2):
        make_signed(house.owner, patient, lot)
    return waiting(house)


def waiting(house: House) -> list[Parcel]:
    with tenant_scope(house.here.id):
        return list(Parcel.objects.filter(state="waiting").order_by("id"))


def test_many_rows_move_by_one_verb_each_with_its_own_values(house, parcels):
    with tenant_scope(house.here.id), CaptureQueriesContext(connection) as sent:
        move_parcels(parcels)

    with tenant_scope(house.here.id):
        codes = list(Parcel.objects.filter(state="replaced").order_by("id").values_list("answer_code", flat=True))
    assert len(sent) == 1
    assert codes == [f"code {place}" for place in range(len(parcels))]


def test_one_row_that_is_not_as_expected_undoes_them_all(house, parcels):
    with tenant_scope(house.here.id), pytest.raises(ConflictError), transaction.atomic():
        move_parcels(parcels, attempts=[7] + [0] * (len(parcels) - 1))

    assert waiting(house) == parcels


def test_rows_of_another_pharmacy_are_not_moved(house, parcels):
    with tenant_scope(house.elsewhere.id), pytest.raises(ConflictError), transaction.atomic():
        move_parcels(parcels)

    assert waiting(house) == parcels


def test_many_rows_are_inserted_by_a_statement_that_does_not_grow(house):
    sent = []
    for count in (MANY, MANY + 5):
        with tenant_scope(house.here.id), CaptureQueriesContext(connection) as captured:
            commit = Commit()
            for number in range(count):
                commit.insert(a_lot(house.here.id, f"{count}-{number}"))
            commit.flush()
        sent.append(captured.captured_queries[0]["sql"].count("unnest"))

    assert sent == [1, 1]
    assert len(numbers(house)) == 2 * MANY + 5
