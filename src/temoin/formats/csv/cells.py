"""Reading the cells of one row: each reader returns a neutral value, or notes the problem and goes on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import phonenumbers

from temoin.formats.csv.problems import Problem
from temoin.formats.csv.rows import Moment
from temoin.formats.csv.vocabulary import State, find_zone, states, words
from temoin.lib.mail_address import AddressError, AddressFault, check_address
from temoin.testing.report import Address

OLDEST_YEAR = 1890
LONGEST_CELL = 300
LONGEST_COMMENT = 2_000

# [0-9] and full match everywhere: \d takes Arabic-Indic digits and $ a trailing newline.
_DATE = r"([0-9]{1,2}) */ *([0-9]{1,2}) */ *([0-9]{4}|[0-9]{2})"
_BIRTH_DATE = re.compile(_DATE)
_DATE_TIME = re.compile(rf"{_DATE}(?: +([0-9]{{1,2}}) *: *([0-9]{{2}})(?: +([A-Za-z0-9_+\-/]{{1,40}}))?)?")
# HL7 v2, and ReportStream after it, write 20220228 or 202202281336-0500.
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([+-][0-9]{4})?)?")
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-]{4,24}")
_POSTCODES = {
    "USA": re.compile(r"[0-9]{5}(-[0-9]{4})?"),
    "CAN": re.compile(r"[A-Za-z][0-9][A-Za-z] ?[0-9][A-Za-z][0-9]|[0-9]{5}"),
    "FRA": re.compile(r"[0-9]{5}"),
}
_REGIONS = {"USA": "US", "CAN": "CA", "FRA": "FR"}


class Cells:
    """The cells of a row by column name, and the problems found so far."""

    def __init__(self, row: int, values: Mapping[str, str], now: datetime) -> None:
        self.row = row
        self.now = now
        self.problems: list[Problem] = []
        self._values = values

    def refuse(self, column: str, code: str) -> None:
        """Note a problem, once."""
        problem = Problem(self.row, column, code)
        if problem not in self.problems:
            self.problems.append(problem)

    def optional(self, column: str, *, longest: int = LONGEST_CELL) -> str:
        """Return a text, or "" when the cell is empty or the column absent."""
        value = self._values.get(column, "").strip()
        if len(value) > longest:
            self.refuse(column, "too_long")
        elif any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
            self.refuse(column, "control_character")
        else:
            return value
        return ""

    def required(self, column: str) -> str:
        """Return a text that must be there."""
        if not self._values.get(column, "").strip():
            self.refuse(column, "missing")
        return self.optional(column)

    def comment(self, column: str) -> str:
        """Return a free text, in which ends of line are spaces."""
        value = " ".join(self._values.get(column, "").split())
        if len(value) > LONGEST_COMMENT:
            self.refuse(column, "too_long")
        elif any(unicodedata.category(letter) == "Cc" for letter in value):
            self.refuse(column, "control_character")
        return value

    def word(self, column: str, section: str, code: str) -> str:
        """Return what an optional word means in a section of the vocabulary, or "" when the cell is empty."""
        value = self.optional(column)
        if not value:
            return ""
        meaning = words(section).get(value.lower())
        if meaning is None:
            self.refuse(column, code)
        return meaning or ""

    def code_or_word(self, column: str, section: str, code: str) -> str:
        """Return the code that a word stands for, or the code itself when the cell holds it."""
        value = self.optional(column)
        if value in words(section).values():
            return value
        return self.word(column, section, code)

    def email(self, column: str) -> str:
        """Return an e-mail address, or "" when the cell is empty."""
        value = self.optional(column)
        try:
            return check_address(value) if value else ""
        except AddressError as error:
            self.refuse(column, "email_unseen" if error.fault is AddressFault.UNSEEN_LETTER else "email")
            return value

    def phone(self, column: str, address: Address, *, value: str) -> str:
        """Return a phone number in E.164, read as one of the country of the address."""
        if not value:
            return ""
        number = _e164(value, _REGIONS.get(address.country, "US")) if _PHONE.fullmatch(value) else ""
        if not number:
            self.refuse(column, "phone")
        return number

    def state(self, column: str) -> State | None:
        """Return the state a required cell names."""
        value = self.required(column)
        found = states().get(value.upper())
        if value and found is None:
            self.refuse(column, "state")
        return found

    def birth_date(self, column: str) -> date | None:
        """Return a birth date, of four-digit year, not in the future."""
        value = _spelled_out(self.required(column))
        match = _BIRTH_DATE.fullmatch(value)
        born = _day(match) if match else None
        if not value:
            return None
        if born is None or match is None:
            self.refuse(column, "date")
        elif len(match[3]) == 2:
            self.refuse(column, "birth_year")
        elif born.year < OLDEST_YEAR:
            self.refuse(column, "birth_too_old")
        elif born > self.now.date():
            self.refuse(column, "future")
        else:
            return born
        return None

    def day(self, column: str) -> date | None:
        """Return an optional date that is not in the future."""
        value = _spelled_out(self.optional(column))
        if not value:
            return None
        match = _BIRTH_DATE.fullmatch(value)
        found = _day(match) if match else None
        if found is None:
            self.refuse(column, "date")
        elif found > self.now.date():
            self.refuse(column, "future")
        return found

    def moment(self, column: str, zone: ZoneInfo, *, required: bool = False) -> Moment | None:
        """Return a moment in the zone the cell names, or else in `zone`."""
        value = self.required(column) if required else self.optional(column)
        if not value:
            return None
        match = _DATE_TIME.fullmatch(_spelled_out(value))
        day, hour = (_day(match), _hour(match)) if match else (None, None)
        if match is None or day is None or hour is None or day.year < OLDEST_YEAR:
            self.refuse(column, "date_time")
            return None
        named = find_zone(match[6]) if match[6] else zone
        if named is None:
            self.refuse(column, "zone")
            return None
        return self._moment(column, datetime.combine(day, hour, tzinfo=named), has_time=match[4] is not None)

    def _moment(self, column: str, at: datetime, *, has_time: bool) -> Moment | None:
        here = self.now.astimezone(at.tzinfo)
        if at > self.now and (has_time or at.date() > here.date()):
            self.refuse(column, "future")
            return None
        if at.astimezone(ZoneInfo("UTC")).astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
            self.refuse(column, "skipped_hour")
            return None
        # A day alone stands for noon; today before noon, for now: noon would lie in the future.
        return Moment(at=at if has_time else min(at, here), has_time=has_time)

    def address(self, prefix: str) -> Address:
        """Return the address whose columns start with a prefix; only the second line is optional."""
        street, city = self.required(f"{prefix}_street"), self.required(f"{prefix}_city")
        state = self.state(f"{prefix}_state")
        country = state.country if state else "USA"
        postcode = self.required(f"{prefix}_zip_code")
        if postcode and not _POSTCODES[country].fullmatch(postcode):
            self.refuse(f"{prefix}_zip_code", "zip_code")
        if street.lower() in words("addresses_not_given"):
            street = ""
        lines = tuple(line for line in (street, self.optional(f"{prefix}_street2")) if line)
        return Address(
            lines=lines,
            postcode=postcode,
            city=city,
            county=self.required(f"{prefix}_county") if prefix == "patient" else "",
            state=self.optional(f"{prefix}_state").upper(),
            country=country,
        )


def _spelled_out(value: str) -> str:
    """Return a compact date as the others are written."""
    match = _COMPACT.fullmatch(value)
    if match is None:
        return value
    year, month, day, hour, minute, zone = match.groups(default="")
    return f"{month}/{day}/{year} {hour}:{minute} {zone}".rstrip() if hour else f"{month}/{day}/{year}"


def _day(match: re.Match[str]) -> date | None:
    month, day, year = int(match[1]), int(match[2]), int(match[3])
    try:
        return date(year + 2000 if len(match[3]) == 2 else year, month, day)
    except ValueError:
        return None


def _hour(match: re.Match[str]) -> time | None:
    if match[4] is None:
        return time(12)
    try:
        return time(int(match[4]), int(match[5]))
    except ValueError:
        return None


def _e164(value: str, region: str) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
