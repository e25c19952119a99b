"""The section [rates]: how many parcels a second may leave for a destination, all workers together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section


def read_rates(section: Section) -> Mapping[str, int]:
    """Return the parcels a second that each destination named there takes at most."""
    rates = {name: section.required(name, int) for name in section.names()}
    for name, rate in rates.items():
        if rate < 1:
            raise section.wrong(name, "must be at least 1 parcel a second; to stop a destination, disable it")
    return rates


def check_rates(rates: Mapping[str, int], destinations: Collection[str]) -> None:
    """Refuse the name of a destination that nothing serves: its rate would bind nobody."""
    for name in sorted(set(rates) - set(destinations)):
        known = ", ".join(sorted(destinations))
        raise ConfigError(f"[rates] names {name}, which no courier serves here; the destinations are {known}.")
