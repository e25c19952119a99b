"""Who a caller is to whoever counts by address, and that nobody counts by anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from allauth.core.internal import ratelimit
from django.test import RequestFactory

import temoin
from temoin.lib.callers import caller_network, plain_address

# What asks where a call came from, and what it is to them. Whoever counts by it counts `caller_network`, but for the
# library of sign-in, which is given `plain_address` and cuts IPv6 to its /64 by itself.
ASKED = {
    "api/certificate.py": "compares it with the proxy's own",
    "api/views.py": "counts failed tokens (`pharmacies.token_pace`)",
    "portal/views.py": "counts wrong codes and forms (`portal.limits`)",
    "serving/lines.py": "counts who has not said who they are",
    "serving/reading.py": "hands it on",
    "signin/adapters.py": "hands it to the library of sign-in",
    "signin/session_limits.py": "shows a person from where they are signed in",
    "web/views/sessions.py": "shows a person from where they are signed in",
}
ASKING = ("REMOTE_ADDR", "FORWARDED_FOR", "get_client_ip", "peername", "address[0]")


@pytest.mark.parametrize(
    ("address", "plain", "network"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("", "", ""),
        ("unix:", "unix:", "unix:"),
    ],
)
def test_a_caller_is_an_ipv4_address_or_the_network_of_an_ipv6_one(address: str, plain: str, network: str):
    assert (plain_address(address), caller_network(address)) == (plain, network)


def test_the_library_of_sign_in_takes_all_of_ipv4_for_no_one_caller():
    asked = [RequestFactory(REMOTE_ADDR=address).get("/") for address in ("::ffff:192.0.2.7", "2001:db8:1:2::7")]

    assert [ratelimit.get_ip(one) for one in asked] == ["192.0.2.7", "2001:db8:1:2::"]


def test_whoever_asks_for_an_address_is_known():
    folder = Path(temoin.__file__).parent
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ASKING)
    }

    assert found == set(ASKED)
