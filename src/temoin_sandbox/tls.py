"""The certificates of the sandbox, made at its start: the right one, another host's, an expired one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

import trustme

from temoin_sandbox.faults import FaultDesk, Shown

ANOTHER_HOST = "elsewhere.invalid"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TlsIdentity:
    """What the listeners show, and whom a client must trust to believe it."""

    context: ssl.SSLContext
    authorities: bytes  # PEM


def make_identity(host: str, desk: FaultDesk) -> TlsIdentity:
    """Make the certificates of an authority of our own; the desk says at each handshake which one is shown."""
    signer = trustme.CA()
    contexts = {
        Shown.RIGHT: _context(signer.issue_cert(host, "localhost")),
        Shown.WRONG_HOST: _context(signer.issue_cert(ANOTHER_HOST)),
        Shown.EXPIRED: _context(signer.issue_cert(host, "localhost", not_after=LONG_AGO)),
    }

    def choose(line: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        shown = desk.faults.certificate
        if shown is not Shown.RIGHT:
            desk.record("certificate")
        line.context = contexts[shown]

    front = _context(signer.issue_cert(host, "localhost"))
    front.sni_callback = choose  # called without a name too
    return TlsIdentity(front, signer.cert_pem.bytes())


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate.configure_cert(context)
    return context
