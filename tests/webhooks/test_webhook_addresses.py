"""Where a notice may go: public addresses by https, judged by the address of the connection and not by the name."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.lib.config_error import ConfigError
from temoin.lib.section import read_section
from temoin.webhooks.addresses import AddressRefusedError, is_public, read_target
from temoin.webhooks.couriers.https import WebhookLine
from temoin.webhooks.settings import Outside, WebhookSettings

INSIDE = [
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0"),  # noqa: S104 refused
    *("192.0.0.192", "168.63.129.16", "224.0.0.1", "239.255.255.250", "255.255.255.255", "198.18.0.1", "240.0.0.1"),
    *("::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "fec0::1", "100::1"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "185.199.108.153", "2606:4700:4700::1111"])
def test_a_public_address_is_not(address):
    assert is_public(address)


@given(st.ip_addresses())
def test_whatever_is_not_global_is_refused(ip):
    assert not (is_public(str(ip)) and (ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast))


@pytest.mark.parametrize(
    "address",
    [
        *("http://program.example/", "ftp://program.example/", "//program.example/", "program.example", ""),
        *("https://", "https:///x", "https://localhost/", "https://user@program.example/", "https://a.example/#x"),
        *("https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://127.1/", "https://[fe80::1%25lo]/"),
        *("https://a.example:99999/", "https://a.example\\@b.example/", "https://a .example/", "https://ａ.example/"),
        *("https://a.example/\n", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest/meta-data/"),
    ],
)
def test_what_is_no_public_address_by_https_is_refused_when_it_is_typed(address):
    with pytest.raises(AddressRefusedError):
        read_target(address, Outside())


def test_a_demonstration_leads_nowhere_but_where_it_is_allowed():
    outside = Outside(frozenset({"localhost:8443"}), only_allowed=True)

    assert read_target("https://localhost:8443/x", outside).name == "localhost:8443"
    with pytest.raises(AddressRefusedError):
        read_target("https://program.example/", outside)


@given(st.text())
def test_any_text_is_taken_or_refused(text):
    try:
        target = read_target(text, Outside())
    except AddressRefusedError:
        return
    assert text.startswith("https://") or text.lower().startswith("https://")
    assert target.host


@pytest.mark.parametrize("inside", ["127.0.0.1", "::1", "169.254.169.254"])
def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch, inside):
    """The name looked public when it was registered, and its owner changed where it leads."""
    made: list[str] = []
    family = socket.AF_INET6 if ip_address(inside).version == 6 else socket.AF_INET

    async def lead_inside(_loop, host, port, **_asked):
        made.append(host)
        return [(family, socket.SOCK_STREAM, 6, "", (inside, port, *([0, 0] if family == socket.AF_INET6 else [])))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", lead_inside)

    answer = asyncio.run(_post("https://program.example/"))

    assert (answer.code, made) == ("not_public", ["program.example"])


async def _post(address: str):
    line = WebhookLine(Outside())
    try:
        return await line.post(address, b"{}", {})
    finally:
        await line.close()


def test_an_allowed_host_is_told_by_name_and_port():
    assert read_section(WebhookSettings, "webhooks", {"allowed_hosts": ["practice.internal:8443"]}).allowed_hosts
    for wrong in ("practice.internal", "https://practice.internal:1", "Practice.internal:8443", ":1", "a:b"):
        with pytest.raises(ConfigError, match="host:port"):
            read_section(WebhookSettings, "webhooks", {"allowed_hosts": [wrong]})
