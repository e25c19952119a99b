"""Which addresses a notice may go to: https, and a public one, judged where the connection is made."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from temoin.webhooks.settings import Outside

_UNICAST = IPv6Network("2000::/3")  # mapped, translated and unassigned addresses lie outside
# Special, and global to some releases of Python (IANA's registries of special-purpose addresses).
_SPECIAL = tuple(
    ip_network(special)
    for special in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20", "168.63.129.16")
)  # the last is a cloud's own service to its machines


class AddressRefusedError(Exception):
    """No notice goes there."""


@dataclass(frozen=True)
class WebhookTarget:
    """An address as it was read."""

    host: str
    port: int

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


def read_target(address: str, outside: Outside) -> WebhookTarget:
    """Return where an address leads; AddressRefusedError for one that no notice may go to, as far as it tells itself.

    A name is judged when the connection is made: by then it may lead elsewhere than today.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise AddressRefusedError from None
    is_plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    if parts.scheme != "https" or not host or "@" in parts.netloc or "#" in address or not is_plain:
        raise AddressRefusedError
    target = WebhookTarget(host, port)
    if target.name in outside.allowed_hosts:
        return target
    if outside.only_allowed or not _may_be_public(host):
        raise AddressRefusedError
    return target


def _may_be_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return "." in host.strip(".") and not host.replace(".", "").isdigit()  # 127.1 and 2130706433 are no names


def is_public(address: str) -> bool:
    """Tell whether an IP address is anybody's on the internet; ValueError for what is none."""
    ip = ip_address(address)
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, IPv6Address) and ip not in _UNICAST:
        return False
    return not any(ip in special for special in _SPECIAL if special.version == ip.version)
