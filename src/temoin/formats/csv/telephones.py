"""The numbering plans in which a number beside an address is meant."""

from __future__ import annotations

from temoin.lib.countries import FRANCE, FRENCH_POSTCODES, two_letters
from temoin.lib.phones import PhoneError, read_phone, region_of_postcode
from temoin.testing.report import Address


def regions_of(address: Address) -> set[str]:
    """Return the numbering plans of a place: its country's, and of France that of the postcode."""
    regions = {two_letters(address.country)}
    if address.country in FRENCH_POSTCODES:
        regions = {region_of_postcode(address.postcode), *(regions - {two_letters(FRANCE)})}
    return regions


def dialled(address: Address, value: str) -> str:
    """Return a number of a place in E.164; "" where nobody can have it, or where two have it."""
    try:
        return read_phone(value, regions_of(address))
    except PhoneError:
        return ""
