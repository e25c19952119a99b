"""Reading the cells of one row: each reader returns a neutral value, or notes the problem and goes on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from temoin.formats.csv.dates import DateOrder, Written, read_written
from temoin.formats.csv.problems import CellProblem
from temoin.formats.csv.rows import CellMoment
from temoin.formats.csv.telephones import dialled, regions_of
from temoin.formats.csv.vocabulary import FederalState, find_clock, find_zone, folded, languages, states, words
from temoin.lib.countries import FRANCE, FRENCH_POSTCODES, countries_named
from temoin.lib.mail_address import AddressError, AddressFault, check_address
from temoin.lib.phones import METROPOLIS, AmbiguousPhoneError, PhoneError, read_phone, region_of_postcode
from temoin.lib.text import GarbledTextError, UnreadableTextError, clean_line
from temoin.lib.zones import HOUSE, day_of
from temoin.testing.report import Address

OLDEST_YEAR = 1890
LONGEST_CELL = 300
LONGEST_COMMENT = 2_000
_MOST_REPEATED = 1_000

Read = TypeVar("Read")

# [0-9] and full match everywhere: \d takes Arabic-Indic digits and $ a trailing newline.
_DIGITS = re.compile(r"\+?[0-9][0-9 ().\-]{6,24}")
_POSTCODES = {
    "USA": re.compile(r"[0-9]{5}(-[0-9]{4})?"),
    "CAN": re.compile(r"[A-Za-z][0-9][A-Za-z] ?[0-9][A-Za-z][0-9]|[0-9]{5}"),
    "FRA": re.compile(r"[0-9]{5}"),
}
_FRENCH_POSTCODE = _POSTCODES[FRANCE]
# What a spreadsheet makes of a number that is none: 1,2E+11 for 120000000000, and no zero at its beginning.
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?[Ee][+]?[0-9]{1,3}")
_POSTCODE_WITHOUT_ZERO = re.compile(r"[1-9][0-9]{3}")
_PHONE_WITHOUT_ZERO = re.compile(r"[1-9][0-9]{8}")
# Where the state is not asked for: letters, digits, spaces and hyphens, as in SW1A 1AA, 1201 or 00-950.
_POSTCODE_ABROAD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 -]{0,10}[A-Za-z0-9])?")


class Repeated:
    """What the rows of one file say again and again, such as their laboratory: read once, as long as it is remembered.

    Only what was read without a problem: a problem is told at its row.
    """

    def __init__(self) -> None:
        self._read: dict[tuple[object, ...], Any] = {}

    def __len__(self) -> int:
        return len(self._read)

    def once(self, said: tuple[object, ...], cells: Cells, read: Callable[[Cells], Read]) -> Read:
        """Return what was read of these words before, or read it."""
        if said in self._read:
            known: Read = self._read[said]
            return known
        before = len(cells.problems)
        found = read(cells)
        if len(cells.problems) == before:
            if len(self._read) >= _MOST_REPEATED:
                self._read.clear()
            self._read[said] = found
        return found


@dataclass(frozen=True, slots=True)
class CellRules:
    """How the cells of a file are read: the time of reading, the order of its dates, the clocks of its places."""

    now: datetime
    order: DateOrder | None = None  # of day and month, as whoever imports says
    home: ZoneInfo = HOUSE  # the importing pharmacy's
    region: str = METROPOLIS  # the numbering plan of its telephones
    zone_of_postcode: Callable[[str], str] = lambda _postcode: HOUSE.key  # of a French place; "" when not known
    remembered: DateOrder | None = None  # what was said of an earlier file, where nothing is said of this one
    orders: Mapping[str, DateOrder] = field(default_factory=dict)  # of each column, once the whole file was judged
    repeated: Repeated = field(default_factory=Repeated, repr=False, compare=False)

    def order_of(self, column: str) -> DateOrder | None:
        """Return the order in which the dates of a column are read."""
        return self.orders.get(column, self.order)


class Cells:
    """The cells of a row by column name, and the problems found so far."""

    def __init__(self, row: int, values: Mapping[str, str], rules: CellRules) -> None:
        self.row = row
        self.rules = rules
        self.now = rules.now
        self.problems: list[CellProblem] = []
        self._values = values

    def has_column(self, column: str) -> bool:
        return column in self._values

    def refuse(self, column: str, code: str, units: tuple[str, ...] = (), *, countries: tuple[str, ...] = ()) -> None:
        """Note a problem, once."""
        problem = CellProblem(self.row, column, code, units, countries)
        if problem not in self.problems:
            self.problems.append(problem)

    def optional(self, column: str, *, longest: int = LONGEST_CELL) -> str:
        """Return a text, or "" when the cell is empty or the column absent."""
        value = self._values.get(column, "").strip()
        if not value:
            return ""
        if len(value) > longest:
            self.refuse(column, "too_long")
        elif not value.isprintable() and any(unicodedata.category(letter) == "Cc" for letter in value):
            self.refuse(column, "control_character")
        else:
            return self._clean(column, value)
        return ""

    def number(self, column: str, *, required: bool = False) -> str:
        """Return a number that is none to reckon with, unless a spreadsheet has shortened it."""
        value = self.required(column) if required else self.optional(column)
        if _SCIENTIFIC.fullmatch(value):
            self.refuse(column, "scientific")
            return ""
        return value

    def starting_with(self, prefix: str) -> tuple[object, ...]:
        """Return the columns whose names begin so, with what stands in their cells; those of dates are another part."""
        return tuple(
            (name, cell)
            for name, cell in self._values.items()
            if name.startswith(prefix) and not name.endswith("_date")
        )

    def _clean(self, column: str, value: str) -> str:
        try:
            return clean_line(value)
        except GarbledTextError:
            self.refuse(column, "garbled")
        except UnreadableTextError:
            self.refuse(column, "control_character")
        return ""

    def required(self, column: str) -> str:
        """Return a text that must be there."""
        if not self._values.get(column, "").strip():
            self.refuse(column, "missing")
        return self.optional(column)

    def given_names(self, column: str) -> str:
        """Return given names, or "" where the cell says that the person has one name alone: an empty one never does."""
        value = self.optional(column)
        if not self._values.get(column, "").strip():
            self.refuse(column, "given_names")
        return "" if folded(value) in words("single_names") else value

    def comment(self, column: str) -> str:
        """Return a free text, in which ends of line are spaces."""
        value = " ".join(self._values.get(column, "").split())
        if len(value) > LONGEST_COMMENT:
            self.refuse(column, "too_long")
            return ""
        return self._clean(column, value)

    def word(self, column: str, section: str, code: str) -> str:
        """Return what an optional word means in a section of the vocabulary, or "" when the cell is empty."""
        value = self.optional(column)
        if not value:
            return ""
        meaning = words(section).get(folded(value))
        if meaning is None:
            self.refuse(column, code)
        return meaning or ""

    def language(self, column: str) -> str:
        """Return the code of a language, or "" when the cell is empty."""
        value = self.optional(column)
        if value and folded(value) not in languages():
            self.refuse(column, "language")
        return languages().get(folded(value), "")

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
        return self._phone(column, address, value, regions_of(address))

    def phone_here(self, column: str, address: Address) -> str:
        """Return the number of somebody who may live abroad and be called by a number of the pharmacy's country."""
        regions = {self.rules.region, *(regions_of(address) if address.country else ())}
        return self._phone(column, address if address.country else Address(), self.optional(column), regions)

    def _phone(self, column: str, address: Address, value: str, regions: set[str]) -> str:
        cause = _cause_of_phone(address, value)
        if value and not cause:
            try:
                return read_phone(value, regions)
            except PhoneError as error:
                cause = "phone_twice" if isinstance(error, AmbiguousPhoneError) else "phone"
        if cause:
            self.refuse(column, cause)
        return ""

    def phone_of_others(self, column: str, address: Address, *, value: str) -> str:
        """Return the number of somebody who is not called from here; "" where it is digits that nobody can have."""
        if _DIGITS.fullmatch(value):
            return dialled(address, value)
        return self.phone(column, address, value=value)

    def state(self, column: str) -> FederalState | None:
        value = self.required(column)
        found = states().get(value.upper())
        if value and found is None:
            self.refuse(column, "state")
        return found

    def birth_date(self, column: str) -> date | None:
        """Return a birth date, of four-digit year, not in the future."""
        found = self._day(column, self.required(column))
        if found is None:
            return None
        born, written = found
        if written.has_short_year:
            self.refuse(column, "birth_year")
        elif born.year < OLDEST_YEAR:
            self.refuse(column, "birth_too_old")
        else:
            return born
        return None

    def day(self, column: str) -> date | None:
        """Return an optional date that is not in the future."""
        found = self._day(column, self.optional(column))
        return found[0] if found else None

    def _day(self, column: str, value: str) -> tuple[date, Written] | None:
        written = read_written(value)
        day = written.day(self.rules.order_of(column)) if written and not written.tells_hour else None
        if not value:
            return None
        if written is None or day is None:
            self.refuse(column, "date_iso" if self._is_stroke(column, written) else "date")
        elif day > day_of(self.now, self.rules.home) and not written.has_short_year:
            self.refuse(column, "future")
        else:
            return day, written
        return None

    def moment(self, column: str, zone: tzinfo, *, required: bool = False) -> CellMoment | None:
        """Return a moment in the zone the cell names, or else in `zone`."""
        value = self.required(column) if required else self.optional(column)
        if not value:
            return None
        written = read_written(value)
        day = written.day(self.rules.order_of(column)) if written else None
        if written is None or day is None or day.year < OLDEST_YEAR or (written.has_clock and written.clock is None):
            self.refuse(column, "date_iso" if self._is_stroke(column, written) else "date_time")
            return None
        named = find_zone(written.zone) if written.zone else zone
        if named is None:
            self.refuse(column, "zone")
            return None
        if written.clock is None:
            return self._whole_day(column, day, named)
        return self._instant(column, datetime.combine(day, written.clock), named, find_clock(written.zone))

    def _is_stroke(self, column: str, written: Written | None) -> bool:
        """Tell whether a date is written between strokes where all are to begin with their year."""
        return written is not None and not written.is_ordered and self.rules.order_of(column) is DateOrder.ISO

    def _instant(self, column: str, wall: datetime, zone: tzinfo, offset: timedelta | None = None) -> CellMoment | None:
        """Return when a clock shows a time; an hour that it shows never, or twice, is told and not guessed."""
        possible = _instants(wall, zone)
        shown = [one for one in possible if offset in {None, one.astimezone(zone).utcoffset()}]
        if possible and not shown:
            self.refuse(column, "other_clock")
        elif len(shown) != 1:
            self.refuse(column, "hour_twice" if shown else "skipped_hour")
        elif shown[0] > self.now:
            self.refuse(column, "future")
        else:
            return CellMoment(at=shown[0].astimezone(timezone(offset) if offset else zone), has_time=True)
        return None

    def _whole_day(self, column: str, day: date, zone: tzinfo) -> CellMoment | None:
        here = self.now.astimezone(zone)
        if day > here.date():
            self.refuse(column, "future")
            return None
        # A day alone stands for noon; today before noon, for now: noon would lie in the future.
        return CellMoment(at=min(datetime.combine(day, time(12), tzinfo=zone), here), has_time=False)

    def address(self, prefix: str) -> Address:
        """Return the address whose columns start with a prefix; only the second line is optional."""
        street, city = self.required(f"{prefix}_street"), self.required(f"{prefix}_city")
        country = self._country(prefix)
        postcode = self._postcode(f"{prefix}_zip_code", country)
        if folded(street) in words("addresses_not_given"):
            street = ""
        lines = tuple(line for line in (street, self.optional(f"{prefix}_street2")) if line)
        return Address(
            lines=lines,
            postcode=postcode,
            city=city,
            county=self._county(country) if prefix == "patient" else "",
            state=self.optional(f"{prefix}_state").upper(),
            country=country,
        )

    def country(self, column: str) -> str:
        """Return the country that the cell names, or "" when the cell is empty."""
        written = self.optional(column)
        named = countries_named(written) if written else ("",)
        if len(named) != 1:
            self.refuse(column, "country_shared" if named else "country", countries=named)
        return named[0] if len(named) == 1 else ""

    def _country(self, prefix: str) -> str:
        """Return the country that the cell names, or else that of the state, which must be one of it."""
        cell = f"{prefix}_state"
        named = self.country(f"{prefix}_country")
        if named and named not in _POSTCODES:
            return named  # whatever its states are called, and whether it has any
        state = self.state(cell)
        if state and named and state.country != named:
            self.refuse(cell, "state_of_country")
        if state and not named and state.country != FRANCE and self._is_territory(prefix):
            self.refuse(cell, "state_or_territory")
        return named or (state.country if state else "USA")

    def _is_territory(self, prefix: str) -> bool:
        """Tell whether state and postcode are those of a French territory: YT is Yukon too, NC North Carolina."""
        return region_of_postcode(self.optional(f"{prefix}_zip_code")) == self.optional(f"{prefix}_state").upper()

    def _postcode(self, column: str, country: str) -> str:
        """Return the postcode; abroad it may be missing, since some countries have none."""
        if country in _POSTCODES:
            self.required(column)
        return self.postcode(column, country)

    def postcode(self, column: str, country: str) -> str:
        """Return a postcode of that country, or "" when the cell is empty."""
        is_french = country in FRENCH_POSTCODES
        shape = _POSTCODES.get(country, _FRENCH_POSTCODE if is_french else _POSTCODE_ABROAD)
        postcode = self.optional(column)
        if postcode and not shape.fullmatch(postcode):
            without_zero = is_french and _POSTCODE_WITHOUT_ZERO.fullmatch(postcode)
            self.refuse(column, "zeros_lost" if without_zero else "zip_code")
        return postcode

    def _county(self, country: str) -> str:
        return self.required("patient_county") if country in _POSTCODES else self.optional("patient_county")


def _instants(wall: datetime, zone: tzinfo) -> list[datetime]:
    """Return when a clock there shows a time: both readings have one offset, unless the clocks are changed then."""
    one, other = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if one.utcoffset() == other.utcoffset():
        return [one.astimezone(UTC)]
    instants = sorted({one.astimezone(UTC), other.astimezone(UTC)})
    return [instant for instant in instants if instant.astimezone(zone).replace(tzinfo=None) == wall]


def _cause_of_phone(address: Address, value: str) -> str:
    """Return what a spreadsheet did to a number, "" for nothing: one without its zero may have lost more than that."""
    if _SCIENTIFIC.fullmatch(value):
        return "scientific"
    is_french = address.country in FRENCH_POSTCODES
    return "zeros_lost" if is_french and _PHONE_WITHOUT_ZERO.fullmatch(value) else ""
