"""The verifier page in a real browser: it judges on the device, without a network too, and sends nothing."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from hcert_makers import ISSUER, card, card_claims, hc1, own_claims, signer
from patience import PATIENCE
from playwright.sync_api import Page, expect

from temoin.crypto.signatures import thumbprint
from temoin.formats.hcert.claims import mark_of
from temoin.formats.hcert.revoking import write_revocations
from temoin.formats.hcert.smart import encode_base64url
from temoin.lib.clock import now


def fresh(**changed: Any) -> str:
    """Return a certificate of today: the browser's clock is the real one."""
    seconds = int(time.time())
    return hc1(signer(), own_claims(**{"iat": seconds - 60, "exp": seconds + 3600} | changed))


def check(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("button[type=submit]").click()


@pytest.fixture
def asked(page: Page) -> list[tuple[str, str, str]]:
    """What the page asks of anybody: method, address and body."""
    told: list[tuple[str, str, str]] = []
    page.on("request", lambda each: told.append((each.method, each.url, each.post_data or "")))
    return told


def test_a_certificate_is_judged_on_the_device_and_nothing_is_sent(page, site, asked):
    page.goto(f"{site.url}/verify/")
    expect(page.locator("#trust")).to_contain_text("4")
    before = len(asked)

    check(page, fresh())

    expect(page.locator("#verdict-title")).to_have_text("Valide", use_inner_text=True)
    expect(page.locator("#verdict-title")).to_be_focused()
    shown = page.locator("#outcome").inner_text()
    for words in ("Zoé Lefèvre", "29 février 1984", "24 novembre 2026 à 10:40", "négatif", "Pharmacie du Marché"):
        assert words in shown
    assert page.locator("#text").input_value() == ""
    assert asked[before:] == []
    assert {method for method, _, _ in asked} == {"GET"}
    assert [address for _, address, _ in asked if not address.startswith(site.url)] == []


def test_each_verdict_is_told_in_both_languages(page, site):
    seconds = int(time.time())
    certificates = {
        "Expired": fresh(exp=seconds - 1),
        "Not yet valid": fresh(iat=seconds + 600),
        "Unknown signer": hc1(signer("EC", "vaccination"), own_claims()),
        "Altered": hc1(signer(), own_claims(), signature=bytes(64)),
        "Not a certificate": "HC1:NOTHING",
        "Valid": card(signer(), card_claims(nbf=seconds - 60)),
    }
    page.goto(f"{site.url}/verify/")
    page.locator("[data-language=en]").click()

    for words, text in certificates.items():
        check(page, text)
        expect(page.locator("#verdict-title")).to_have_text(words, use_inner_text=True)


def test_the_page_breaks_no_rule_of_accessibility(page, site):
    page.goto(f"{site.url}/verify/")
    check(page, fresh())
    expect(page.locator("#verdict-title")).to_be_visible()

    assert Axe().run(page).response["violations"] == []


@pytest.fixture
def behind_a_proxy(site) -> Iterator[str]:
    """The site behind a real proxy: a browser's worker asks by itself, without the headers that a test adds."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with urllib.request.urlopen(asking(site.url + self.path), timeout=PATIENCE) as answer:  # noqa: S310 our own site
                self.send_response(answer.status)
                for name in ("Content-Type", "Content-Security-Policy", "Cache-Control"):
                    self.send_header(name, answer.headers.get(name, ""))
                self.end_headers()
                self.wfile.write(answer.read())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def asking(address: str) -> urllib.request.Request:
    return urllib.request.Request(address, headers={"X-Forwarded-Proto": "https"})  # noqa: S310 our own site


def test_the_page_works_without_a_network(page, site, behind_a_proxy):
    other = bytes(range(1, 17))
    name = encode_base64url(thumbprint(signer().public))
    told = {"at": now(), "key_id": name, "sign": signer().sign_digest}
    listed = write_revocations(ISSUER, [mark_of(other)], **told)
    site.database.execute("INSERT INTO certificates_revocation_list (id, content) VALUES (1, %s)", [listed])
    page.goto(f"{behind_a_proxy}/verify/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")  # it stands once the parts are kept
    page.context.set_offline(True)
    site.database.execute("DELETE FROM certificates_revocation_list")

    page.reload()
    check(page, fresh())

    expect(page.locator("#verdict-title")).to_have_text("Valide", use_inner_text=True)
    check(page, fresh(number=other))
    expect(page.locator("#verdict-title")).to_have_text("Révoqué", use_inner_text=True)
    check(page, "")
    expect(page.locator("#status")).to_contain_text("Collez d’abord")


def test_only_the_verifier_page_may_use_the_camera_and_a_worker(site):
    def headers(path: str) -> dict[str, str]:
        with urllib.request.urlopen(asking(site.url + path), timeout=PATIENCE) as answer:  # noqa: S310 our own site
            return dict(answer.headers)

    letter, verifier, keys = headers("/"), headers("/verify/"), headers("/verify/keys")

    assert "camera=()" in letter["Permissions-Policy"]
    assert "camera=(self)" in verifier["Permissions-Policy"]
    assert "trusted-types 'none'" in letter["Content-Security-Policy"]
    assert "trusted-types temoin-worker" in verifier["Content-Security-Policy"]
    assert "unsafe" not in verifier["Content-Security-Policy"]
    assert keys["Access-Control-Allow-Origin"] == "*"
