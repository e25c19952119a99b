"""A program says itself where it is told of changes: its own notices, and no other program's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from uuid import UUID

import pytest
from api_programs import ask_token, assertion, get, post, register
from people import House
from roles import take_role

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import StaffNotice
from temoin.pharmacies.notices import NoticeKind
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.scopes import Scope
from temoin.webhooks.actions import end_webhook, register_webhook
from temoin.webhooks.queries import read_webhook
from temoin.webhooks.settings import OUTSIDE, Outside

PLACE = "/api/v1/webhooks"
HERE, THERE = {"address": "https://program.example/temoin"}, {"address": "https://program.example/new"}
NEEDED = (Scope.TESTS_READ, Scope.WEBHOOKS_MANAGE)


@pytest.fixture(autouse=True)
def outside() -> Iterator[None]:
    """Any public address: nothing is sent here."""
    before = OUTSIDE()
    OUTSIDE.give(Outside())
    yield
    OUTSIDE.give(before)


@pytest.fixture
def program_id(house: House) -> UUID:
    return UUID(register(house.owner, scopes=NEEDED).split(".")[1])


@pytest.fixture
def own(house: House, program_id: UUID) -> str:
    """The token of a program that may say where it is told."""
    return ask_token(assertion(f"{house.here.id}.{program_id}")).json()["access_token"]


def test_it_registers_moves_turns_tries_and_ends_its_own(own: str):
    assert get(PLACE, own).json() == {"webhooks": []}

    made = post(PLACE, own, HERE)
    moved, tried, turned = (
        post(f"{PLACE}/address", own, THERE),
        post(f"{PLACE}/trial", own),
        post(f"{PLACE}/secret", own),
    )

    assert [one.status_code for one in (made, moved, tried, turned)] == [201, 200, 200, 200]
    assert made.json()["secret"].startswith("whsec_")
    assert turned.json()["secret"] != made.json()["secret"]
    (told,) = get(PLACE, own).json()["webhooks"]
    assert (told["address"], told["has_two_secrets"], told["waiting"]) == (THERE["address"], True, 1)
    assert [one["type"] for one in told["notices"]] == ["trial"]
    assert post(f"{PLACE}/end", own).status_code == 200
    assert get(PLACE, own).json() == {"webhooks": []}


def test_each_act_is_the_programs_event_and_the_owner_is_written_to_once(house: House, program_id: UUID, own: str):
    post(PLACE, own, HERE)
    post(f"{PLACE}/address", own, THERE)

    with tenant_scope(house.here.id):
        acts = Event.objects.filter(kind__in=[EventKind.WEBHOOK_REGISTERED.value, EventKind.WEBHOOK_MOVED.value])
        assert list(acts.values_list("actor_id", "subject_id")) == [(program_id, program_id)] * 2
    with take_role("temoin_worker"):
        assert StaffNotice.objects.filter(kind=NoticeKind.PROGRAM_READDRESSED.value).count() == 1


def test_a_second_one_and_an_address_inside_are_refused(own: str):
    inside = post(PLACE, own, {"address": "https://10.0.0.1/"})
    first, again = post(PLACE, own, HERE, key="k" * 16), post(PLACE, own, HERE, key="k" * 16)

    assert (inside.status_code, inside.json()["problems"][0]["field"]) == (400, "address")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert post(PLACE, own, HERE).status_code == 409


def test_without_the_scopes_nothing_and_after_the_end_nothing(house: House, own: str):
    for scopes in ((Scope.TESTS_READ,), (Scope.WEBHOOKS_MANAGE,)):
        token = ask_token(assertion(register(house.owner, scopes=scopes))).json()["access_token"]
        assert post(PLACE, token, HERE).status_code == 403
    for way in ("address", "secret", "trial", "end"):
        assert post(f"{PLACE}/{way}", own, HERE if way == "address" else None).status_code == 404


def test_another_programs_is_unknown_even_in_one_pharmacy(house: House, program_id: UUID):
    other = ProgramSeat(house.here.id, UUID(register(house.owner, scopes=NEEDED).split(".")[1]), "LGO", NEEDED)
    register_webhook(by=house.owner, program_id=program_id, address=HERE["address"])

    for act in (read_webhook, partial(end_webhook, expected_version=None)):
        with pytest.raises(NotFoundError):
            act(by=other, program_id=program_id)
    assert read_webhook(by=house.owner, program_id=program_id).webhook is not None
