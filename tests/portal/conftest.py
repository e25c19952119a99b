"""The patient site as it runs: its own process, its own database role, and a real browser before it."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from browsing import launched, profile
from hcert_makers import ISSUER, signer
from patience import PATIENCE
from playwright.sync_api import Browser, Page, sync_playwright
from ports import free_port, wait_listening
from site_under_test import Site, portal_environment

from temoin.cli.certificates import publish_key
from temoin.crypto.signatures import public_jwk
from temoin_demo.postgresql.roles import DATABASE
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

_addresses = count(1)


@pytest.fixture(scope="session")
def settings_file(embedded_server: EmbeddedServer) -> Path:
    """The settings of a real site: behind a proxy that ends TLS, and no demonstration."""
    folder = embedded_server.folder
    text = (folder / "temoin.toml").read_text(encoding="utf-8")
    text = re.sub(r"^demo = .*$", "demo = false", text, flags=re.MULTILINE)
    text = text.replace('rules = "demonstration"', 'rules = "us-elr"')
    text = re.sub(r"^portal_url = .*$", 'portal_url = "https://127.0.0.1"', text, flags=re.MULTILINE)
    text += '\n[hosting]\nself_hosted = true\nname = "Pharmacie du Marché"\n'
    trusted = folder / "trusted"
    publish_key(folder / "keys" / "certificates.key", trusted, "https://127.0.0.1")
    keys = {"iss": ISSUER, "keys": [public_jwk(signer().public)]}
    (trusted / "operator.json").write_text(json.dumps(keys), encoding="utf-8")
    (trusted / "state.pem").write_text(ssl.DER_cert_to_PEM_cert(signer("EC", "test").certificate), encoding="ascii")
    path = folder / "portal.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def portal_url(settings_file: Path) -> Iterator[str]:
    """The patient site, served under the portal's role; the tests play the proxy before it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "temoin.cli.main", "portal", f"--port={port}", "--workers=2"],
        env=portal_environment(settings_file),
    )
    try:
        wait_listening(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


@pytest.fixture
def site(embedded_server: EmbeddedServer, portal_url: str, emptied_after: None) -> Iterator[Site]:  # noqa: ARG001
    """The site and, behind its back, the superuser's view of its database."""
    conninfo = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password(), DATABASE)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        # A letter without the patient, the record and the signature before it: foreign keys are not asked.
        connection.execute("SET session_replication_role = replica")
        yield Site(portal_url, connection)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, for one module only: while Playwright's loop lives, Django refuses the database."""
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def proxy_headers() -> dict[str, str]:
    """What the proxy before the site says: TLS ended here, and who asks (another person in each test)."""
    number = next(_addresses)
    return {"X-Forwarded-Proto": "https", "X-Forwarded-For": f"198.51.{number // 256}.{number % 256}"}


@pytest.fixture
def page(browser: Browser, proxy_headers: dict[str, str]) -> Iterator[Page]:
    """A fresh profile; the test fails on any error of the page's script, or breach of its content policy."""
    context = profile(browser, viewport={"width": 390, "height": 844}, locale="fr-FR", extra_http_headers=proxy_headers)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Security Policy" in line.text else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def posts(page: Page) -> list[str]:
    """The bodies that the page posts, as they leave."""
    bodies: list[str] = []
    page.on(
        "request",
        lambda request: bodies.append(request.post_data or "") if request.method == "POST" else None,
    )
    return bodies
