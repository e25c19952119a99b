"""The channels of this process: announced once, when Django starts, for those who put destinations into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from temoin.lib.site import Site
from temoin.outbox.channel import Audience, Channel, CodeWords, Destination, Manner
from temoin.outbox.courier import register_courier
from temoin.outbox.duties import register_duty

_channels: dict[str, Channel[Any]] = {}


def open_channels(channels: Iterable[Channel[Any]], settings: Mapping[str, Any], site: Site) -> None:
    """Announce channels, with the couriers and duties of those that have settings."""
    for channel in channels:
        _channels[channel.name] = channel
        if channel.name in settings:
            own = settings[channel.name]
            for courier in channel.couriers(own, site):
                register_courier(courier)
            for duty in channel.duties(own):
                register_duty(duty)


def destinations() -> list[Destination]:
    """Return the destinations of all channels, set up here or not: a parcel may be older than today's settings."""
    return [destination for channel in _channels.values() for destination in channel.destinations]


def destination_named(name: str) -> Destination | None:
    """Return a destination; None for one that no channel bears any more."""
    return next((each for each in destinations() if each.name == name), None)


def words_of_code(code: str) -> CodeWords | None:
    """Return what a channel's own code of an answer means; None for a code that several share."""
    return next((channel.reasons[code] for channel in _channels.values() if code in channel.reasons), None)


def place_of(name: str) -> tuple[int, str]:
    """Return a destination's place on screens: in the order of the channels' list, unknown ones after them by name."""
    names = [each.name for each in destinations()]
    return (names.index(name) if name in names else len(names), name)


def names_of(audience: Audience) -> list[str]:
    """Return the names of the destinations that somebody reads."""
    return [each.name for each in destinations() if each.audience is audience]


def names_in(manner: Manner) -> list[str]:
    """Return the names of the destinations whose parcels are worded that way."""
    return [each.name for each in destinations() if each.manner is manner]
