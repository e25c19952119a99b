"""The ways in, in a real browser with a virtual passkey device."""

from __future__ import annotations

import math
import os
from datetime import timedelta
from pathlib import Path

from allauth.mfa.models import Authenticator
from django.test import Client
from identity_provider import point_at, professional, running_provider
from passkeys import Device
from people import PASSWORD, make_lot, make_patient, make_signed, open_house, person_of, set_up_totp, totp_code
from person_menu import open_person_menu
from playwright.sync_api import Page, expect

from temoin.lib.clock import shifted_by
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.signin.passwords import counted_part, entropy_bits

SHOTS = Path(__file__).parents[2] / "artefacts" / "web"
# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"ways-{name}.png", full_page=True)


def heading(page: Page) -> object:
    return expect(page.get_by_role("heading", level=1))


def type_password(page: Page, site: str, email: str) -> None:
    page.goto(site)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")


def add_passkey(page: Page, name: str) -> None:
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    page.get_by_label("Nom de la clé d’accès").fill(name)
    page.get_by_role("button", name="Créer la clé d’accès").click()
    expect(page.get_by_text("La clé d’accès est ajoutée")).to_be_visible()


def session_of(page: Page) -> str:
    return next(cookie["value"] for cookie in page.context.cookies() if "session" in cookie["name"])


def test_a_passkey_is_two_factors_and_the_last_one_stays(page: Page, live_server):
    house, device = open_house(), Device(page)
    type_password(page, live_server.url, person_of(house.owner).email)
    heading(page).to_have_text("Vos moyens de connexion")
    shoot(page, "first")
    before = session_of(page)
    add_passkey(page, "Téléphone")
    heading(page).to_have_text("Codes de secours")
    assert session_of(page) != before
    page.get_by_role("link", name="Au comptoir").click()
    heading(page).to_have_text("Comptoir")
    open_person_menu(page)
    page.get_by_role("button", name="Se déconnecter").click()

    for _ in range(4):  # somebody elsewhere tries passwords on this account: its passkey is not made to wait
        Client().post("/account/sign-in/", {"login": person_of(house.owner).email, "password": "wrong"})
    page.goto(live_server.url)
    shoot(page, "sign-in")
    expect(page.get_by_role("button", name="Se connecter avec une clé d’accès")).to_be_focused()
    page.keyboard.press("Enter")
    heading(page).to_have_text("Comptoir")

    open_person_menu(page)
    page.get_by_role("link", name="Vos moyens de connexion").click()
    expect(page.get_by_text("Ajoutez une seconde clé d’accès")).to_be_visible()
    expect(page.get_by_role("link", name="Retirer")).to_have_count(0)
    shoot(page, "one-passkey")
    assert len(device.passkeys()) == 1
    only = Authenticator.objects.get(type="webauthn")
    page.goto(f"{live_server.url}/account/passkeys/{only.pk}/remove/")
    page.get_by_role("button", name="Retirer").click()
    expect(page.get_by_role("alert")).to_contain_text("dernier facteur")
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_passkeys_are_named_listed_and_removed(page: Page, live_server):
    house, _first = open_house(), Device(page)
    person = person_of(house.owner)
    set_up_totp(person)
    type_password(page, live_server.url, person.email)
    page.get_by_label("Code").fill(totp_code())
    page.keyboard.press("Enter")
    heading(page).to_have_text("Comptoir")
    open_person_menu(page)
    page.get_by_role("link", name="Vos moyens de connexion").click()
    add_passkey(page, "Ordinateur")
    page.goto(f"{live_server.url}/account/security/")

    page.get_by_role("link", name="Renommer Ordinateur").click()
    page.get_by_label("Nom de la clé d’accès").fill("Comptoir 2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Comptoir 2").first).to_be_visible()
    shoot(page, "both")
    page.get_by_role("link", name="Retirer Comptoir 2").click()
    shoot(page, "remove")
    page.get_by_role("button", name="Retirer").click()

    expect(page.get_by_text("La clé d’accès est retirée")).to_be_visible()
    assert {one.type for one in Authenticator.objects.filter(user=person)} == {"totp", "recovery_codes"}


def test_a_passkey_that_asks_nobody_who_they_are_opens_nothing(page: Page, live_server):
    house, device = open_house(), Device(page)
    type_password(page, live_server.url, person_of(house.owner).email)
    add_passkey(page, "Téléphone")
    heading(page).to_have_text("Codes de secours")
    page.context.clear_cookies()
    device.stop_verifying()

    page.goto(live_server.url)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()

    expect(page.get_by_role("alert")).to_contain_text("Aucune clé d’accès")
    shoot(page, "no-passkey")


def test_a_factor_older_than_five_minutes_is_asked_for_again(page: Page, live_server):
    house, _device = open_house(), Device(page)
    type_password(page, live_server.url, person_of(house.owner).email)
    add_passkey(page, "Téléphone")
    heading(page).to_have_text("Codes de secours")
    before = session_of(page)

    with shifted_by(timedelta(minutes=6)):
        page.goto(f"{live_server.url}/account/password/")
        heading(page).to_have_text("Confirmez que c’est vous")
        shoot(page, "confirm")
        with shifted_by(timedelta(minutes=-6)):
            page.get_by_role("button", name="Utiliser une clé d’accès").click()
            heading(page).to_have_text("Changer le mot de passe")

    assert session_of(page) != before


def test_the_meter_counts_as_the_server_does(page: Page, live_server):
    house = open_house()
    person = person_of(house.owner)
    set_up_totp(person)
    type_password(page, live_server.url, person.email)
    page.get_by_label("Code").fill(totp_code())
    page.keyboard.press("Enter")
    heading(page).to_have_text("Comptoir")
    page.goto(f"{live_server.url}/account/password/")

    for password in ("azerty", "Un-Mot-de-passe-0fficine!", "aaaaaaaaaaaaaaaa", "éléphant 12", "😀😀😀😀x"):
        page.get_by_label("Nouveau mot de passe", exact=True).fill(password)
        bits = math.floor(entropy_bits(counted_part(password)))
        expect(page.get_by_role("status")).to_have_text(
            f"Robustesse : {bits} bits sur 50, {len(password)} caractères sur 12"
        )
    shoot(page, "meter")


def test_parcels_are_followed_without_turning_text_into_markup(page: Page, live_server, as_role):
    house, device = open_house(), Device(page)
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    type_password(page, live_server.url, person_of(house.owner).email)
    add_passkey(page, "Téléphone")
    page.goto(f"{live_server.url}/tests/{record_id}/")
    expect(page.get_by_text("Accusé reçu")).to_have_count(0)
    refused = page.evaluate(
        "() => { try { document.body.innerHTML = 'x'; return ''; } catch (error) { return error.name; } }"
    )

    with as_role("temoin_worker"):
        answer = Answer(
            Verdict.ACCEPTED, "acknowledged", receipt={"id": "accuse-42", "location": "", "received_at": ""}
        )
        settle_parcels([(load, answer) for load in claim_parcels("fhir", 10)])

    expect(page.get_by_text("Accusé reçu")).to_be_visible()
    assert refused == "TypeError"
    assert device.passkeys()
    page.troubles.clear()  # the breach just above was ours


def test_pro_sante_connect_by_browser(page: Page, live_server, settings):
    house = open_house()
    with running_provider() as provider:
        point_at(settings, provider.discovery_url)
        provider.answers(professional("10003879623", house.here.finess))
        page.goto(live_server.url)
        shoot(page, "sign-in-provider")

        page.get_by_role("link", name="Se connecter avec Pro Santé Connect").click()

        heading(page).to_have_text("Comptoir")
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/account/sign-in/pro-sante-connect/")
    heading(page).to_have_text("Pro Santé Connect ne répond pas")
    shoot(page, "provider-silent")
    page.get_by_role("link", name="À la connexion").click()
    heading(page).to_have_text("Se connecter")
    page.troubles.clear()  # the 503 just above
