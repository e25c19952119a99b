"""The settings of the API: whether programs must show a TLS certificate, and who vouches for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from temoin.lib.handed import Handed
from temoin.lib.section import Section
from temoin.lib.site import Site


@dataclass(frozen=True, kw_only=True)
class Api:
    """Certificates of programs: the header in which the proxy hands them on, and the proxy's address; None is off."""

    certificate_header: str | None = None
    proxy: str | None = None


def read_api(section: Section) -> Api:
    """Read and check the section."""
    api = Api(certificate_header=section.optional("certificate_header", str), proxy=section.optional("proxy", str))
    section.end()
    if (api.certificate_header is None) != (api.proxy is None):
        raise section.wrong("certificate_header", "and proxy go together: give both or neither")
    if api.certificate_header is not None and not re.fullmatch(r"[A-Za-z0-9-]+", api.certificate_header):
        raise section.wrong("certificate_header", "must be the name of a header: letters, digits and dashes")
    return api


API: Handed[Api] = Handed("settings of the API")
SITE: Handed[Site] = Handed("addresses of the site")
