"""The section [fhir]: the authority's server, whom it may be, and who we are to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section, is_loopback
from temoin.transmission.rules.of_the_site import Rules
from temoin.transmission.rules.rule_set import RuleSet
from temoin.transmission.tls import client_context


class Profile(StrEnum):
    """What the authority speaks."""

    EU_LABORATORY = "eu-laboratory"  # any FHIR R4 server
    CH_ELM = "ch-elm"
    DEMIS = "demis"


class SignatureAlgorithm(StrEnum):
    """How our key signs when it asks for a token: SMART asks servers for RS384 and ES384."""

    RS384 = "RS384"
    PS256 = "PS256"
    PS384 = "PS384"
    ES256 = "ES256"
    ES384 = "ES384"


@dataclass(frozen=True, kw_only=True)
class TokenClient:
    """Who gives tokens for the authority (OAuth 2, RFC 6749 §4.4), and how we prove who we are there (RFC 7523)."""

    token_url: str
    client_id: str
    key: Path  # PEM, private
    algorithm: SignatureAlgorithm
    key_id: str = ""  # `kid`, where they hold several keys of ours
    scope: str = ""
    audience: str = ""  # `aud` of the assertion, where it is not the address itself


@dataclass(frozen=True, kw_only=True)
class FhirSettings:
    """Where the server is, whom it may be, and who we are to it."""

    base_url: str
    enabled: bool
    rules: RuleSet
    profile: Profile = Profile.EU_LABORATORY
    senders: Mapping[str, str] = field(default_factory=dict)  # by FINESS: the number the authority knows a pharmacy by
    authorities: Path | None = None  # certificates that may have signed the server's; None: those the system trusts
    pin: str | None = None  # SHA-256 of the server's own certificate, in hexadecimal
    certificate: Path | None = None  # ours, for a server that asks who we are
    key: Path | None = None
    tokens: TokenClient | None = None
    later_extensions: bool = True  # those that stand for elements of FHIR R5; false for a server that knows R4 alone


def read_fhir(section: Section, folder: Path, rules: Rules) -> FhirSettings:
    """Read the section; what would let results or tokens travel in clear is refused."""

    def path(key: str) -> Path | None:
        named = section.optional(key, str)
        return None if named is None else folder / named

    enabled = section.required("enabled", bool)
    authority = FhirSettings(
        base_url=section.url("base_url"),
        enabled=enabled,
        rules=rules.named_in(section, enabled=enabled),
        profile=section.word("profile", Profile) if section.has("profile") else Profile.EU_LABORATORY,
        senders=section.section("senders").texts() if section.has("senders") else {},
        authorities=path("authorities"),
        pin=section.optional("pin", str),
        certificate=path("certificate"),
        key=path("key"),
        tokens=_tokens(section.section("tokens"), folder) if section.has("tokens") else None,
        later_extensions=section.optional("later_extensions", bool) is not False,
    )
    section.end()
    _check(section, authority)
    return authority


def _tokens(section: Section, folder: Path) -> TokenClient:
    tokens = TokenClient(
        token_url=section.url("token_url"),
        client_id=section.required("client_id", str),
        key=section.path("key", folder),
        algorithm=section.word("algorithm", SignatureAlgorithm),
        key_id=section.optional("key_id", str) or "",
        scope=section.optional("scope", str) or "",
        audience=section.optional("audience", str) or "",
    )
    section.end()
    if tokens.token_url.startswith("http://") and not is_loopback(tokens.token_url):
        raise section.wrong("token_url", "must be https: whoever reads a token may speak for us")
    return tokens


def _check(section: Section, authority: FhirSettings) -> None:
    is_clear = authority.base_url.startswith("http://")
    if is_clear and not is_loopback(authority.base_url):
        raise section.wrong("base_url", "must be https: results do not travel in clear")
    if is_clear and (authority.pin or authority.certificate or authority.key):
        raise section.wrong("base_url", "is http, and certificates are named: make it https or take them out")
    if authority.profile is not Profile.EU_LABORATORY and not authority.senders:
        raise section.wrong("senders", f"is missing: {authority.profile} knows each pharmacy by a number of its own")
    if authority.profile is not Profile.EU_LABORATORY and not authority.later_extensions:
        raise section.wrong("later_extensions", f"is not for {authority.profile}, whose guide says what is in it")
    if (authority.certificate is None) != (authority.key is None):
        raise section.wrong("certificate", "and key go together: give both or neither")
    if authority.pin is not None and re.fullmatch("[0-9a-f]{64}", authority.pin) is None:
        raise section.wrong("pin", "must be a SHA-256 fingerprint: 64 digits 0-9 a-f, without colons")


def check_fhir_files(authority: FhirSettings) -> None:
    """Refuse to go on without the certificates named, or with a key that is of no use."""
    for path in (authority.authorities, authority.certificate):
        if path is not None and not path.is_file():
            raise ConfigError(f"The certificate file {path} of [fhir] is missing: restore it from its copy.")
    tokens = authority.tokens
    keys = (authority.key, None if tokens is None else tokens.key)
    if not all(path is None or path.is_file() for path in keys):
        return  # that each key is there is asked of every secret
    try:
        client_context(authorities=authority.authorities, certificate=authority.certificate, key=authority.key)
    except OSError:
        raise ConfigError(
            "The files of [fhir] cannot open a connection: authorities and certificate must be PEM, and key "
            "must be the private key of certificate."
        ) from None
    if tokens is not None:
        _check_signing_key(tokens)


def _check_signing_key(tokens: TokenClient) -> None:
    # here, not above: the patients' site reads this file's settings too, and loads no cryptography
    from temoin.crypto.client_assertion import SigningKeyError, read_signing_key

    try:
        read_signing_key(tokens.key.read_bytes(), tokens.algorithm)
    except SigningKeyError:
        raise ConfigError(
            f"The file {tokens.key} of [fhir.tokens] holds no private key for {tokens.algorithm}: "
            "name the right file, or the algorithm of its key."
        ) from None
