"""Countries and territories of ISO 3166-1, from the Debian project's list that pycountry carries."""

from __future__ import annotations

import gettext
from functools import cache

import pycountry

from temoin.lib.names import plain_name

FRANCE = "FRA"


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
