"""The section [hosting]: who hosts the health data, declared before a production site starts.

Article L.1111-8 of the public health code: whoever hosts health data for others is certified (HDS). A pharmacy that
runs its own machine hosts for nobody else, and says so.
"""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Day, Switch, Text, refuse_setting, section


@section
class Hosting:
    """A certified host, or the pharmacy itself, which has no certificate."""

    self_hosted: Switch = False
    name: Text
    certificate: Text | None = None
    expires: Day | None = None

    @model_validator(mode="after")
    def _certified_or_own(self) -> Self:
        for key in ("certificate", "expires"):
            if not self.self_hosted and getattr(self, key) is None:
                refuse_setting("is missing", key)
            if self.self_hosted and getattr(self, key) is not None:
                refuse_setting("is for who hosts for others: take it out, or self_hosted", key)
        return self

    @property
    def words(self) -> str:
        """Return the declaration as a sentence."""
        if self.certificate is None:
            return f"{self.name} hosts its own data, for nobody else."
        return f"{self.name}, HDS certificate {self.certificate}, valid until {self.expires}."


def check_hosting(hosting: Hosting | None, *, demo: bool, today: date) -> None:
    """Refuse a production site whose host is not declared, or whose certificate is over."""
    if demo:
        return
    if hosting is None:
        raise ConfigError(
            "The host of the health data is not declared: add a section [hosting] with name, certificate and expires "
            "of an HDS-certified host, or with self_hosted = true and the pharmacy's name if it hosts for nobody else."
        )
    if hosting.expires is not None and hosting.expires < today:
        raise ConfigError(
            f"The HDS certificate {hosting.certificate} of {hosting.name} ended on {hosting.expires}: "
            "write the new certificate and its end in [hosting]."
        )
