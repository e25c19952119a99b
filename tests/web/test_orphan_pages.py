"""The pages of results from instruments without a test."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from orphaned import leave_orphan
from people import House, make_lot, make_patient, make_sampled, open_house, sign_in

from temoin.testing.orphans import count_orphans
from temoin.testing.proposals import proposed_tests


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def orphan_id(house: House) -> UUID:
    return leave_orphan(house.owner)


@pytest.fixture
def record_id(house: House) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))


@pytest.fixture
def owner(client: Client, house: House) -> Client:
    sign_in(client, house.owner)
    return client


def test_the_counter_leads_to_it_and_a_choice_makes_it_a_proposal(
    owner: Client, house: House, orphan_id: UUID, record_id: UUID
):
    at = reverse("orphan", args=[orphan_id])
    assert reverse("orphans") in owner.get(reverse("home")).content.decode()
    assert at in owner.get(reverse("orphans")).content.decode()
    assert f'value="{record_id}"' in owner.get(at).content.decode()

    sent = [owner.post(reverse("tie_orphan", args=[orphan_id]), {"test": str(record_id)}) for _ in range(2)]

    assert [answer["Location"] for answer in sent] == [reverse("proposals"), reverse("orphans")]
    assert [one.opened.record_id for one in proposed_tests(by=house.owner).tests] == [record_id]
    assert owner.get(at).status_code == 302


def test_a_form_without_a_test_or_a_reason_comes_back(owner: Client, house: House, orphan_id: UUID):
    for name in ("tie_orphan", "set_aside_orphan"):
        assert owner.post(reverse(name, args=[orphan_id]), {}).status_code == 400

    owner.post(reverse("set_aside_orphan", args=[orphan_id]), {"reason": "Contrôle"})

    assert count_orphans(by=house.owner) == 0


@pytest.mark.parametrize(("who", "status"), [("colleague", 403), ("stranger", 404)])
def test_who_may_not_sign_and_who_is_of_elsewhere_get_nothing(
    client: Client, house: House, orphan_id: UUID, who: str, status: int
):
    sign_in(client, getattr(house, who))

    assert client.get(reverse("orphan", args=[orphan_id])).status_code == status
    form = {"reason": "Contrôle"}
    assert client.post(reverse("set_aside_orphan", args=[orphan_id]), form).status_code == status
    assert count_orphans(by=house.owner) == 1
