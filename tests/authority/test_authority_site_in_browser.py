"""The authority's site: nobody comes in without a passkey; what an officer sees is read by eye, ear and keyboard."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from authority_site import AuthoritySite, environment
from axe_playwright_python.sync_playwright import Axe
from browsing import launched, profile
from forked import run_forked
from passkeys import Device
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from temoin.site.headers import CONTENT_SECURITY_POLICY

OPEN = {"sign_in", "enrol", "session", "language", "sign_out"}
SEEN = "UPDATE officers_session SET seen_at = now() - %s * interval '1 second'"
KEPT_OUT = ("temoin.crypto", "temoin.patients", "temoin.keeping", "allauth")
INSIDE = """
import django; django.setup()
import json, sys
from temoin.authority.urls import urlpatterns
print(json.dumps([[str(route.pattern) for route in urlpatterns], [*sys.modules]]))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


def signed_in(browser: Browser, site: AuthoritySite, **options: object) -> BrowserContext:
    """The browser of an officer who is signed in."""
    context = profile(browser, **options)
    ((name, value),) = site.session.items()
    context.add_cookies([{"name": name, "value": value, "url": site.url}])
    return context


@pytest.fixture(scope="module")
def inside(site: AuthoritySite) -> tuple[list[str], list[str]]:
    """The addresses and the modules of the site's process, as a process like it knows them."""
    command = [sys.executable, "-c", INSIDE]
    told = subprocess.run(command, env=environment(site.settings), check=True, capture_output=True, text=True)
    routes, modules = json.loads(told.stdout)
    known = {"<uuid:pharmacy_id>": str(site.busy), "<str:name>": "index.html"}
    return ["/" + re.sub(r"<[^>]+>", lambda found: known[found[0]], route) for route in routes], modules


def test_nobody_sees_anything_without_a_session_on_any_address(site, inside):
    closed = [path for path in inside[0] if path.strip("/").replace("-", "_") not in OPEN]

    assert len(closed) == 4
    for path in closed:
        for cookies in ({}, dict.fromkeys(site.session, "invented"), {"temoin_session": site.cookie}):
            answer = site.ask(path, **cookies)
            assert (answer.status, answer.headers["Location"]) == (302, "/sign-in/"), path
            assert "Halles" not in answer.text


def test_every_answer_has_the_headers_and_no_cache_keeps_it(site, inside):
    for path in (*inside[0], "/nowhere", "/readyz"):
        answer = site.ask(path, **site.session)
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
        assert answer.headers["Cache-Control"] == "no-store", path


def test_the_site_is_alive_and_ready_and_knows_no_other_address(site):
    assert (site.ask("/livez").text, site.ask("/readyz").text) == ("ok", "ok")
    for path in ("/nowhere", "/published/other.html", "/published/..", "/senders/?rule=other", "/senders/?page=0"):
        assert site.ask(path, **site.session).status == 404, path
    assert site.ask(f"/senders/{uuid4()}/", **site.session).status == 404
    assert site.ask("/", {"a": "b"}, **site.session).status == 403  # no token of a form


def test_a_look_at_one_pharmacy_is_an_event_of_that_pharmacy_and_names_the_officer(site):
    def looks() -> list[tuple[object, ...]]:
        sql = "SELECT pharmacy_id, kind, actor_id, profession, origin, subject_kind FROM journal_event"
        return site.database.execute(sql).fetchall()

    before = len(looks())
    site.ask("/senders/", **site.session)
    between = looks()[before:]
    site.ask(f"/senders/{site.busy}/", **site.session)

    assert between == []
    assert looks()[before:] == [(site.busy, "sender.read", None, "authority", "authority", "officer")]
    ((named,),) = site.database.execute("SELECT DISTINCT subject_id FROM journal_event").fetchall()
    assert str(named) in site.command("officer", "list")


def test_an_invented_answer_signs_nobody_in(site):
    answer = site.send("/sign-in/", {"ticket": "invented", "credential": "{}"})

    assert (answer.status, [name for name in answer.cookies if "session" in name]) == (403, [])
    assert site.send("/enrol/", {"code": "0" * 32}).status == 403


def test_an_officer_enrols_signs_out_and_in_with_the_passkey_alone(browser, site):
    code = site.command("officer", "invite", "Camille Le Goff").splitlines()[2].strip()
    page = profile(browser, locale="fr-FR").new_page()
    device = Device(page)

    page.goto(f"{site.url}/")
    page.get_by_role("link", name="Première fois ici").click()
    page.get_by_label("Code que l’exploitant vous a donné").fill(code)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Créer la clé d’accès").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Aujourd’hui")
    assert len(device.passkeys()) == 1
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_text("Votre session est fermée.")).to_be_focused()
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()

    expect(page.get_by_text("Camille Le Goff")).to_be_visible()
    page.context.close()


def test_a_session_warns_before_its_end_and_says_at_the_sign_in_that_it_ended(browser, site):
    context = signed_in(browser, site, locale="fr-FR")
    page = context.new_page()
    page.goto(site.url)
    warning = page.get_by_role("dialog", name="Votre session va se terminer")

    rested_for(site, page, 790)
    expect(warning).to_be_visible()
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("a")
    expect(warning).to_be_hidden()
    left = json.loads(site.ask("/session/", **site.session).text)["left"]
    rested_for(site, page, 901)

    told = page.get_by_text("Votre session est terminée")
    expect(told).to_be_focused()
    site.database.execute(SEEN, [0])
    assert left > 800
    page.goto(site.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Aujourd’hui")
    context.close()


def rested_for(site: AuthoritySite, page: Page, seconds: int) -> None:
    """Let every session have been idle for so long, and the page come back to the screen."""
    site.database.execute(SEEN, [seconds])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_to_ask_how_long_a_session_lasts_keeps_none_alive(site):
    def left(**cookies: str) -> int:
        return json.loads(site.ask("/session/", **cookies).text)["left"]

    site.database.execute(SEEN, [600])
    assert 290 <= left(**site.session) <= 300
    assert 290 <= left(**site.session) <= 300
    site.ask("/", **site.session)
    assert left(**site.session) > 890
    assert left(**dict.fromkeys(site.session, "invented")) == 0


@pytest.mark.parametrize("path", ["/sign-in/", "/enrol/"])
def test_a_refused_sign_in_says_so_in_the_title_and_takes_the_focus(browser, site, path):
    page = profile(browser, locale="fr-FR").new_page()
    page.goto(site.url + path)

    if path == "/enrol/":
        page.get_by_label("Code que l’exploitant vous a donné").fill("0" * 32)
        page.keyboard.press("Enter")
    else:
        page.evaluate("document.querySelector('form.passkey').submit()")

    expect(page).to_have_title(re.compile(r"^Erreur\s: "))
    expect(page.get_by_role("textbox" if path == "/enrol/" else "alert")).to_be_focused()
    page.context.close()


@pytest.mark.parametrize(("language", "scheme", "width"), [("fr", "light", 1366), ("en", "dark", 390)])
def test_every_page_has_no_fault_and_fits_its_screen(browser, site, language, scheme, width):
    size = {"width": width, "height": 768}
    context = signed_in(browser, site, viewport=size, color_scheme=scheme, locale=language)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    paths = ["/", "/senders/", f"/senders/{site.busy}/", f"/senders/{site.idle}/", "/sign-in/", "/enrol/"]

    for path in paths:
        page.goto(site.url + path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        violations = Axe().run(page).response["violations"]
        assert [(path, one["id"], one["nodes"][0]["html"]) for one in violations] == []

    assert errors == []
    context.close()


def test_figures_are_read_from_the_list_to_the_pharmacy(browser, site):
    context = signed_in(browser, site, locale="en")
    page = context.new_page()

    page.goto(site.url)
    page.get_by_role("link", name="Corrected results").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Pharmacie des Halles").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Pharmacie des Halles")
    row = page.get_by_role("table").first.get_by_role("row").nth(2)
    expect(row).to_contain_text("! 14%")
    expect(page.locator("svg .named")).to_have_count(11)
    page.get_by_role("link", name="Published figures").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    context.close()


def test_no_key_of_a_pharmacy_and_no_accounts_are_in_the_process(inside):
    assert [name for name in inside[1] if name.startswith(KEPT_OUT)] == []


def test_the_site_starts_with_its_own_two_secrets_alone(site, tmp_path: Path):
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    for name in ("authority.password", "authority.key"):
        (keys / name).write_bytes((site.settings.parent / "keys" / name).read_bytes())
        (keys / name).chmod(0o600)
    settings = tmp_path / "temoin.toml"
    settings.write_bytes(site.settings.read_bytes())
    settings.chmod(0o600)

    told = run_forked("check", "--as", "authority", env=environment(settings))

    assert (told.returncode, "Nothing is wrong." in told.stdout) == (0, True), told.stdout + told.stderr
