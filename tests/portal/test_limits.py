"""Who is charged for a wrong try."""

from __future__ import annotations

import pytest

from temoin.portal.limits import (
    IN_ALL,
    PER_ADDRESS,
    PER_LETTER,
    PER_SITE,
    PER_SUBSCRIBER,
    caller_buckets,
    letter_buckets,
)


@pytest.mark.parametrize(
    ("address", "charged"),
    [
        ("192.0.2.7", {"192.0.2.7": PER_ADDRESS}),
        ("::ffff:192.0.2.7", {"192.0.2.7": PER_ADDRESS}),
        ("2001:db8:1:2:3:4:5:6", {"2001:db8:1:2::/64": PER_SUBSCRIBER, "2001:db8:1::/48": PER_SITE}),
        ("2001:db8:1:2:ffff::1", {"2001:db8:1:2::/64": PER_SUBSCRIBER, "2001:db8:1::/48": PER_SITE}),
        ("", {"": PER_ADDRESS}),
        ("nonsense", {"nonsense": PER_ADDRESS}),
    ],
)
def test_a_caller_is_an_ipv4_address_or_networks_of_ipv6(address, charged):
    assert {one.whose.removeprefix("caller|"): one.size for one in caller_buckets(address)} == charged


def test_a_real_letter_and_all_together_are_charged_besides():
    assert [one.size for one in letter_buckets(bytes(32))] == [PER_LETTER, IN_ALL]
