"""The section [rates]: how many parcels a second may leave for a destination, all workers together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Number, fitting

_SOME = fitting(lambda rate: rate >= 1, "must be at least 1 parcel a second; to stop a destination, disable it")
Rates = dict[str, Annotated[Number, _SOME]]


def check_rates(rates: Mapping[str, int], destinations: Collection[str]) -> None:
    """Refuse the name of a destination that nothing serves: its rate would bind nobody."""
    for name in sorted(set(rates) - set(destinations)):
        known = ", ".join(sorted(destinations))
        raise ConfigError(f"[rates] names {name}, which no courier serves here; the destinations are {known}.")
