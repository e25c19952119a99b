"""Pro Santé Connect, against a real OpenID provider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from identity_provider import CLIENT, IdentityProvider, point_at, professional, running_provider
from people import House, make_seat, person_of, set_up_totp

from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.professions import Profession
from temoin.web.pro_sante_connect import AT_ONCE, _talks

RPPS = "10003879623"


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def configured(settings: Any, provider: IdentityProvider) -> Any:
    point_at(settings, provider.discovery_url)
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # not a case about time: this machine may be busy
    return settings


def start(client: Client) -> Any:
    return client.get(reverse("pro_sante_connect"))


def come_back(client: Client, provider: IdentityProvider, *, change: tuple[str, str] = ("", "")) -> Any:
    """Sign in at the provider, with one word of the address changed on the way, and come back."""
    address = start(client)["Location"]
    return client.get(provider.visit(address.replace(*change) if change[0] else address))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.usefixtures("configured")
def test_a_pharmacist_enters_their_pharmacy(house: House, provider: IdentityProvider):
    set_up_totp(person_of(house.owner))  # not asked for: the provider asked for two factors already
    provider.answers(professional(RPPS, house.here.finess))
    client = Client()

    answer = come_back(client, provider)

    assert answer["Location"] == "/"
    assert "Pharmacie du Marché" in client.get("/").content.decode()
    with tenant_scope(house.here.id):
        opened = Event.objects.filter(kind="session.opened").get()
    assert (opened.actor_id, opened.detail) == (house.owner.member_id, "pro-sante-connect")
    assert not SocialAccount.objects.exists()


@pytest.mark.usefixtures("configured")
def test_the_provider_is_asked_for_the_level_with_state_nonce_and_pkce(house: House, provider: IdentityProvider):
    provider.answers(professional(RPPS, house.here.finess))

    address = start(Client())["Location"]

    assert address.startswith("http://localhost:")  # the host of the discovery document, not the issuer's
    for word in ("acr_values=eidas1", "nonce=", "state=", "code_challenge_method=S256", "prompt=login"):
        assert word in address


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("another acr", {"acr": "eidas0"}),
    ("an acr changed", {"idToken": {"acr": "eidas2"}}),
    ("no acr", {"idToken": {"acr": None}}),
    ("no nonce", {"idToken": {"nonce": None}}),
    ("another audience", {"idToken": {"aud": "another-service"}}),
    ("two audiences and no azp", {"idToken": {"aud": [CLIENT, "another-service"], "azp": None}}),
    ("another issuer", {"idToken": {"iss": "https://elsewhere.example"}}),
    ("expired", {"idToken": {"exp": 1}}),
    ("another person's token", {"idToken": {"sub": "f:somebody:else"}}),
    ("another's signature", {"foreignKey": True}),
]


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("mode", [mode for _, mode in REFUSED], ids=[name for name, _ in REFUSED])
def test_a_token_that_is_not_right_opens_nothing(house: House, provider: IdentityProvider, mode: dict[str, Any]):
    provider.answers(professional(RPPS, house.here.finess), **mode)
    client = Client()

    answer = come_back(client, provider)

    assert answer.status_code == 403
    assert "n’a pas confirmé" in answer.content.decode()
    assert not is_signed_in(client)


@pytest.mark.usefixtures("configured")
def test_a_nonce_of_another_sign_in_is_refused(house: House, provider: IdentityProvider):
    provider.answers(professional(RPPS, house.here.finess))
    client = Client()

    answer = come_back(client, provider, change=("nonce=", "nonce=x"))

    assert answer.status_code == 403
    assert not is_signed_in(client)


@pytest.mark.usefixtures("configured")
def test_an_answer_meant_for_another_browser_is_refused(house: House, provider: IdentityProvider):
    provider.answers(professional(RPPS, house.here.finess))
    back = provider.visit(start(Client())["Location"])
    victim = Client()

    answer = victim.get(back)

    assert answer.status_code == 403
    assert not is_signed_in(victim)


@pytest.mark.usefixtures("configured")
def test_an_answer_opens_once(house: House, provider: IdentityProvider):
    provider.answers(professional(RPPS, house.here.finess))
    client = Client()
    back = provider.visit(start(client)["Location"])
    client.get(back)
    client.post(reverse("account_logout"))

    assert client.get(back).status_code == 403


UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("another number", {"SubjectNameID": "810003879631", "preferred_username": "810003879631"}),
    ("no site", {"SubjectRefPro": {"exercices": []}}),
    ("odd claims", {"SubjectRefPro": "none"}),
]


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("changes", [changes for _, changes in UNKNOWN], ids=[name for name, _ in UNKNOWN])
def test_an_unknown_person_gets_a_clear_page(house: House, provider: IdentityProvider, changes: dict[str, Any]):
    # The e-mail is that of an account: nobody is ever matched by it.
    email = person_of(house.owner).email
    provider.answers(professional(RPPS, house.here.finess, **changes, email=email, email_verified=True))
    client = Client()

    answer = come_back(client, provider)

    assert answer.status_code == 403
    assert "Aucune pharmacie ne connaît ici votre numéro RPPS" in answer.content.decode()
    assert not is_signed_in(client)


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("national_id", ["", "0751234567", "8" + "10003879624", "８10003879623", "810003879623\n"])
def test_a_national_id_that_is_no_rpps_is_refused(house: House, provider: IdentityProvider, national_id: str):
    changes = {"SubjectNameID": national_id, "preferred_username": national_id}
    provider.answers(professional(RPPS, house.here.finess, **changes))

    assert come_back(Client(), provider).status_code == 403


@pytest.mark.usefixtures("configured")
def test_a_suspended_member_does_not_enter(house: House, provider: IdentityProvider):
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("UPDATE pharmacies_member SET is_active = false WHERE id = %s", [house.owner.member_id])
    provider.answers(professional(RPPS, house.here.finess))
    client = Client()

    assert come_back(client, provider).status_code == 403
    assert not is_signed_in(client)


@pytest.mark.usefixtures("configured")
def test_two_sites_are_a_choice_and_a_third_place_is_not_offered(house: House, provider: IdentityProvider):
    from people import make_pharmacy

    person, third = person_of(house.owner), make_pharmacy("Pharmacie du Port")
    for place in (house.elsewhere, third):
        make_seat(place, Profession.ADJOINT, person=person, rpps=RPPS)
    provider.answers(professional(RPPS, house.here.finess, house.elsewhere.finess, "999999999"))
    client = Client()
    come_back(client, provider)

    asked = client.get("/", follow=True).content.decode()

    assert "Pharmacie du Marché" in asked
    assert "Pharmacie de la Gare" in asked
    assert "Pharmacie du Port" not in asked
    assert client.post(reverse("choose_pharmacy"), {"pharmacy": str(third.id)}).status_code == 404
    client.post(reverse("choose_pharmacy"), {"pharmacy": str(house.elsewhere.id)})
    assert "Pharmacie de la Gare" in client.get("/").content.decode()


@pytest.mark.usefixtures("configured")
def test_one_pharmacys_number_does_not_open_the_account_of_another(house: House, provider: IdentityProvider):
    """Who manages `here` wrote their own number on the place of somebody who also works elsewhere."""
    make_seat(house.elsewhere, Profession.ADJOINT, person=person_of(house.owner), rpps="10003879664")
    provider.answers(professional(RPPS, house.here.finess))
    client = Client()
    come_back(client, provider)

    for page in ("mfa_add_webauthn", "mfa_activate_totp", "mfa_view_recovery_codes", "account_set_password"):
        assert client.get(reverse(page)).status_code == 403, page
    assert "Pharmacie du Marché" in client.get("/").content.decode()


@pytest.mark.usefixtures("configured")
def test_two_accounts_with_one_number_are_told(house: House, provider: IdentityProvider):
    make_seat(house.elsewhere, Profession.ADJOINT, rpps=RPPS)
    provider.answers(professional(RPPS, house.here.finess, house.elsewhere.finess))

    answer = come_back(Client(), provider)

    assert answer.status_code == 403
    assert "Deux comptes" in answer.content.decode()


@pytest.mark.usefixtures("configured")
def test_who_cancels_is_led_to_the_other_ways(house: House, provider: IdentityProvider):
    provider.answers(professional(RPPS, house.here.finess), cancel=True)

    assert come_back(Client(), provider)["Location"] == reverse("account_login")


@pytest.mark.usefixtures("configured")
def test_a_factor_can_be_shown_again_at_the_provider(house: House, provider: IdentityProvider):
    provider.answers(professional(RPPS, house.here.finess))
    client = Client()
    come_back(client, provider)
    before = client.session.session_key

    with shifted_by(timedelta(minutes=6)):
        asked = client.get(reverse("mfa_add_webauthn"))["Location"]
        there = client.get(client.get(asked)["Location"])["Location"]
    answer = client.get(provider.visit(there))

    assert answer["Location"] == reverse("mfa_add_webauthn")
    assert client.get(answer["Location"]).status_code == 200
    assert client.session.session_key != before


def test_a_provider_that_is_down_stops_nobody_else(owner: Client, settings: Any):
    point_at(settings, "http://127.0.0.1:9/realm/.well-known/wallet-openid-configuration")

    answer = start(Client())

    assert answer.status_code == 503
    assert "Pro Santé Connect ne répond pas" in answer.content.decode()
    assert owner.get("/").status_code == 200


def test_a_provider_that_is_slow_is_waited_for_once(configured: Any, house: House, provider: IdentityProvider):
    configured.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2
    provider.answers(professional(RPPS, house.here.finess), delay=1500)

    assert start(Client()).status_code == 503

    configured.TEMOIN = replace(
        configured.TEMOIN,
        pro_sante_connect=replace(configured.TEMOIN.pro_sante_connect, discovery_url="http://127.0.0.1:9/never-asked"),
    )
    assert cache.get("pro-sante-connect-silent") is True
    assert start(Client()).status_code == 503


@pytest.mark.usefixtures("configured")
def test_a_provider_that_falls_silent_in_the_middle_is_told(house: House, provider: IdentityProvider, settings: Any):
    provider.answers(professional(RPPS, house.here.finess))
    client = Client()
    back = provider.visit(start(client)["Location"])
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2
    provider.answers(professional(RPPS, house.here.finess), delay=1500)

    answer = client.get(back)

    assert answer.status_code == 503
    assert not is_signed_in(client)


@pytest.mark.usefixtures("configured", "db")
def test_a_provider_leaves_threads_to_the_counter(provider: IdentityProvider):
    provider.answers(professional(RPPS))

    with ExitStack() as others:
        for _ in range(AT_ONCE):
            others.enter_context(_talks)
        assert start(Client()).status_code == 503

    assert start(Client()).status_code == 302


@pytest.mark.django_db
def test_a_site_without_provider_has_no_such_page():
    assert start(Client()).status_code == 404
    assert "Pro Santé Connect" not in Client().get(reverse("account_login")).content.decode()
