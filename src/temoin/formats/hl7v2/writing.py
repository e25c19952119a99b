"""From plain values to segments: what is nested says what is separated, and all text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from temoin.formats.hl7v2.separators import DEFAULT, Separators, escaped

Component = str | tuple[str, ...]  # a tuple holds subcomponents
Field = str | tuple[Component, ...]  # a tuple holds components
Value = Field | list[Field]  # a list holds repetitions
SEGMENT_END = "\r"
HEADERS = frozenset({"MSH", "FHS", "BHS"})


def segment(name: str, fields: Mapping[int, Value], separators: Separators = DEFAULT) -> str:
    """Write one segment from its fields by number; a header's own first two fields are written here."""
    written = {number: _value(value, separators) for number, value in fields.items()}
    first = 3 if name in HEADERS else 1
    rest = [written.get(number, "") for number in range(first, max(written, default=0) + 1)]
    head = f"{name}{separators.field}{separators.encoding}" if name in HEADERS else name
    return separators.field.join([head, *_without_tail(rest)])


def joined(segments: Iterable[str]) -> bytes:
    """Return the segments as bytes, each with its end."""
    return "".join(f"{each}{SEGMENT_END}" for each in segments).encode()


def moment(value: datetime) -> str:
    """Write a time with its zone; HL7 has four decimals of a second, what is finer is cut."""
    fraction = f".{value.microsecond // 100:04d}" if value.microsecond >= 100 else ""
    return f"{value:%Y%m%d%H%M%S}{fraction}{value:%z}"


def day(value: date | None) -> str:
    """Write a date, or nothing."""
    return "" if value is None else f"{value:%Y%m%d}"


def _value(value: Value, separators: Separators) -> str:
    if isinstance(value, list):
        return separators.repetition.join(_without_tail([_field(each, separators) for each in value]))
    return _field(value, separators)


def _field(value: Field, separators: Separators) -> str:
    if isinstance(value, str):
        return escaped(value, separators)
    return separators.component.join(_without_tail([_component(each, separators) for each in value]))


def _component(value: Component, separators: Separators) -> str:
    if isinstance(value, str):
        return escaped(value, separators)
    return separators.subcomponent.join(_without_tail([escaped(each, separators) for each in value]))


def _without_tail(parts: list[str]) -> list[str]:
    while parts and not parts[-1]:
        parts.pop()
    return parts
