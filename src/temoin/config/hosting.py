"""The section [hosting]: who hosts the health data, declared before a production site starts.

Article L.1111-8 of the public health code: whoever hosts health data for others is certified (HDS). A pharmacy that
runs its own machine hosts for nobody else, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """A certified host, or the pharmacy itself (`certificate` and `expires` are None)."""

    name: str
    certificate: str | None
    expires: date | None

    @property
    def words(self) -> str:
        """Return the declaration as a sentence."""
        if self.certificate is None:
            return f"{self.name} hosts its own data, for nobody else."
        return f"{self.name}, HDS certificate {self.certificate}, valid until {self.expires}."


def read_hosting(section: Section) -> Hosting:
    """Read the declaration: `self_hosted = true` with the pharmacy's name, or a host with its certificate."""
    own = section.optional("self_hosted", bool) or False
    name = section.required("name", str)
    hosting = Hosting(
        name=name,
        certificate=None if own else section.required("certificate", str),
        expires=None if own else section.required("expires", date),
    )
    section.end()
    return hosting


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
