"""Where the trial goes, and by what it is let in."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SCHEMES = {"http": 80, "https": 443, "mllp": 2575, "mllps": 2575}
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class EndpointError(ValueError):
    """The address cannot be tried; the message says what to give instead."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The address taken apart, and how to come in."""

    scheme: str
    host: str
    port: int
    path: str
    seconds: float = 10.0  # as long as a courier waits
    token: str = ""
    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def is_encrypted(self) -> bool:
        return self.scheme in {"https", "mllps"}

    def check_there(self) -> None:
        """Refuse an address where nobody listens: trying it case by case would only say so thirteen times."""
        try:
            socket.create_connection((self.host, self.port), self.seconds).close()
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise EndpointError(f"Nobody listens at {self.host}, port {self.port}: {why}.") from None

    def context(self) -> ssl.SSLContext:
        """Return what verifies the endpoint's certificate as a courier does, and shows ours where there is one."""
        context = ssl.create_default_context(cafile=self.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context


def read_address(address: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path; an address with a name, a password or a query is refused."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise EndpointError(f"No address: {error}.") from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise EndpointError("Give an address like https://host/fhir, mllps://host:2575 or mllp://host:2575.")
    if parts.username is not None or parts.query or parts.fragment:
        raise EndpointError("Give the address alone: no name, password or query. A token goes into --token-file.")
    return parts.scheme, parts.hostname, port or SCHEMES[parts.scheme], parts.path.rstrip("/")
