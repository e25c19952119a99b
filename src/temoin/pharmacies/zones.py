"""The time zone of a pharmacy: from its postcode at opening unless told otherwise, then wherever a time is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from time import monotonic
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from temoin.lib.data_file import Entry, read_data
from temoin.lib.errors import refuse
from temoin.lib.phones import region_of_postcode
from temoin.lib.tenant import current_pharmacy
from temoin.lib.zones import zone_named
from temoin.pharmacies.models import Pharmacy

KEPT = 30.0  # seconds for which a process remembers a pharmacy's zone: each page and each parcel asks for it
_POSTCODE = re.compile(r"[0-9]{5}")


class PharmacyPlace(NamedTuple):
    """Where a pharmacy is, as its clock and its telephone have it."""

    zone: ZoneInfo
    region: str  # of the numbering plan


_remembered: dict[UUID, tuple[float, PharmacyPlace]] = {}


def zone_of_postcode(postcode: str) -> str:
    """Return the zone of a French postcode; "" when it does not tell."""
    if not _POSTCODE.fullmatch(postcode):
        return ""
    known = load_zones()
    beginnings = (postcode[:length] for length in range(len(postcode), 0, -1))
    return next((known[one] for one in beginnings if one in known), "")


def zone_of_place(postcode: str) -> str:
    """Return the zone of a pharmacy's postcode; InvalidError when no part of France has it."""
    found = zone_of_postcode(postcode)
    if not found:
        raise refuse("postcode", "malformed", _("This is no French postcode: write its 5 digits."))
    return found


def choose_zone(told: str) -> str:
    """Return the zone told for a pharmacy; InvalidError when there is none of that name."""
    try:
        return zone_named(told).key
    except ValueError:
        message = _("This is not a time zone: write for instance America/Cayenne or Pacific/Noumea.")
        raise refuse("time_zone", "unknown", message) from None


def place_of(pharmacy_id: UUID) -> PharmacyPlace:
    """Return where a pharmacy is. A change is known to every process within half a minute."""
    known_since, place = _remembered.get(pharmacy_id, (0.0, None))
    if place is None or monotonic() - known_since > KEPT:
        name, postcode = Pharmacy.objects.values_list("time_zone", "postcode").get(id=pharmacy_id)
        place = PharmacyPlace(ZoneInfo(name), region_of_postcode(postcode))
        _remembered[pharmacy_id] = monotonic(), place
    return place


def zone_of(pharmacy_id: UUID) -> ZoneInfo:
    return place_of(pharmacy_id).zone


def zone_here() -> ZoneInfo:
    return zone_of(current_pharmacy())


def forget_zone(pharmacy_id: UUID) -> None:
    """Ask the database again at the next use, in this process."""
    _remembered.pop(pharmacy_id, None)


@cache
def load_zones() -> Mapping[str, str]:
    return build_zones(read_data("pharmacies", "zones.toml"))


def build_zones(file: Entry) -> Mapping[str, str]:
    zones = file.lists("zones")
    file.finish()
    found = {one: zone_named(zone).key for zone, beginnings in zones.items() for one in beginnings}
    return MappingProxyType(found)


def page_zone() -> ZoneInfo:
    """Return the zone of the pharmacy whose page this is; `access` sets it, and templates go by it."""
    zone = get_current_timezone()
    assert isinstance(zone, ZoneInfo)  # noqa: S101 narrows: settings and `access` give no other
    return zone
