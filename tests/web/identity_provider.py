"""The OpenID provider of the tests: the npm package oidc-provider, started here and told what to answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from django.conf import settings as django_settings
from node_provider import running_node
from patience import PATIENCE

from temoin.web.provider_settings import ProSanteConnect

CLIENT = "temoin-tests"
SECRET = "a-secret-of-the-tests"


class IdentityProvider:
    """A running provider; `answers` sets who signs in there and what is told of them."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.discovery_url = f"{self.origin}/realm/.well-known/wallet-openid-configuration"

    def answers(self, person: dict[str, Any], **mode: Any) -> None:
        """Set the next answers: acr, idToken (claims changed and signed again), foreignKey, delay, cancel."""
        answer = requests.put(
            f"{self.origin}/test/mode", json={"acr": "eidas1", **mode, "person": person}, timeout=PATIENCE
        )
        answer.raise_for_status()

    def visit(self, address: str) -> str:
        """Go where the site sends the browser, as a browser does; return the address that leads back."""
        with requests.Session() as browser:
            while not address.startswith("http://testserver/"):
                answer = browser.get(address, allow_redirects=False, timeout=PATIENCE)
                assert answer.is_redirect, answer.text
                address = requests.compat.urljoin(address, answer.headers["Location"])
        return address


@contextmanager
def running_provider() -> Iterator[IdentityProvider]:
    """Start the provider on a free port, and stop it."""
    with running_node("provider.mjs", clientId=CLIENT, secret=SECRET) as port:
        yield IdentityProvider(port)


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
