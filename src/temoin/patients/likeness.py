"""When two records may be of one person: a look for whoever is about to write the second one."""

from __future__ import annotations

from datetime import date

from temoin.lib.names import plain_name, spelt_alike
from temoin.patients.traits import Traits

_SLIPS_OF_A_DATE = 1  # digits


def bears_name(known: Traits, family_name: str) -> bool:
    """Tell whether a person bears this family name, by birth or in use, give or take one letter or a spelling."""
    wanted = plain_name(family_name)
    return any(spelt_alike(wanted, plain_name(name)) for name in _family_names(known))


def bears_exactly(known: Traits, family_name: str) -> bool:
    return plain_name(known.birth_family_name) == plain_name(family_name)


def is_near(known: Traits, given: Traits) -> bool:
    """Tell whether a person should say that these are two: same NIR, or alike in name and birth date."""
    if given.nir and known.nir == given.nir:
        return True
    if known.birth_date != given.birth_date:
        return _same_names(known, given) and _near_dates(known.birth_date, given.birth_date)
    # Twins bear one name and one birth date: their given names tell them apart.
    families = any(bears_name(known, name) for name in _family_names(given))
    return families and _near_given(known, given)


def _family_names(traits: Traits) -> list[str]:
    return [name for name in (traits.birth_family_name, traits.used_family_name) if name]


def _near_given(known: Traits, given: Traits) -> bool:
    ours, theirs = _given_names(known), _given_names(given)
    return not ours or not theirs or any(spelt_alike(one, other) for one in ours for other in theirs)


def _given_names(traits: Traits) -> list[str]:
    names = [traits.first_birth_given_name, traits.used_given_name]
    return [plain_name(name) for name in names if name]


def _same_names(known: Traits, given: Traits) -> bool:
    return plain_name(known.birth_family_name) == plain_name(given.birth_family_name) and plain_name(
        known.first_birth_given_name
    ) == plain_name(given.first_birth_given_name)


def _near_dates(one: date, other: date) -> bool:
    """Tell whether two dates differ by one digit, or by day and month changing places."""
    differing = sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True))
    return differing <= _SLIPS_OF_A_DATE or (one.year, one.month, one.day) == (other.year, other.day, other.month)
