"""Countries and territories of ISO 3166-1, from the Debian project's list that pycountry carries."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from functools import cache

import pycountry

from temoin.lib.data_file import Entry, read_data
from temoin.lib.names import plain_name, plain_words

FRANCE = "FRA"
# France, and what of it is a country of its own in ISO 3166-1 with a French postcode.
FRENCH_POSTCODES = frozenset(
    {FRANCE, "GLP", "MTQ", "GUF", "REU", "SPM", "MYT", "BLM", "MAF", "WLF", "PYF", "NCL", "MCO"}
)


class UnknownCountryError(ValueError):
    """Not a code of ISO 3166-1."""


@dataclass(frozen=True, slots=True)
class EverydayNames:
    """What people call countries beside ISO 3166-1: folded names, with the codes of all that bear each."""

    names: dict[str, tuple[str, ...]]
    articles: tuple[str, ...]


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


def countries_named(text: str) -> tuple[str, ...]:
    """Return the codes of three letters that a code, or a name in French or English, may mean: one, several or none."""
    code = _codes().get(text.strip().upper().replace(".", ""))
    if code:
        return (code,)
    named = _written_names()
    article, *words = plain_words(text) or [""]
    return named.get(plain_name(text)) or (named.get("".join(words), ()) if article in _everyday().articles else ())


def build_everyday_names(file: Entry) -> EverydayNames:
    found: dict[str, tuple[str, ...]] = {}
    for code, names in file.lists("names").items():
        found |= {plain_name(name): (code,) for name in names}
    found |= {plain_name(name): codes for name, codes in file.lists("shared").items()}
    if wrong := {code for codes in found.values() for code in codes if not is_country(code)}:
        raise file.error("names", f"has {min(wrong)}, which is no country of ISO 3166-1")
    everyday = EverydayNames(found, file.texts("articles"))
    file.finish()
    return everyday


@cache
def _everyday() -> EverydayNames:
    return build_everyday_names(read_data("lib", "countries.toml"))


@cache
def _codes() -> dict[str, str]:
    codes = [(country, (country.alpha_2, country.alpha_3, country.numeric)) for country in pycountry.countries]
    return {code: country.alpha_3 for country, ways in codes for code in ways}


@cache
def _written_names() -> dict[str, tuple[str, ...]]:
    french = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["fr"], fallback=True)
    found: dict[str, tuple[str, ...]] = {}
    for country in pycountry.countries:
        names = {getattr(country, kind, country.name) for kind in ("name", "common_name", "official_name")}
        said = names | {french.gettext(name) for name in names}
        said |= {" ".join(reversed(name.split(", "))) for name in said}  # "Russie, Fédération de"
        found |= {plain_name(name): (country.alpha_3,) for name in said}
    return found | _everyday().names  # after the list, which gives Congo to one of the two


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
