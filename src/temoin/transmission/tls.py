"""Encrypted connections: the other side's certificate is verified, pinned if a pin is named, answered with ours."""

from __future__ import annotations

import hashlib
import hmac
import re
import ssl
from pathlib import Path
from typing import Annotated

from temoin.lib.section import Text, fitting

_SHA_256 = re.compile("[0-9a-f]{64}")
# The other side's own certificate, as a section of a channel names it.
Pin = Annotated[Text, fitting(_SHA_256.fullmatch, "must be a SHA-256 fingerprint: 64 digits 0-9 a-f, without colons")]


class _PinnedObject(ssl.SSLObject):
    """A connection that only the pinned certificate can open: its handshake fails before a byte of ours has left."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        shown = self.getpeercert(binary_form=True) or b""
        if not isinstance(context, _PinnedContext) or not hmac.compare_digest(
            hashlib.sha256(shown).hexdigest(), context.pin
        ):
            raise ssl.SSLCertVerificationError("not the pinned certificate")


class _PinnedContext(ssl.SSLContext):
    """Verifies as any context does, and then the pin; asyncio makes its connections from `sslobject_class`."""

    sslobject_class = _PinnedObject
    pin = ""


def client_context(
    *, authorities: Path | None, pin: str | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """Return how to open connections; `pin` is the SHA-256 of the other side's own certificate, in hexadecimal."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if pin is None else _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(context, _PinnedContext):
        context.pin = pin or ""
    if authorities is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        context.load_verify_locations(authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context
