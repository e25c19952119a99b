"""The whole road of a result in a real browser, by keyboard where it matters."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.utils import timezone
from people import PASSWORD, House, make_lot, open_house, person_of, set_up_totp, totp_code
from playwright.sync_api import Page, expect

from temoin.lib.clock import now

SHOTS = Path(__file__).parents[2] / "artefacts" / "web"
# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def site(live_server, page: Page) -> Iterator[str]:
    """The site's address; every address visited is checked for what it must not hold."""
    visited: list[str] = []
    page.on("request", lambda request: visited.append(unquote(request.url)))
    yield live_server.url
    spoken = " ".join(visited).upper()
    assert not [word for word in ("PAT-TROIS", "DOMINIQUE", "279035", "1979", "@", "POSITIVE") if word in spoken]


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def enter(page: Page, site: str, house: House) -> None:
    """Sign in with password and second factor, as a person does."""
    person = person_of(house.owner)
    set_up_totp(person)
    page.goto(site)
    shoot(page, "login")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    shoot(page, "second-factor")
    page.get_by_label("Code").fill(totp_code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Comptoir")


def test_the_road_of_a_result(page: Page, site: str):
    house = open_house()
    make_lot(house.owner)
    enter(page, site, house)
    shoot(page, "home-empty")

    page.get_by_role("link", name="Nouveau test").click()
    page.get_by_role("textbox", name="Nom de naissance").fill("pat-trois")
    page.get_by_label("Date de naissance").fill("28/03/1979")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 patient")).to_be_visible()
    shoot(page, "find")
    page.get_by_role("button", name="Créer un nouveau patient").click()
    expect(page.get_by_role("textbox", name="Nom de naissance")).to_have_value("pat-trois")

    page.get_by_role("button", name="Enregistrer le test").click()
    expect(page.get_by_role("alert")).to_contain_text("à corriger")
    shoot(page, "new-patient-problems")
    page.get_by_label("Prénom(s) de naissance").fill("DOMINIQUE")
    page.get_by_label("Féminin").check(force=True)
    page.get_by_label("N° de sécurité sociale (NIR)").fill("2 79 03 51 215 189 89")
    page.get_by_role("textbox", name="E-mail").fill("dominique@patient.example")
    page.get_by_label("TROD antigénique COVID-19", exact=False).first.check(force=True)
    page.get_by_label("a donné son consentement").check()
    page.get_by_role("button", name="Enregistrer le test").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("TROD antigénique COVID-19")
    shoot(page, "registered")

    page.get_by_role("link", name="Imprimer le ticket").click()
    expect(page.locator(".code")).to_have_text(re.compile(r"^[0-9A-Z]{5}-[0-9A-Z]{6}$"))
    shoot(page, "ticket")
    page.emulate_media(media="print")
    shoot(page, "ticket-print")
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Retour au test").click()

    moment = timezone.localtime(now() - timedelta(minutes=17)).strftime("%Y-%m-%dT%H:%M")
    page.get_by_label("Prélevé à").fill(moment)
    page.get_by_role("button", name="Le prélèvement est fait").click()
    expect(page.locator(".window .count")).to_contain_text("Lire maintenant")
    shoot(page, "sampled")

    page.keyboard.press("2")  # positive, in the group that has the focus
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vous allez signer")
    expect(page.locator(".finding")).to_contain_text("Positif")
    shoot(page, "review")
    expect(page.locator(".review")).to_be_focused()
    page.keyboard.press("Enter")  # held a moment too long: it must not sign
    expect(page.get_by_role("heading", level=1)).to_have_text("Vous allez signer")
    expect(page.locator(".review")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Où en est l’envoi")).to_be_visible()
    shoot(page, "signed")

    page.get_by_role("link", name="Corriger").click()
    page.get_by_role("button", name="Signer la correction").click()
    expect(page.get_by_role("alert")).to_contain_text("motif")
    shoot(page, "correct-problems")
    page.get_by_label("Négatif").check(force=True)
    page.get_by_label("Motif de la correction").fill("Erreur de saisie")
    page.get_by_role("button", name="Signer la correction").click()
    expect(page.get_by_text("La correction est signée")).to_be_visible()
    shoot(page, "corrected")

    page.get_by_role("link", name="Imprimer le résultat").click()
    shoot(page, "result-sheet")
    page.emulate_media(media="print")
    shoot(page, "result-print")
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Retour au test").click()

    page.get_by_role("link", name="Annuler le résultat").click()
    page.get_by_label("Motif de l’annulation").fill("Mauvais patient")
    shoot(page, "cancel")
    page.get_by_role("button", name="Signer l’annulation").click()
    expect(page.locator("h1 + .badge")).to_contain_text("Annulé")
    shoot(page, "cancelled")
    looks = page.url.removeprefix(site) + "looks/"
    for name, path in (("home", "/"), ("lots", "/lots/"), ("help", "/help/"), ("gallery", "/gallery/"), ("404", "/x")):
        page.goto(site + path)
        shoot(page, name)
    page.set_viewport_size({"width": 320, "height": 700})
    narrow = {"home": "/", "find": "/patients/", "new-patient": "/patients/new/", "lots": "/lots/", "looks": looks}
    for name, path in narrow.items():
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        shoot(page, f"{name}-320")


def test_a_new_account_must_set_up_its_second_factor_first(page: Page, site: str):
    house = open_house()
    page.goto(site)
    page.get_by_label("E-mail").fill(person_of(house.owner).email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos moyens de connexion")

    page.goto(f"{site}/patients/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos moyens de connexion")
    page.get_by_role("link", name="Utiliser une application").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mettre en place l’application d’authentification")
    shoot(page, "set-up")
    page.get_by_label("code").fill(totp_code(page.locator(".secret").inner_text()))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Codes de secours")
    shoot(page, "recovery-codes")
    page.get_by_role("link", name="Au comptoir").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Comptoir")
