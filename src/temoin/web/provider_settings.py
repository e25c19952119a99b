"""The section [pro_sante_connect]: the identity provider of health professionals, where the operator uses it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from temoin.lib.section import Section, is_loopback


@dataclass(frozen=True, kw_only=True)
class ProSanteConnect:
    """Where the provider describes itself, and who we are to it."""

    discovery_url: str
    client_id: str
    secret_file: Path
    scope: str


def read_pro_sante_connect(section: Section, folder: Path) -> ProSanteConnect:
    """Read the section; the discovery document is not at OpenID's usual address, so its own is asked for."""
    provider = ProSanteConnect(
        discovery_url=section.url("discovery_url"),
        client_id=section.required("client_id", str),
        secret_file=section.path("secret_file", folder),
        scope=section.optional("scope", str) or "openid scope_all",
    )
    section.end()
    if provider.discovery_url.startswith("http://") and not is_loopback(provider.discovery_url):
        raise section.wrong("discovery_url", "must be https: who signs in is decided there")
    return provider
