"""The section [certificates]: whose signatures the verifier page believes, and the key that signs our own."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from temoin.certificates.settings import StateSettings
from temoin.lib.section import Place, Switch, refuse_setting, section


@section
class CertificateSettings:
    """A folder of public keys: certificates of X.509 (`*.pem`), and keys of operators and issuers (`*.json`, JWKS).

    With a key of the operator's own, which the worker alone reads, results get certificates; with `health_cards`, as
    SMART Health Cards too; with `state`, as EU certificates that a state signs.
    """

    trusted: Place
    key: Place | None = None
    health_cards: Switch = False
    state: StateSettings | None = None

    @model_validator(mode="after")
    def _have_a_key(self) -> Self:
        if self.health_cards and self.key is None:
            refuse_setting("needs key: cards are signed", "health_cards")
        if self.state is not None and self.key is None:
            refuse_setting("needs key: what a state signed is revoked on our signed list", "state")
        return self
