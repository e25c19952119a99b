"""TLS of open lines: each side shows a certificate, and a line without one is never opened."""

from __future__ import annotations

import ssl
from pathlib import Path


def mutual_context(*, certificate: Path, key: Path, authorities: Path) -> ssl.SSLContext:
    """Return how lines are opened; `authorities` may hold signers of certificates, or the certificates themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key, password="")  # one that asks for a passphrase is refused, and asks nobody
    context.load_verify_locations(authorities)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
