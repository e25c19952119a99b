"""The section [certificates]: whose signatures the verifier page believes, and the key that signs our own."""

from __future__ import annotations

from temoin.lib.section import Place, section


@section
class CertificateSettings:
    """A folder of public keys: certificates of X.509 (`*.pem`), and keys of operators and issuers (`*.json`, JWKS).

    With a key of the operator's own, which the worker alone reads, results get certificates.
    """

    trusted: Place
    key: Place | None = None
