"""Strict reading of data files: what is missing, unknown or malformed is refused by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import resources
from typing import Any

from temoin.lib.label import Label

TRAVELLING_CODE = 20  # characters that HL7 v2.5.1 keeps for an identifier (CE.1 and CE.4)
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
_SNOMED = re.compile(r"[0-9]{6,18}")
_ICD10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,2})?")


class DataFileError(Exception):
    """A data file is wrong: the file, the entry and the field are named."""

    def __init__(self, file: str, entry: str, field: str, reason: str) -> None:
        super().__init__(f"{file}: [{entry}] {field}: {reason}")
        self.file = file
        self.entry = entry
        self.field = field


class Entry:
    """One table of a data file, read field by field; `finish` refuses the fields nobody asked for."""

    def __init__(self, file: str, name: str, values: object) -> None:
        self.file = file
        self.name = name
        if not isinstance(values, dict):
            raise DataFileError(file, name, "", "must be a table")
        self._values: Mapping[str, Any] = values
        self._seen: set[str] = set()

    def error(self, field: str, reason: str) -> DataFileError:
        return DataFileError(self.file, self.name, field, reason)

    def has(self, field: str) -> bool:
        """Say whether the field is written at all."""
        return field in self._values

    def text(self, field: str) -> str:
        value = self._take(field)
        if not isinstance(value, str) or not value.strip() or value != value.strip():
            raise self.error(field, "must be a text, not empty, without spaces around it")
        return value

    def optional_text(self, field: str) -> str:
        """Return a text, or "" when it is not written."""
        return self.text(field) if self.has(field) else ""

    def choice(self, field: str, choices: tuple[str, ...]) -> str:
        value = self.text(field)
        if value not in choices:
            raise self.error(field, f"must be one of {', '.join(choices)}")
        return value

    def minutes(self, field: str) -> int:
        return self._number(field, 1, 24 * 60)

    def wait(self, field: str) -> int:
        """Return a number of minutes, 0 for at once."""
        return self._number(field, 0, 24 * 60)

    def days(self, field: str) -> int:
        return self._number(field, 1, 100 * 366)

    def optional_days(self, field: str) -> int | None:
        """Return a number of days up to a year, or None when it is not written."""
        return self._number(field, 1, 366) if self.has(field) else None

    def degrees(self, field: str) -> int | None:
        """Return a temperature in whole degrees Celsius, or None when it is not written."""
        return self._number(field, -80, 80) if self.has(field) else None

    def count(self, field: str) -> int | None:
        """Return how many things there are, or None when it is not written."""
        return self._number(field, 1, 100_000) if self.has(field) else None

    def age(self, field: str) -> int | None:
        """Return an age in years, or None when it is not written."""
        return self._number(field, 0, 130) if self.has(field) else None

    def inhabitants(self, field: str) -> int | None:
        """Return how many people live somewhere, or None when it is not written."""
        return self._number(field, 1, 100_000_000) if self.has(field) else None

    def whole(self, field: str) -> int:
        """Return a small whole number, such as the points of a score."""
        return self._number(field, -100, 100)

    def rising_ages(self, field: str) -> tuple[int, ...]:
        """Return a list of ages in years, each higher than the one before it."""
        value = self._take(field)
        if not isinstance(value, list) or not value or not all(type(age) is int and 0 < age < 130 for age in value):
            raise self.error(field, "must be a list of ages")
        if sorted(set(value)) != value:
            raise self.error(field, "must name each age once, from the lowest to the highest")
        return tuple(value)

    def texts(self, field: str) -> tuple[str, ...]:
        """Return a list of distinct texts, possibly empty."""
        value = self._take(field)
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(field, "must be a list of texts")
        if len(set(value)) != len(value):
            raise self.error(field, "names the same thing twice")
        return tuple(value)

    def some_texts(self, field: str) -> tuple[str, ...]:
        """Return a list of distinct texts that is not empty."""
        value = self.texts(field)
        if not value:
            raise self.error(field, "must not be empty")
        return value

    def choices(self, field: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        values = self.some_texts(field)
        unknown = [value for value in values if value not in choices]
        if unknown:
            raise self.error(field, f"names {unknown[0]}, which is not in the catalogue")
        return values

    def choices_or_all(self, field: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        """Return some words of a closed list, or the whole list where "all" is written: absence is not consent."""
        if self._values.get(field) == "all":
            self._seen.add(field)
            return choices
        return self.choices(field, choices)

    def day(self, field: str) -> date:
        """Return a date, written without quotes."""
        value = self._take(field)
        if type(value) is not date:
            raise self.error(field, "must be a date like 2026-11-24, without quotes")
        return value

    def optional_day(self, field: str) -> date | None:
        """Return a date, or None when it is not written."""
        return self.day(field) if self.has(field) else None

    def flag(self, field: str) -> bool:
        """Return true or false; false when it is not written."""
        value = self._take(field) if self.has(field) else False
        if not isinstance(value, bool):
            raise self.error(field, "must be true or false")
        return value

    def table(self, field: str) -> Entry:
        return Entry(self.file, field, self._take(field))

    def label(self, field: str) -> Label:
        words = Entry(self.file, f"{self.name}.{field}", self._take(field))
        label = Label(fr=words.text("fr"), en=words.text("en"))
        words.finish()
        return label

    def snomed(self, field: str) -> str:
        """Return a SNOMED CT code whose shape is right."""
        return self._shaped(field, _SNOMED, "a SNOMED CT code")

    def icd10(self, field: str) -> str:
        """Return an ICD-10 code whose shape is right."""
        return self._shaped(field, _ICD10, "an ICD-10 code")

    def loinc(self, field: str) -> str:
        """Return a LOINC code whose check digit is right."""
        code = self.text(field)
        if not is_loinc(code):
            raise self.error(field, "is not a LOINC code: wrong shape or check digit")
        return code

    def mapping(self, field: str) -> dict[str, str]:
        value = self._take(field)
        if not isinstance(value, dict) or not all(isinstance(item, str) and item for item in value.values()):
            raise self.error(field, "must be a table of texts")
        return dict(value)

    def lists(self, field: str) -> dict[str, tuple[str, ...]]:
        """Return a table of lists of distinct texts."""
        named = self.table(field)
        return {name: named.texts(name) for name in named.names()}

    def names(self) -> tuple[str, ...]:
        """Return the names of everything that the table holds."""
        return tuple(self._values)

    def tables(self, field: str) -> Iterator[Entry]:
        """Yield the tables of a list, each named after its place in it."""
        value = self._take(field) if self.has(field) else []
        if not isinstance(value, list):
            raise self.error(field, "must be a list of tables")
        for number, item in enumerate(value, start=1):
            yield Entry(self.file, f"{self.name}.{field}.{number}", item)

    def children(self, field: str, most: int = 40) -> Iterator[tuple[str, Entry]]:
        """Yield the named tables of a section, whose names are our codes, each of so many characters at most."""
        section = self._take(field)
        if not isinstance(section, dict) or not section:
            raise self.error(field, "must be a section with at least one entry")
        for code, values in section.items():
            if not _CODE.fullmatch(code):
                raise self.error(field, f"holds {code!r}, which is not a code: lower case, digits and hyphens")
            if len(code) > most:
                raise self.error(field, f"holds {code!r}: a code here has {most} characters at most")
            yield code, Entry(self.file, f"{field}.{code}", values)

    def finish(self) -> None:
        """Refuse what is written but unknown: a mistyped field must not pass for an absent one."""
        unknown = sorted(set(self._values) - self._seen)
        if unknown:
            raise self.error(unknown[0], "is unknown")

    def _take(self, field: str) -> Any:
        self._seen.add(field)
        if field not in self._values:
            raise self.error(field, "is missing")
        return self._values[field]

    def _number(self, field: str, least: int, most: int) -> int:
        value = self._take(field)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.error(field, f"must be a whole number from {least} to {most}")
        return value

    def _shaped(self, field: str, shape: re.Pattern[str], what: str) -> str:
        value = self.text(field)
        if not shape.fullmatch(value):
            raise self.error(field, f"is not {what}")
        return value


def parse_data(file: str, content: str) -> Entry:
    try:
        return Entry(file, "file", tomllib.loads(content))
    except ValueError as error:  # a number of thousands of digits is none of its own kind of error
        raise DataFileError(file, "file", "", f"is not TOML: {error}") from error


def is_loinc(code: str) -> bool:
    """Say whether a text is a LOINC code with the right check digit (mod 10, doubled from the right)."""
    if not _LOINC.fullmatch(code):
        return False
    number, _, check = code.partition("-")
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return (10 - total % 10) % 10 == int(check)


def read_data(room: str, file: str) -> Entry:
    """Read one data file of a room, such as `catalogue` or `formats.csv`."""
    return parse_data(file, resources.files(f"temoin.{room}").joinpath("data", file).read_text("utf-8"))
