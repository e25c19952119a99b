"""Age and home told coarsely: ten years of age, a département. For anonymous copies, and for counting."""

from __future__ import annotations

from datetime import date

from temoin.lib.countries import FRENCH_POSTCODES
from temoin.testing.report import Address

# Ten years each, as the open data of the French screening file counted (2020-2023).
OLDEST_BAND = 90
# Guyane is of France under its own country's code too; Monaco has a French postcode and is no part of it.
PARTS_OF_FRANCE = FRENCH_POSTCODES - {"MCO"}


def age_band(born: date, day: date) -> str:
    """Return the ten years of age in which a person is on a day."""
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    first = max(0, age) // 10 * 10
    return f"{OLDEST_BAND}+" if first >= OLDEST_BAND else f"{first}-{first + 9}"


def departement(address: Address) -> str:
    """Return the French département of an address by its postcode, "" abroad or when it is not known.

    Some forty communes have the postcode of a neighbouring département: good enough for counting, not for naming one.
    """
    code = address.postcode
    if address.country not in PARTS_OF_FRANCE or len(code) != 5 or not (code.isascii() and code.isdecimal()):
        return ""
    if code.startswith("20"):  # Corsica: 200 and 201 are the south, 202 and 206 the north
        return "2A" if code < "20200" else "2B"
    return code[:3] if code.startswith(("97", "98")) else code[:2]
