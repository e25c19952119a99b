"""Telephone numbers as people write them, read as the number that can be dialled from anywhere (E.164)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import phonenumbers

from temoin.lib.data_file import Entry, read_data

METROPOLIS = "FR"
# [0-9]: libphonenumber itself takes the digits of any script, and letters for digits.
_WRITTEN = re.compile(r"[+(]?[0-9][0-9 ().\-/]{3,30}")
_FRENCH = re.compile(r"0[1-9][0-9]{8}")
_MOBILES = frozenset((phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE))
_METROPOLIS_CODE = 33
_OVERSEAS_CODES = frozenset({262, 590, 594, 596})


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """The numbers of France: the region (ISO 3166-1 alpha-2) of the first digits of a number, and of a postcode."""

    region_of_digits: Mapping[str, str]
    region_of_place: Mapping[str, str]
    fictitious: tuple[str, ...]  # first digits of numbers that nobody ever has


class PhoneError(ValueError):
    """Not a number that anybody can have."""


class AmbiguousPhoneError(PhoneError):
    """The same digits are a number in each of two countries."""


def region_of_postcode(postcode: str) -> str:
    """Return the numbering plan that a place with this French postcode dials in."""
    return _plan().region_of_place.get(postcode[:3], METROPOLIS)


def read_phone(text: str, regions: Iterable[str]) -> str:
    """Return a number in E.164; without its country's number it is read in each region, and must be one number."""
    if not _WRITTEN.fullmatch(text.strip()):
        raise PhoneError
    written = re.sub(r"^00", "+", text.strip())
    if written.startswith("+"):
        return _international(written)
    found = {number for region in regions for number in _local(written, region)}
    if len(found) > 1:
        raise AmbiguousPhoneError
    if not found:
        raise PhoneError
    return found.pop()


def is_mobile(number: str) -> bool:
    """Tell whether a number (E.164) may be a mobile telephone's: where the plan does not tell, it may."""
    if any(number.startswith(f"+33{digits[1:]}") for digits in _plan().fictitious):
        return number.startswith(("+336", "+337"))
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False
    return kind in _MOBILES


def phone_as_said(number: str, regions: Iterable[str] = (METROPOLIS,)) -> str:
    """Return a number as people write it: a French one with its 0 where these regions read it as that one again."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code == _METROPOLIS_CODE or parsed.country_code in _OVERSEAS_CODES:
        national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        with suppress(PhoneError):
            if read_phone(national, regions) == number:
                return national
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _international(written: str) -> str:
    number = _parsed(written, None)
    if number.country_code == _METROPOLIS_CODE:
        # People write +33 before numbers of France overseas too.
        return _french(f"0{number.national_number}")
    return _valid(number)


def _local(written: str, region: str) -> set[str]:
    digits = re.sub("[^0-9]", "", written)
    is_french = region == METROPOLIS or region in _plan().region_of_place.values()
    is_french = is_french and _FRENCH.fullmatch(digits) is not None
    found = set()
    if is_french:
        with suppress(PhoneError):
            found.add(_french(digits))
    # Its digits may be those of France and of the place: 0976… of Guadeloupe, 06… of Monaco.
    if region != METROPOLIS or not is_french:
        with suppress(PhoneError):
            found.add(_valid(_parsed(written, region)))
    return found


def _french(digits: str) -> str:
    plan = _plan()
    if digits.startswith(plan.fictitious) and _FRENCH.fullmatch(digits):
        return f"+33{digits[1:]}"
    region = plan.region_of_digits.get(digits[:4], METROPOLIS)
    if region == "PM":
        digits = digits[4:]  # Saint-Pierre-et-Miquelon: six digits, after a code that is also the country's
    return _valid(_parsed(digits, region))


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise PhoneError from None


def _valid(number: phonenumbers.PhoneNumber) -> str:
    if not phonenumbers.is_valid_number(number):
        raise PhoneError
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def build_plan(file: Entry) -> NumberingPlan:
    fiction = file.table("fiction")
    plan = NumberingPlan(file.mapping("prefixes"), file.mapping("postcodes"), fiction.some_texts("prefixes"))
    fiction.finish()
    file.finish()
    return plan


@cache
def _plan() -> NumberingPlan:
    return build_plan(read_data("lib", "french_numbering.toml"))
