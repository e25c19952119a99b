"""The authority's server, as the operator described it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from temoin.transmission.rules.rule_set import RuleSet


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
class Authority:
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
