"""The section [rates]: how many parcels a second may leave for a destination, all workers together."""

from __future__ import annotations

from collections.abc import Mapping

from temoin.config.section import Section


def read_rates(section: Section) -> Mapping[str, int]:
    """Read the section; `temoin worker` refuses the name of a destination that nothing serves."""
    rates = {name: section.required(name, int) for name in section.names()}
    for name, rate in rates.items():
        if rate < 1:
            raise section.wrong(name, "must be at least 1 parcel a second; to stop a destination, disable it")
    return rates
