"""The section [certificates]: whose signatures the verifier page believes."""

from __future__ import annotations

from temoin.lib.section import Place, section


@section
class TrustedSigners:
    """A folder of public keys: certificates of X.509 (`*.pem`), and keys of operators and issuers (`*.json`, JWKS)."""

    trusted: Place
