"""The section [fhir]: the authority's server, whom it may be, and who we are to it."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ValidationInfo, model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Place, Switch, Text, TextIfAny, Url, encrypted, refuse_setting, section
from temoin.transmission.rules.of_the_site import NamedRules, check_lawful
from temoin.transmission.tls import Pin, client_context


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


@section
class TokenClient:
    """Who gives tokens for the authority (OAuth 2, RFC 6749 §4.4), and how we prove who we are there (RFC 7523)."""

    token_url: Annotated[Url, encrypted("whoever reads a token may speak for us")]
    client_id: Text
    key: Place  # PEM, private
    algorithm: SignatureAlgorithm
    key_id: TextIfAny = ""  # `kid`, where they hold several keys of ours
    scope: TextIfAny = ""
    audience: TextIfAny = ""  # `aud` of the assertion, where it is not the address itself


@section
class FhirSettings:
    """Where the server is, whom it may be, and who we are to it.

    What would let results or tokens travel in clear is refused.
    """

    base_url: Annotated[Url, encrypted("results do not travel in clear")]
    enabled: Switch
    rules: NamedRules
    profile: Profile = Profile.EU_LABORATORY
    senders: dict[str, Text] = field(default_factory=dict)  # by FINESS: the number the authority knows a pharmacy by
    authorities: Place | None = None  # certificates that may have signed the server's; None: those the system trusts
    pin: Pin | None = None  # SHA-256 of the server's own certificate, in hexadecimal
    certificate: Place | None = None  # ours, for a server that asks who we are
    key: Place | None = None
    tokens: TokenClient | None = None
    later_extensions: Switch = True  # those that stand for elements of FHIR R5; false for a server that knows R4 alone

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        check_lawful(info, self.rules, enabled=self.enabled)
        if self.base_url.startswith("http://") and (self.pin or self.certificate or self.key):
            refuse_setting("is http, and certificates are named: make it https or take them out", "base_url")
        if (self.certificate is None) != (self.key is None):
            refuse_setting("and key go together: give both or neither", "certificate")
        if self.profile is not Profile.EU_LABORATORY:
            self._check_dialect()
        return self

    def _check_dialect(self) -> None:
        if not self.senders:
            refuse_setting(f"is missing: {self.profile} knows each pharmacy by a number of its own", "senders")
        if not self.later_extensions:
            refuse_setting(f"is not for {self.profile}, whose guide says what is in it", "later_extensions")


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
