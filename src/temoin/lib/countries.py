"""Countries and territories of ISO 3166-1, from the Debian project's list that pycountry carries."""

from __future__ import annotations

import gettext
from functools import cache

import pycountry

from temoin.lib.names import plain_name

FRANCE = "FRA"
# France, and what of it is a country of its own in ISO 3166-1 with a French postcode.
FRENCH_POSTCODES = frozenset(
    {FRANCE, "GLP", "MTQ", "GUF", "REU", "SPM", "MYT", "BLM", "MAF", "WLF", "PYF", "NCL", "MCO"}
)


class UnknownCountryError(ValueError):
    """Not a code of ISO 3166-1."""


def is_country(alpha_3: str) -> bool:
    """Tell whether this is a code of three letters of ISO 3166-1."""
    return alpha_3 in _two_letters()


def two_letters(alpha_3: str) -> str:
    """Return the code of two letters; UnknownCountryError."""
    try:
        return _two_letters()[alpha_3]
    except KeyError:
        raise UnknownCountryError from None


def country_names(language: str) -> dict[str, str]:
    """Return the names of all countries by their code of three letters, in alphabetical order."""
    return dict(_names("fr" if language.lower().startswith("fr") else "en"))


def country_abroad(alpha_3: str, language: str) -> str:
    """Return a country as the end of an address has it: "" for France, and where none is known."""
    return "" if alpha_3 == FRANCE else country_names(language).get(alpha_3, "")


def find_country(text: str) -> str:
    """Return the code of three letters for any code or name of ISO 3166-1, in French or English; "" for none."""
    return _codes().get(text.strip().upper()) or _written_names().get(plain_name(text), "")


@cache
def _codes() -> dict[str, str]:
    codes = [(country, (country.alpha_2, country.alpha_3, country.numeric)) for country in pycountry.countries]
    return {code: country.alpha_3 for country, ways in codes for code in ways}


@cache
def _written_names() -> dict[str, str]:
    french = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["fr"], fallback=True)
    found: dict[str, str] = {}
    for country in pycountry.countries:
        names = {getattr(country, kind, country.name) for kind in ("name", "common_name", "official_name")}
        found |= {plain_name(said): country.alpha_3 for name in names for said in (name, french.gettext(name))}
    return found


@cache
def _two_letters() -> dict[str, str]:
    return {country.alpha_3: country.alpha_2 for country in pycountry.countries}


@cache
def _names(language: str) -> tuple[tuple[str, str], ...]:
    words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
    named = [
        (country.alpha_3, words.gettext(getattr(country, "common_name", country.name)))
        for country in pycountry.countries
    ]
    return tuple(sorted(named, key=lambda each: plain_name(each[1])))
