"""Identity traits and contact: read from what a person typed, checked, and made uniform."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy as _

from temoin.lib.countries import FRANCE, FRENCH_POSTCODES, countries_named, is_country, two_letters
from temoin.lib.days import ShortYearError, read_day
from temoin.lib.errors import InvalidError
from temoin.lib.label import PATIENT_LANGUAGES
from temoin.lib.mail_address import AddressError, check_address
from temoin.lib.mail_words import ADDRESS_WORDS
from temoin.lib.phones import METROPOLIS, AmbiguousPhoneError, PhoneError, is_mobile, read_phone
from temoin.lib.zones import latest_today
from temoin.patients.doctor import read_doctor
from temoin.patients.reader import TraitsReader
from temoin.scanning.nir import check_nir

# 5 characters: department and commune, Corsica included, or 99 and a country (domain.md §5.5).
_BIRTH_PLACE = re.compile(r"(?:[0-9]{2}|2A|2B)[0-9]{3}")
_POSTCODE_FRANCE = re.compile(r"[0-9]{5}")
# Elsewhere: letters, digits, spaces and hyphens, as in SW1A 1AA, 1201 or 00-950.
_POSTCODE = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,10}[A-Z0-9])?")
_OLDEST = 130  # years
EMAIL, SMS, PAPER = "email", "sms", "paper"  # ways to a patient: the first two are names of destinations
NO_COUNTRY = "unknown"  # what a form says of a person who lives nowhere known; kept as ""
NO_DAY = _("Enter the day, the month and the year, for instance 28/03/1979 or 28031979.")
_ONE_NAME_AND_MORE = _("Given names and one name only exclude each other: take one of both away.")
_NO_GIVEN_NAME = _("Enter the given names, or say that this person has one name only.")
SHORT_YEAR = _("Enter the year with its four digits, for instance 28/03/1979 or 28031979.")
IDENTITY_STATUSES = (
    "PROV",
    "VALI",
)  # without the national service nobody reaches RECUP or QUAL (domain.md §5.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Who the patient is and how to reach them (INS traits in RNIV order, then contact)."""

    birth_family_name: str
    birth_given_names: str
    sex: str  # F | M | U
    birth_date: date
    birth_place: str = ""
    used_family_name: str = ""
    used_given_name: str = ""
    nir: str = ""
    identity_status: str = "PROV"
    phone: str = ""
    email: str = ""
    language: str = ""  # in which the patient asked to be written to; "" where nobody asked
    way: str = ""  # by which the patient wants results, and no other; "" where nobody asked
    way_text: str = ""  # version of the text that the patient agreed to with it
    street: str = ""
    postcode: str = ""
    city: str = ""
    county: str = ""
    state: str = ""
    country: str = "FRA"
    # The treating doctor, and "yes" when the patient, told of it, lets the results go there.
    doctor_family_name: str = ""
    doctor_given_name: str = ""
    doctor_rpps: str = ""
    doctor_mailbox: str = ""
    doctor_copy: str = ""

    @property
    def first_birth_given_name(self) -> str:
        return self.birth_given_names.split(" ")[0]

    @property
    def name(self) -> str:
        """Return the name to call the patient by."""
        given = self.used_given_name or self.first_birth_given_name
        return f"{self.used_family_name or self.birth_family_name} {given}".strip()

    @property
    def way_leads_nowhere(self) -> bool:
        """Tell whether the way that the patient wants lacks its address or its mobile number."""
        return (self.way == EMAIL and not self.email) or (self.way == SMS and not is_mobile(self.phone))

    @property
    def seen_version(self) -> str:
        """Return what a form carries so that the action can tell whether its person saw what is there now."""
        return sha256(repr(self).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for sealing."""
        return {name: getattr(self, name) for name in Traits.__dataclass_fields__}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Traits:
        """Rebuild from sealed values; what a later release may have added is not ours to read."""
        known = {name: value for name, value in values.items() if name in Traits.__dataclass_fields__}
        return Traits(**{**known, "birth_date": date.fromisoformat(values["birth_date"])})


def check_traits(raw: Mapping[str, str], *, region: str = METROPOLIS) -> Traits:
    """Read traits from typed text; raise InvalidError with every problem found.

    `region` is the numbering plan in which local telephone numbers are meant: that of the pharmacy.
    A NIR is checked by its key only: month 20-42 or 50-99 are legal, and the birth date is never derived from it.
    """
    reader = TraitsReader(raw)
    country = _country(reader)
    traits = Traits(
        birth_family_name=reader.name("birth_family_name"),
        birth_given_names=_given_names(reader),
        sex=_sex(reader),
        birth_date=_birth_date(reader),
        birth_place=_birth_place(reader),
        used_family_name=reader.text("used_family_name"),
        used_given_name=reader.text("used_given_name"),
        nir=_nir(reader),
        identity_status=_identity_status(reader),
        phone=_phone(reader, region, country),
        email=_email(reader),
        language=_language(reader),
        way=_way(reader),
        street=reader.text("street"),
        postcode=_postcode(reader, country),
        city=reader.text("city"),
        county=reader.text("county"),
        state=reader.text("state"),
        country=country,
        **read_doctor(reader),
    )
    _check_way(reader, traits)
    if reader.problems:
        raise InvalidError(reader.problems)
    return traits


def traits_from_file(
    texts: Mapping[str, str], *, sex: str, birth_date: date, phone: str, email: str, country: str
) -> Traits:
    """Build traits of what a file's format has read already; InvalidError for texts that no record can keep.

    A file shows no document: the identity is provisional.
    """
    reader = TraitsReader(texts)
    _check_age(reader, birth_date, latest_today())
    traits = Traits(
        birth_family_name=reader.name("birth_family_name"),
        birth_given_names=reader.name("birth_given_names") if texts["birth_given_names"] else "",
        sex=sex,
        birth_date=birth_date,
        phone=phone,
        email=email,
        street=reader.text("street"),
        postcode=_postcode(reader, country),
        city=reader.text("city"),
        county=reader.text("county"),
        state=reader.text("state"),
        country=country,
    )
    if reader.problems:
        raise InvalidError(reader.problems)
    return traits


def masked_nir(nir: str) -> str:
    """Return the NIR as lists show it: 2 79 03 51 *** *** **."""
    return f"{nir[0]} {nir[1:3]} {nir[3:5]} {nir[5:7]} *** *** **" if nir else ""


def _language(reader: TraitsReader) -> str:
    language = reader.text("language")
    if language and language not in PATIENT_LANGUAGES:
        reader.refuse("language", "unknown", _("Choose a language of the list."))
    return language


def _way(reader: TraitsReader) -> str:
    way = reader.text("way")
    if way not in {"", EMAIL, SMS, PAPER}:
        reader.refuse("way", "unknown", _("Choose how the patient wants results."))
    return way


def _check_way(reader: TraitsReader, traits: Traits) -> None:
    """Refuse a way that leads nowhere: nothing would be sent, and nobody would know."""
    if not traits.way_leads_nowhere:
        return
    if traits.way == EMAIL and not reader.has_problem("email"):
        reader.refuse("email", "required", _("Enter the e-mail address to which the patient wants the link."))
    if traits.way == SMS and not reader.has_problem("phone"):
        reader.refuse("phone", "no_mobile", _("Enter the mobile number to which the patient wants the link."))


def _birth_date(reader: TraitsReader) -> date:
    today = latest_today()  # the act that keeps the traits knows the day of the pharmacy
    try:
        born = read_day(reader.text("birth_date"))
    except ShortYearError:
        reader.refuse("birth_date", "short_year", SHORT_YEAR)
        return today
    except ValueError:
        reader.refuse("birth_date", "malformed", NO_DAY)
        return today
    _check_age(reader, born, today)
    return born


def _check_age(reader: TraitsReader, born: date, today: date) -> None:
    if born > today or born.year < today.year - _OLDEST:
        reader.refuse("birth_date", "impossible", _("This birth date is impossible: check the year."))


def _sex(reader: TraitsReader) -> str:
    sex = reader.text("sex")
    if sex not in {"F", "M", "U"}:
        reader.refuse("sex", "required", _("Choose the sex as on the identity document."))
    return sex


def _birth_place(reader: TraitsReader) -> str:
    place = reader.text("birth_place").upper()
    if place and not _BIRTH_PLACE.fullmatch(place):
        reader.refuse(
            "birth_place",
            "malformed",
            _("Enter the INSEE code of the birth place: 5 characters, 99 + country abroad."),
        )
    return place


def _nir(reader: TraitsReader) -> str:
    text = reader.text("nir")
    if not text:
        return ""
    try:
        return check_nir(text)
    except ValueError:
        reader.refuse(
            "nir",
            "wrong_key",
            _("This NIR is not valid: 15 characters, the last two being the key. Check each digit."),
        )
        return ""


def _identity_status(reader: TraitsReader) -> str:
    status = reader.text("identity_status") or "PROV"
    if status not in IDENTITY_STATUSES:
        reader.refuse("identity_status", "unknown", _("Choose whether an identity document was shown."))
    return status


def _given_names(reader: TraitsReader) -> str:
    """Return the given names; "" only when the form says that the person has one name alone (ICAO 9303-3, 4.6)."""
    has_one_name = reader.ticked("single_name")
    if reader.text("birth_given_names") and has_one_name:
        reader.refuse("birth_given_names", "one_name_and_more", _ONE_NAME_AND_MORE)
    if reader.text("birth_given_names"):
        return reader.name("birth_given_names")
    if not has_one_name and not reader.has_problem("birth_given_names"):
        reader.refuse("birth_given_names", "required", _NO_GIVEN_NAME)
    return ""


def _country(reader: TraitsReader) -> str:
    """Return the country of residence: France unless another is given, "" when it is said to be unknown."""
    written = reader.text("country") or FRANCE
    if written == NO_COUNTRY:
        return ""
    named = countries_named(written)  # pages and programs write the code; what a person writes is read as in files
    if len(named) == 1:
        return named[0]
    reader.refuse("country", "unknown", _("Choose the country in the list."))
    return ""


def regions_of_phone(region: str, country: str) -> list[str]:
    """Return the numbering plans in which a patient's number is meant: the pharmacy's, and that of a home abroad."""
    abroad = country not in FRENCH_POSTCODES and is_country(country)
    return [region, two_letters(country)] if abroad else [region]


def _phone(reader: TraitsReader, region: str, country: str) -> str:
    text = reader.text("phone")
    if not text:
        return ""
    try:
        return read_phone(text, regions_of_phone(region, country))
    except AmbiguousPhoneError:
        reader.refuse(
            "phone", "ambiguous", _("This number exists in two countries: begin it with + and the country's number.")
        )
    except PhoneError:
        reader.refuse("phone", "malformed", _("Enter a telephone number, for instance 06 12 34 56 78."))
    return ""


def _email(reader: TraitsReader) -> str:
    typed = reader.raw.get("email") or ""
    try:
        return check_address(typed) if typed.strip() else ""
    except AddressError as error:
        reader.refuse("email", error.fault.value, ADDRESS_WORDS[error.fault])
        return ""


def _postcode(reader: TraitsReader, country: str) -> str:
    postcode = reader.text("postcode").upper()
    if postcode and country in FRENCH_POSTCODES and not _POSTCODE_FRANCE.fullmatch(postcode):
        reader.refuse("postcode", "malformed", _("Enter a postcode of 5 digits, or choose the country."))
    elif postcode and not _POSTCODE.fullmatch(postcode):
        reader.refuse("postcode", "malformed", _("Enter the postcode as it is written in that country."))
    return postcode
