"""The sections [hl7] and [astm]: where programs and analysers hold lines open, and by what each is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Self

from pydantic import model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.data_file import is_loinc
from temoin.lib.section import Place, Port, Switch, Text, fitting, refuse_setting, section

_SHA_256 = re.compile("[0-9a-f]{64}")
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CLIENT_ID = re.compile(rf"{_UUID}\.{_UUID}")
# Networks that nobody outside reaches: this machine itself, and RFC 1918 and RFC 4193.
_PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")

ClientId = Annotated[Text, fitting(_CLIENT_ID.fullmatch, "must be a program's client identifier, as its page shows it")]
Fingerprint = Annotated[Text, fitting(_SHA_256.fullmatch, "must be SHA-256 fingerprints: 64 digits 0-9 a-f, no colons")]

Loinc = Annotated[Text, fitting(is_loinc, "must be LOINC codes: their check digits are looked at")]


def _is_private(text: str) -> bool:
    try:
        network = ip_network(text)
    except ValueError:
        return False
    return any(_holds(ip_network(one), network) for one in _PRIVATE)


def _holds(outer: IPv4Network | IPv6Network, inner: IPv4Network | IPv6Network) -> bool:
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type] # of one version


PrivateNetwork = Annotated[
    Text, fitting(_is_private, "must be this machine or a private network, such as 127.0.0.0/8 or 192.168.7.0/24")
]


def is_within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False


@section
class PlainPort:
    """A port without TLS: the network alone says who calls, so it is one program's, on a network that is named."""

    host: Text
    port: Port
    network: PrivateNetwork
    program: ClientId
    reason: Text  # why this road has no TLS; `temoin check` repeats it

    @model_validator(mode="after")
    def _stands_in_it(self) -> Self:
        if not is_within(self.host, self.network):
            refuse_setting("must be an address of this machine in the network named", "host")
        return self


@section
class Hl7PlainPort(PlainPort):
    """A port for HL7 v2 without TLS."""

    samples: Switch = False  # an analyser's: each result is that of the test under its sample's number


@section
class AnalyserPort(PlainPort):
    """A port for one analyser, which has no TLS."""

    codes: Mapping[Text, Loinc] = field(default_factory=dict)  # what the analyser calls its tests, in LOINC


@section
class AstmSettings:
    """Where `temoin listen` takes results of analysers, by ASTM."""

    analysers: Annotated[Mapping[str, AnalyserPort], fitting(bool, "is empty: nothing would listen")]


@section
class Hl7Settings:
    """Where `temoin listen` takes HL7 v2: with TLS for programs that show a certificate, or on plain ports."""

    notice: Text  # the notice that patients were told before their test, as the address of the API has it
    host: Text = "127.0.0.1"
    port: Port | None = None
    certificate: Place | None = None  # ours
    key: Place | None = None
    authorities: Place | None = None  # who may have signed programs' certificates; or those certificates themselves
    programs: Mapping[Fingerprint, ClientId] = field(default_factory=dict)  # whose certificate names no program
    plain: Mapping[str, Hl7PlainPort] = field(default_factory=dict)

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        given = {one is not None for one in (self.port, self.certificate, self.key, self.authorities)}
        if len(given) != 1:
            refuse_setting("certificate, key and authorities go together: give all of them or none", "port")
        if self.port is None and not self.plain:
            refuse_setting("is missing, and there is no plain port: nothing would listen", "port")
        return self


def check_hl7_files(own: Hl7Settings) -> None:
    """Refuse to go on without the certificates named."""
    for path in (own.certificate, own.authorities):
        if path is not None and not Path(path).is_file():
            raise ConfigError(f"The certificate file {path} of [hl7] is missing: restore it from its copy.")
