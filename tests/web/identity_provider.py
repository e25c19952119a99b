"""The OpenID provider of the tests: the npm package oidc-provider, started here and told what to answer."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from django.conf import settings as django_settings
from programs import need

from temoin.config.file import ProSanteConnect

FOLDER = Path(__file__).parents[1] / "oidc"
CLIENT = "temoin-tests"
SECRET = "a-secret-of-the-tests"


class IdentityProvider:
    """A running provider; `answers` sets who signs in there and what is told of them."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.discovery_url = f"{self.origin}/realm/.well-known/wallet-openid-configuration"

    def answers(self, person: dict[str, Any], **mode: Any) -> None:
        """Set the next answers: acr, idToken (claims changed and signed again), foreignKey, delay, cancel."""
        answer = requests.put(f"{self.origin}/test/mode", json={"acr": "eidas1", **mode, "person": person}, timeout=5)
        answer.raise_for_status()

    def visit(self, address: str) -> str:
        """Go where the site sends the browser, as a browser does; return the address that leads back."""
        with requests.Session() as browser:
            while not address.startswith("http://testserver/"):
                answer = browser.get(address, allow_redirects=False, timeout=10)
                assert answer.is_redirect, answer.text
                address = requests.compat.urljoin(address, answer.headers["Location"])
        return address


@contextmanager
def running_provider() -> Iterator[IdentityProvider]:
    """Start the provider on a free port, and stop it."""
    node = need("nodejs", shutil.which("node") or "/usr/bin/node")
    need("npm, then npm ci --prefix tests/oidc", str(FOLDER / "node_modules" / "oidc-provider"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [node, str(FOLDER / "provider.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"port": port, "clientId": CLIENT, "secret": SECRET}).encode())
        process.stdin.close()
        line = process.stdout.readline()
        while line and line.strip() != b"listening":
            line = process.stdout.readline()
        assert line, "the provider did not start"
        yield IdentityProvider(port)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def professional(rpps: str, *finess: str, **changes: Any) -> dict[str, Any]:
    """Return what Pro Santé Connect says of a pharmacist who works in these sites (domain rules 2.8)."""
    activities = [
        {
            "codeModeExercice": "S",
            "codeSecteurDactivite": "SA33",
            "codeSectionPharmacien": "D",
            "numeroFinessSite": number,
            "raisonSocialeSite": "PHARMACIE",
        }
        for number in finess
    ]
    practice = {"codeProfession": "21", "codeCategorieProfessionnelle": "C", "activities": activities}
    return {
        "sub": f"f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:8{rpps}",
        "preferred_username": f"8{rpps}",
        "SubjectNameID": f"8{rpps}",
        "given_name": "CLAIRE",
        "family_name": "MARTIN",
        "SubjectRefPro": {"exercices": [practice]},
        **changes,
    }


def point_at(settings: Any, discovery_url: str) -> None:
    """Configure Pro Santé Connect, as the settings file would."""
    known = ProSanteConnect(
        discovery_url=discovery_url, client_id=CLIENT, secret_file=Path("/nowhere"), scope="openid scope_all"
    )
    settings.TEMOIN = replace(django_settings.TEMOIN, pro_sante_connect=known)
    settings.PRO_SANTE_CONNECT_SECRET = SECRET
