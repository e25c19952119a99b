"""Mutual TLS behind a proxy: the certificate that the proxy checked, as the thumbprint a token is bound to (RFC 8705).

Off unless the settings name the header. Then no token is given or taken without a certificate, and the header counts
only when the proxy that the settings name has sent it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256
from urllib.parse import unquote

from django.http import HttpRequest

from temoin.api.settings import API
from temoin.pharmacies.programs import ProgramRefusedError

_ARMOUR = re.compile(r"-----(BEGIN|END) CERTIFICATE-----")


def presented(request: HttpRequest) -> bytes:
    """Return the SHA-256 thumbprint of the caller's certificate; b"" when certificates are not asked for.

    Read as nginx writes it (`$ssl_client_escaped_cert`) or as RFC 9440 does (`:base64:`).
    """
    header, proxy = API().certificate_header, API().proxy
    if header is None:
        return b""
    value = request.headers.get(header, "")
    if request.META.get("REMOTE_ADDR") != proxy or not value:
        raise ProgramRefusedError
    bare = "".join(_ARMOUR.sub("", unquote(value)).split()).strip(":")
    try:
        der = b64decode(bare, validate=True)
    except ValueError:
        raise ProgramRefusedError from None
    return sha256(der).digest()
