"""A certificate on its way: drawn on the letter's page, judged by the verifier's, revoked there, offline too."""

from __future__ import annotations

import io
import time
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from hcert_makers import ISSUER, NUMBER, hc1, own_claims, signer
from letters import any_link, sealed_bytes, sealed_under
from PIL import Image
from playwright.sync_api import Page, expect
from site_under_test import Site

from temoin.certificates.issuing import drawing_of
from temoin.crypto.letter import link_fragment
from temoin.crypto.signatures import thumbprint
from temoin.formats.hcert.claims import mark_of
from temoin.formats.hcert.revoking import write_revocations
from temoin.formats.hcert.smart import encode_base64url
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


def open_letter_page(page: Page, site: Site, **changes: Any) -> None:
    link = any_link()
    site.post(sealed_under(link, CODE, sealed_bytes(**changes)))
    page.goto(f"{site.url}/#{link_fragment(link)}")
    page.locator("#code").fill(CODE)
    page.locator("#open").click()
    expect(page.locator("#result-title")).to_be_visible()


def seen_modules(page: Page, width: int) -> str:
    """Return the modules as a camera would see them: the middle of each, in a picture of the page."""
    picture = Image.open(io.BytesIO(page.locator("#drawing").screenshot())).convert("L")
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

    open_letter_page(page, site)
    expect(page.locator("#certificate")).to_have_count(0)


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
    assert answer.headers["access-control-allow-origin"] == "*"
