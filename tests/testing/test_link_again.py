"""A new link for the code that the patient has: who may send it, by which ways, and what becomes of the former one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from mail_server import Behaviour, running_mail_server
from people import TRAITS, House, change_patient, make_lot, make_patient, make_sampled, make_signed, open_house
from site_settings import email_courier

from temoin.delivery.models import Letter
from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.models import Parcel
from temoin.outbox.queries import newest_link
from temoin.outbox.worker import Lane
from temoin.patients.traits import check_traits
from temoin.testing.models import Record
from temoin.testing.signing import send_link_again
from temoin.testing.tickets import read_ticket

AsRole = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def house(as_role: AsRole) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def signed(house: House) -> UUID:
    """A signed result whose patient has an e-mail address."""
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    with tenant_scope(house.here.id):
        return Record.objects.get().id


def again(by, record_id: UUID, *, version: int = 1, way: str = "email", after: str | None = None) -> None:
    after = seen(by, record_id) if after is None else after
    send_link_again(by=by, record_id=record_id, expected_version=version, after=after, way=way)


def seen(by, record_id: UUID) -> str:
    """Return the last link that the page shows to somebody who may look."""
    with tenant_scope(by.pharmacy_id):
        return newest_link(record_id)


def posted(house: House) -> list[tuple[str, str]]:
    with tenant_scope(house.here.id):
        return list(Parcel.objects.filter(destination="email").order_by("id").values_list("destination", "state"))


def test_the_owner_and_a_colleague_send_it_and_the_waiting_message_is_replaced(house, signed):
    again(house.owner, signed)
    again(house.colleague, signed)

    assert posted(house) == [("email", "replaced"), ("email", "replaced"), ("email", "waiting")]


def test_who_may_not_print_and_who_is_elsewhere_send_nothing(house, signed):
    with pytest.raises(DeniedError):
        again(house.student, signed)
    with pytest.raises(NotFoundError):
        again(house.stranger, signed)

    assert posted(house) == [("email", "waiting")]


@pytest.mark.parametrize("way", ["sms", "fhir", "mssante-patient", ""])
def test_only_a_way_that_reaches_the_patient_is_taken(house, signed, way):
    with pytest.raises(InvalidError, match="way:unreachable"):
        again(house.owner, signed, way=way)


def test_a_version_that_the_person_did_not_see_closes_no_link(house, signed):
    with pytest.raises(ConflictError):
        again(house.owner, signed, version=2)


def test_a_second_press_on_the_same_page_sends_nothing(house, signed):
    page = seen(house.owner, signed)
    again(house.owner, signed, after=page)

    with pytest.raises(ConflictError, match="another link"):
        again(house.colleague, signed, after=page)

    assert posted(house) == [("email", "replaced"), ("email", "waiting")]


def test_a_test_without_a_result_has_no_link(house):
    sampled = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    with pytest.raises(ConflictError, match="no result yet"):
        again(house.owner, sampled, version=0)


def test_nobody_else_is_told_anything(house, signed):
    with tenant_scope(house.here.id):
        before = Parcel.objects.exclude(destination="email").count()

    again(house.owner, signed)

    with tenant_scope(house.here.id):
        assert Parcel.objects.exclude(destination="email").count() == before
        (event,) = Event.objects.filter(kind="link.sent_again")
    assert (event.subject_id, event.detail, event.actor_id) == (signed, "email", house.owner.member_id)


def test_the_former_link_is_closed_and_the_ticket_stays(house, signed, settings, as_role):
    code = read_ticket(by=house.owner, record_id=signed)
    with running_mail_server(Behaviour()) as mail:
        email = {**vars(settings.TEMOIN.email), "port": mail.port}
        settings.TEMOIN = settings.TEMOIN.with_channel("email", type(settings.TEMOIN.email)(**email))
        carry(as_role)
        with tenant_scope(house.here.id):
            patient_id = Record.objects.get().patient_id
        mended = check_traits({**TRAITS, "email": "mended@patient.example"})
        change_patient(by=house.owner, patient_id=patient_id, traits=mended)
        again(house.owner, signed)
        carry(as_role)

    assert [message["To"] for message in mail.messages] == [TRAITS["email"], "mended@patient.example"]
    with tenant_scope(house.here.id):
        assert list(Letter.objects.order_by("expires_at").values_list("state", flat=True)) == ["withdrawn", "open"]
    assert read_ticket(by=house.owner, record_id=signed) == code


def carry(as_role: AsRole) -> None:
    with as_role("temoin_worker"), shifted_by(timedelta(seconds=2)), asyncio.Runner() as runner:
        Lane(email_courier(), threading.Event()).carry_batch(runner)
