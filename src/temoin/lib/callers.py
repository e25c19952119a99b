"""Who a caller is to whoever counts by address: an IPv4 address, or the /64 of an IPv6 one.

One subscriber has a /64 at least, and draws addresses from it at will: counted by address, nobody would ever reach a
bound. An IPv4 address may come written as an IPv6 one (::ffff:0:0/96), as a proxy's socket for both tells it: cut to a
/64, all of IPv4 would be one caller, and one stranger's wrong passwords everybody's.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

SUBSCRIBER: Final = 64  # bits


def plain_address(address: str) -> str:
    """Return an address as it is written shortest, IPv4 as IPv4; what is none is returned as it is."""
    try:
        known = ip_address(address.partition("%")[0])  # without the interface of an address on this link
    except ValueError:
        return address
    return str((known.ipv4_mapped if isinstance(known, IPv6Address) else None) or known)


def caller_network(address: str, bits: int = SUBSCRIBER) -> str:
    """Return what is counted in the place of an address."""
    plain = plain_address(address)
    try:
        known = ip_address(plain)
    except ValueError:
        return plain
    return str(IPv6Network((known, bits), strict=False)) if isinstance(known, IPv6Address) else plain
