"""The pages that lead in tell what is wrong as every other page does: a summary with the focus, each field named."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from page_tree import found, summary_lines, summary_targets
from people import PASSWORD, House, person_of, set_up_totp, sign_in

from temoin.web.routes import ROUTES

EMPTY_FORMS = [
    "account_login",
    "enrol",
    "invitation",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "mfa_add_webauthn",
]
# Forms of these pages have nothing to fill in, or lead on whatever is sent.
NOTHING_TO_FILL_IN = {
    "account_logout",
    "mfa_login_webauthn",
    "mfa_deactivate_totp",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_reauthenticate_webauthn",
    "invitation_account",
}


def before(name: str, house: House) -> Client:
    """Return a browser that may open the page of this name."""
    person = person_of(house.owner)
    if name in {"mfa_authenticate", "mfa_reauthenticate"}:
        set_up_totp(person)
    if name == "account_set_password":
        person.set_unusable_password()
        person.save()
    if name == "mfa_authenticate":
        client = Client()
        client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
        return client
    if name in {"account_login", "enrol", "invitation"}:
        return Client()
    with_factor = name not in {"account_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn"}
    return sign_in(Client(), house.owner, second_factor=with_factor)


@pytest.mark.parametrize("name", EMPTY_FORMS)
def test_an_empty_form_is_answered_by_a_summary_that_names_each_field(house: House, name: str):
    answer = before(name, house).post(reverse(name), {"code": ""})

    page = answer.content.decode()
    told = summary_lines(page)
    labels = [label.text.strip() for label in found(page, '//*[@class="field wrong"]/label')]
    assert len(told) >= len(labels) >= (0 if name == "mfa_add_webauthn" else 1)
    assert len(told) == len(set(told))
    assert [label for label in labels if label not in " ".join(told) and name != "invitation"] == []
    assert [target for target in summary_targets(page) if f'id="{target}"' not in page] == []


def test_every_form_of_the_account_is_in_one_of_the_lists():
    forms = {one.name for one in ROUTES if one.path.startswith(("account/", "invitation")) and "POST" in one.methods}
    forms -= {"end_session", "end_other_sessions"}

    assert forms == {*EMPTY_FORMS, *NOTHING_TO_FILL_IN}


def test_a_wrong_password_stands_in_the_summary(house: House):
    form = {"login": person_of(house.owner).email, "password": "Un-mot-de-passe-faux-1"}

    page = Client().post(reverse("account_login"), form).content.decode()

    assert summary_lines(page) == ["L’adresse e-mail ou le mot de passe sont incorrects."]
    assert "Rien n’a été enregistré" not in page


def test_a_refused_passkey_stands_in_the_summary_too(house: House):
    client = before("mfa_authenticate", house)

    page = client.post(reverse("mfa_authenticate"), {"credential": "{}"}).content.decode()

    assert len(summary_lines(page)) == 1
