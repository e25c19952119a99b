"""A certificate on its way: drawn on the letter's page, judged by the verifier's, revoked there, offline too."""

from __future__ import annotations

import io
import json
import time
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from hcert_makers import ISSUER, NUMBER, claims_of, hc1, own_claims, signer
from letters import any_link, sealed_bytes, sealed_under
from pdf_tags import elements_of
from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from site_under_test import Site
from strategies import covid_positive

from temoin.certificates.issuing import drawing_of, drawing_of_card, drawing_of_state
from temoin.crypto.letter import link_fragment
from temoin.crypto.signatures import thumbprint
from temoin.formats.hcert.claims import mark_of
from temoin.formats.hcert.issuing import Issuance
from temoin.formats.hcert.revoking import write_revocations
from temoin.formats.hcert.smart import encode_base64url, write_digits
from temoin.formats.hcert.smart_writing import card_number, smart_card
from temoin.lib.clock import now

CODE = "7K2QF-XM04CP"
SHOTS = Path(__file__).parents[2] / "artefacts" / "portal"
QUIET = 4  # modules around the drawing


def fresh() -> str:
    """Return a certificate of today: the browser's clock is the real one."""
    seconds = int(time.time())
    return hc1(signer(), own_claims(iat=seconds - 60, exp=seconds + 3600))


def of_letter(text: str) -> dict[str, Any]:
    held = {"name": "Zoé Lefèvre", "latin": "ZOE LEFEVRE", "expires_on": "2026-12-29", "verifier": f"{ISSUER}/verify/"}
    return {"text": text, "drawing": drawing_of(text), **held}


def card_of_demonstration() -> str:
    """Return a card of today as the worker signs it, under the key of another operator that this site believes."""
    issue = Issuance(ISSUER, encode_base64url(NUMBER), now(), now() + timedelta(hours=1))
    name = encode_base64url(thumbprint(signer().public))
    return smart_card(covid_positive(is_demo=True), issue, key_id=name, sign=signer().sign_digest)


def open_letter_page(page: Page, site: Site, **changes: Any) -> None:
    link = any_link()
    site.post(sealed_under(link, CODE, sealed_bytes(**changes)))
    page.goto(f"{site.url}/#{link_fragment(link)}")
    page.locator("#code").fill(CODE)
    page.locator("#open").click()
    expect(page.locator("#result-title")).to_be_visible()


def seen_modules(page: Page, width: int, place_on_page: str = "#drawing") -> str:
    """Return the modules as a camera would see them: the middle of each, in a picture of the page."""
    picture = Image.open(io.BytesIO(page.locator(place_on_page).screenshot())).convert("L")
    step = picture.width / (width + 2 * QUIET)
    middles = [int((place + QUIET + 0.5) * step) for place in range(width)]
    return "".join("1" if picture.getpixel((x, y)) < 128 else "0" for y in middles for x in middles)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_letter_shows_its_certificate_as_a_code_that_a_camera_reads(page: Page, site: Site, scheme: Any):
    certificate = of_letter(fresh())
    page.emulate_media(color_scheme=scheme)

    open_letter_page(page, site, certificate=certificate)

    width = certificate["drawing"]["width"]
    bits = "".join(f"{byte:08b}" for byte in b64decode(certificate["drawing"]["bits"]))
    assert seen_modules(page, width) == bits[: width * width]
    told = page.locator("#certificate").inner_text()
    for words in ("Zoé Lefèvre", "ZOE LEFEVRE", "29 décembre 2026", f"{ISSUER}/verify/", "à qui a le droit"):
        assert words in told
    page.locator("#certificate").scroll_into_view_if_needed()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"certificate-{scheme}.png", full_page=True)
    assert Axe().run(page).response["violations"] == []


def test_the_certificate_is_copied_and_printed_and_a_letter_without_one_says_nothing_of_it(page: Page, site: Site):
    page.context.grant_permissions(["clipboard-write"])
    open_letter_page(page, site, certificate=of_letter(fresh()))

    page.bring_to_front()  # the clipboard belongs to the window that has the focus
    page.locator("#copy").click()
    expect(page.locator("#status")).to_contain_text("copié")
    page.emulate_media(media="print")
    expect(page.locator("#drawing svg")).to_be_visible()
    expect(page.locator("#copy")).to_be_hidden()
    page.emulate_media(media="screen")

    expect(page.locator("#card")).to_have_count(0)  # of a letter that was sealed before there were cards

    open_letter_page(page, site)
    expect(page.locator("#certificate")).to_have_count(0)


def test_what_a_state_signed_stands_beside_it_and_what_it_did_not_is_told(page: Page, site: Site):
    seconds = int(time.time())
    text = hc1(signer("EC", "test"), claims_of(iat=seconds - 60, exp=seconds + 3600))
    drawing = drawing_of_state(text)
    signed = of_letter(fresh()) | {"state": {"text": text, "drawing": drawing}, "state_missing": False}
    open_letter_page(page, site, certificate=signed)

    bits = "".join(f"{byte:08b}" for byte in b64decode(drawing["bits"]))
    assert seen_modules(page, drawing["width"], "#state-drawing") == bits[: drawing["width"] ** 2]
    expect(page.locator("#state")).to_contain_text("au nom d’un État")
    page.locator("#state").scroll_into_view_if_needed()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "certificate-state.png", full_page=True)
    assert Axe().run(page).response["violations"] == []

    open_letter_page(page, site, certificate=of_letter(fresh()) | {"state": None, "state_missing": True})
    expect(page.locator("#state")).to_have_count(0)
    expect(page.get_by_text("ce courrier n’a pas de certificat européen")).to_be_visible()


def test_the_card_beside_it_is_drawn_saved_for_a_wallet_and_judged_like_any_other(page: Page, site: Site, list_of: Any):
    jws = card_of_demonstration()
    drawing = drawing_of_card(jws)
    open_letter_page(page, site, certificate=of_letter(fresh()) | {"card": {"jws": jws, "drawing": drawing}})

    bits = "".join(f"{byte:08b}" for byte in b64decode(drawing["bits"]))
    assert seen_modules(page, drawing["width"], "#card-drawing") == bits[: drawing["width"] ** 2]
    with page.expect_download() as saved:
        page.locator("#save").click()
    expect(page.locator("#status")).to_contain_text("à l’application")
    assert saved.value.suggested_filename == "certificat.smart-health-card"
    assert json.loads(saved.value.path().read_text()) == {"verifiableCredential": [jws]}
    assert Axe().run(page).response["violations"] == []
    page.screenshot(path=SHOTS / "card.png", full_page=True)

    for revoked, words in (((), "Valide"), ((mark_of(encode_base64url(NUMBER).encode()),), "Révoqué")):
        list_of(*revoked)
        page.goto(f"{site.url}/verify/")
        check(page, write_digits(jws))
        expect(page.locator("#verdict-title")).to_have_text(words, use_inner_text=True)
        expect(page.locator("#outcome")).to_contain_text("pas un vrai résultat")


def test_the_letter_that_a_browser_prints_is_tagged_in_its_language(page: Page, site: Site):
    certificate = of_letter(fresh()) | {"card": {"jws": "e.e.e", "drawing": drawing_of_card("e.e.e")}}
    open_letter_page(page, site, certificate=certificate)

    read = PdfReader(io.BytesIO(page.pdf(tagged=True)))

    root = read.root_object
    assert (root["/Lang"], read.metadata.title) == ("fr", "Un courrier de votre pharmacie")
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    elements = list(elements_of(root["/StructTreeRoot"]["/K"]))
    headings = [each["/S"] for each in elements if each["/S"] in {"/H1", "/H2", "/H3"}]
    assert headings == ["/H1", *["/H2"] * 5]
    told = [each.get("/Alt") for each in elements if each["/S"] == "/Figure"]
    assert told == ["Code QR du certificat", "Code QR de la SMART Health Card"]


@pytest.fixture
def list_of(site: Site) -> Iterator[Any]:
    """Put a signed list where the worker puts it."""

    def publish(*marks: bytes, ago: timedelta = timedelta(0)) -> None:
        name = encode_base64url(thumbprint(signer().public))
        text = write_revocations(ISSUER, marks, at=now() - ago, key_id=name, sign=signer().sign_digest)
        site.database.execute("DELETE FROM certificates_revocation_list")
        site.database.execute("INSERT INTO certificates_revocation_list (id, content) VALUES (1, %s)", [text])

    yield publish
    site.database.execute("DELETE FROM certificates_revocation_list")


def check(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("button[type=submit]").click()


def test_a_revoked_certificate_is_known_offline_and_an_old_list_is_said_to_be_one(page, site, list_of):
    page.goto(f"{site.url}/verify/")
    expect(page.locator("#listing")).to_contain_text("Aucune liste")
    list_of(ago=timedelta(days=3))
    page.reload()
    check(page, fresh())
    expect(page.locator("#verdict-title")).to_have_text("Valide", use_inner_text=True)
    expect(page.locator("#outcome")).to_contain_text("est ancienne")

    list_of(mark_of(NUMBER))
    page.reload()
    expect(page.locator("#listing")).to_contain_text("liste du")
    page.context.set_offline(True)
    check(page, fresh())

    expect(page.locator("#verdict-title")).to_have_text("Révoqué", use_inner_text=True)
    assert Axe().run(page).response["violations"] == []


def test_the_operators_own_keys_are_published_where_issuers_of_cards_have_them(page, site):
    answer = page.request.get(f"{site.url}/.well-known/jwks.json")

    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert len(key["kid"]) == 43
    assert "crlVersion" not in key
    assert page.request.get(f"{site.url}/.well-known/crl/{key['kid']}.json").status == 404
    assert answer.headers["access-control-allow-origin"] == "*"


def test_verifiers_of_cards_find_the_revoked_ones_under_the_key_that_signed_them(page, site, list_of):
    list_of(mark_of(NUMBER))
    (key,) = page.request.get(f"{site.url}/.well-known/jwks.json").json()["keys"]

    answer = page.request.get(f"{site.url}/.well-known/crl/{key['kid']}.json")

    rid = card_number(encode_base64url(NUMBER))
    told = {"kid": key["kid"], "method": "rid", "ctr": key["crlVersion"], "rids": [encode_base64url(mark_of(NUMBER))]}
    assert answer.json() == told
    assert len(rid) == len(told["rids"][0]) == 11
    assert answer.headers["access-control-allow-origin"] == "*"
    assert page.request.get(f"{site.url}/.well-known/crl/{'A' * 43}.json").status == 404
