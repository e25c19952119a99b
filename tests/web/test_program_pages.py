"""The page of programs: added with a public key, listed with their client id, revoked."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from joserfc.jwk import ECKey
from people import House, make_program, make_seat, sign_in, suspend
from test_pages import check_page

from temoin.pharmacies.professions import Profession
from temoin.pharmacies.programs import list_programs
from temoin.pharmacies.scopes import Scope

KEY = ECKey.generate_key("P-256")
FORM = {"name": "Logiciel d'officine", "public_key": KEY.as_pem(private=False).decode(), "scope-tests-read": "yes"}


def test_a_program_is_added_and_its_client_id_shown(house: House, owner: Client):
    owner.post(reverse("add_program"), FORM)

    (program,) = list_programs(by=house.owner)
    assert program.scopes == (Scope.TESTS_READ,)
    assert program.client_id in owner.get(reverse("programs")).content.decode()


@pytest.mark.parametrize("key", [KEY.as_pem(private=True).decode(), "x"])
def test_a_key_that_cannot_be_taken_is_told_beside_its_field(house: House, owner: Client, key: str):
    answer = owner.post(reverse("add_program"), {**FORM, "public_key": key})

    assert answer.status_code == 400
    check_page("programs", answer.content.decode())
    assert list_programs(by=house.owner) == []


def test_an_administrator_is_offered_no_scope_and_can_force_none(house: House):
    administrator = sign_in(Client(), house.administrator)

    assert "scope-tests-read" not in administrator.get(reverse("programs")).content.decode()
    assert administrator.post(reverse("add_program"), FORM).status_code == 403


def test_a_program_is_revoked_by_its_button_and_twice_is_told(house: House, owner: Client):
    address = reverse("revoke_program", args=[make_program(house.owner)])

    assert (owner.post(address).status_code, owner.post(address).status_code) == (302, 409)
    assert [one.is_active for one in list_programs(by=house.owner)] == [False]


def test_a_program_whose_voucher_left_is_shown_stopped_and_taken_over_by_one_button(house: House, owner: Client):
    second = make_seat(house.here, Profession.TITULAIRE, family_name="HENRY", given_name="Alice")
    address = reverse("vouch_for_program", args=[make_program(second)])
    member = owner.get(reverse("member", args=[second.member_id])).content.decode()
    suspend(second)

    stopped = owner.get(reverse("programs")).content.decode()
    codes = (owner.post(address).status_code, owner.post(address).status_code)

    check_page("programs", stopped)
    check_page("member", member)
    assert "LGO" in member
    assert ("Alice HENRY" in stopped, "n’en a plus le droit" in stopped, address in stopped) == (True, True, True)
    assert codes == (302, 409)
    assert address not in owner.get(reverse("programs")).content.decode()
