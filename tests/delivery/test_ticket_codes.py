"""The duty that destroys the codes of tickets, and what the key that stays goes on doing."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_signed, make_test, open_house

from temoin.delivery import ticket_codes
from temoin.delivery.models import Letter
from temoin.delivery.ticket_codes import DUTY, destroy_codes
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.commit import Commit
from temoin.lib.errors import NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.outbox.set_aside import list_aside
from temoin.testing.models import Ticket
from temoin.testing.signing import renew_ticket
from temoin.testing.tickets import code_key, has_ticket, read_ticket

A_DAY = timedelta(days=1, hours=1)  # the hour of the signature is known, not the minute


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def signed(house):
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


@pytest.fixture
def duty(as_role):
    def after(moment: timedelta = timedelta(0)) -> None:
        with as_role("temoin_worker"), shifted_by(moment):
            destroy_codes(threading.Event())

    return after


def put_letter(house: House, record_id: UUID, *, opened: int, state: str) -> None:
    letter = Letter(
        pharmacy_id=house.here.id, id=new_id(), record_id=record_id, version=1, state=state, expires_at=now()
    )
    letter.lookup_hash, letter.auth_hash, letter.ciphertext = letter.id.bytes, b"", b""
    letter.tries_left, letter.opened_count = 5, opened
    with tenant_scope(house.here.id):
        commit = Commit()
        commit.insert(letter)
        commit.flush()


def kinds(house: House, record_id: UUID) -> list[str]:
    with tenant_scope(house.here.id):
        kind = EventKind.TICKET_CODE_DESTROYED.value
        return list(Event.objects.filter(kind=kind, subject_id=record_id).values_list("origin", flat=True))


def test_on_the_day_of_the_signature_the_ticket_is_printed_again(house, signed, duty):
    code = read_ticket(by=house.owner, record_id=signed)

    duty(timedelta(hours=20))

    assert read_ticket(by=house.owner, record_id=signed) == code
    assert kinds(house, signed) == []


def test_a_day_later_the_code_is_destroyed_and_its_key_stays(house, signed, duty):
    with tenant_scope(house.here.id):
        key = code_key(signed)

    duty(A_DAY)

    with pytest.raises(NotFoundError):
        read_ticket(by=house.owner, record_id=signed)
    assert not has_ticket(by=house.owner, record_id=signed)
    with tenant_scope(house.here.id):
        assert code_key(signed) == key
        assert Ticket.objects.get().unseal()["code"] == ""
    assert kinds(house, signed) == ["worker"]


def test_a_key_that_nobody_asked_for_yet_is_made_of_the_code_and_stays_when_it_goes(house, signed, duty):
    with act(by=house.owner, kind=EventKind.TICKET_PRINTED, subject_kind="record", subject_id=signed) as commit:
        ticket = Ticket.objects.get()
        salt, key = code_key(signed)
        commit.reseal(ticket, ticket.unseal() | {"key": ""})  # as a result of many is made

    with tenant_scope(house.here.id):
        assert code_key(signed) == (salt, key)
    duty(A_DAY)
    with tenant_scope(house.here.id):
        assert code_key(signed) == (salt, key)


def test_it_is_destroyed_once(house, signed, duty):
    duty(A_DAY)
    duty(A_DAY)

    assert kinds(house, signed) == ["worker"]


@pytest.mark.parametrize(
    ("opened", "state", "is_kept"), [(1, "open", False), (0, "open", True), (1, "withdrawn", True)]
)
def test_whoever_opened_the_letter_needs_no_other_print(house, signed, as_role, duty, opened, state, is_kept):
    with as_role("temoin_worker"):
        put_letter(house, signed, opened=opened, state=state)

    duty()

    assert has_ticket(by=house.owner, record_id=signed) is is_kept


def test_a_test_without_a_result_keeps_its_code(house, duty):
    record_id = make_test(house.owner, make_patient(house.owner))

    duty(timedelta(days=9))

    assert has_ticket(by=house.owner, record_id=record_id)


def test_a_renewed_code_lasts_a_day_of_its_own(house, signed, duty):
    with shifted_by(timedelta(days=9)):
        renew_ticket(by=house.owner, record_id=signed, expected_version=1)

    duty(timedelta(days=9, hours=20))
    assert has_ticket(by=house.owner, record_id=signed)
    duty(timedelta(days=9) + A_DAY)
    assert not has_ticket(by=house.owner, record_id=signed)


def test_a_code_renewed_while_the_duty_looks_is_kept(house, signed, as_role, monkeypatch):
    listed = ticket_codes._over

    def renewed_meanwhile(pharmacy_id: UUID) -> list[tuple[UUID, bytes]]:
        found = listed(pharmacy_id)
        if found:
            with as_role("temoin_app"):
                renew_ticket(by=house.owner, record_id=signed, expected_version=1)
        return found

    monkeypatch.setattr(ticket_codes, "_over", renewed_meanwhile)
    with as_role("temoin_worker"), shifted_by(A_DAY):
        destroy_codes(threading.Event())

    assert has_ticket(by=house.owner, record_id=signed)
    assert kinds(house, signed) == []


def test_a_ticket_that_does_not_open_keeps_no_other_from_its_end(house, signed, as_role, duty, tamper):
    other = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number="B2"))
    tamper(f"UPDATE testing_ticket SET drawn_at = 'epoch' WHERE record_id = '{signed}'")  # noqa: S608 an id of ours

    duty(A_DAY)

    assert not has_ticket(by=house.owner, record_id=other)
    with as_role("temoin_worker"):
        assert [aside.place for aside in list_aside()] == [DUTY]
