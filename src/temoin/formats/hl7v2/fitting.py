"""Make each part of a message fit its length, and keep what did not fit whole in a segment of our own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.lengths import FIELDS, TYPES, Part, Whole
from temoin.formats.hl7v2.separators import Separators, escaped
from temoin.formats.hl7v2.syntax import Message, Segment
from temoin.formats.hl7v2.writing import Component, Field, Value
from temoin.lib.text import shortened

OWN, OWN_FIELD = "ZTM", 9  # repetitions of segment, its number, field, repetition, component, subcomponent, text
Place = tuple[int | str, ...]


@dataclass(slots=True)
class _Cutting:
    separators: Separators
    whole: list[Field] = field(default_factory=list)

    def value(self, value: Value, kind: str, place: Place) -> Value:
        if isinstance(value, list):
            return [self._field(each, kind, (*place, number)) for number, each in enumerate(value, start=1)]
        return self._field(value, kind, (*place, 1))

    def _field(self, value: Field, kind: str, place: Place) -> Field:
        parts = TYPES[kind]
        if isinstance(value, str):
            return self._text(value, parts[0], (*place, 1, 1))
        told = zip(value, parts, strict=False)
        return tuple(self._component(each, part, (*place, n)) for n, (each, part) in enumerate(told, start=1))

    def _component(self, value: Component, part: Part, place: Place) -> Component:
        if isinstance(value, str):
            return self._text(value, part, (*place, 1))
        parts = TYPES[part] if isinstance(part, str) else (part,) * len(value)
        told = zip(value, parts, strict=True)
        return tuple(self._text(each, inner, (*place, n)) for n, (each, inner) in enumerate(told, start=1))

    def _text(self, text: str, part: Part, place: Place) -> str:
        while isinstance(part, str):
            part = TYPES[part][0]
        if self._size(text) <= part:
            return text
        if place[0] != "MSH":  # the name in it stands in each XON too
            self.whole.append((*map(str, place), text))
        return "" if isinstance(part, Whole) else shortened(text, part, self._size)

    def _size(self, text: str) -> int:
        return len(escaped(text, self.separators))


def fitted(
    segments: Iterable[tuple[str, dict[int, Value]]],
    separators: Separators,
    table: Mapping[str, Mapping[int, str]] = FIELDS,
) -> Iterator[tuple[str, dict[int, Value]]]:
    """Give the segments with each part cut to its length; our own segment, the last, tells what was cut."""
    cutting, seen = _Cutting(separators), Counter[str]()
    for name, fields in segments:
        seen[name] += 1
        kinds = dict(table.get(name, {}))
        if name == "OBX" and isinstance(kind := fields[2], str):
            kinds[5] = kind
        place = (name, seen[name])
        cut = {n: cutting.value(fields[n], kind, (*place, n)) for n, kind in kinds.items() if n in fields}
        own: dict[int, Value] = {OWN_FIELD: cutting.whole} if name == OWN and cutting.whole else {}
        yield name, fields | cut | own


def restored(message: Message) -> Message:
    """Return a message of ours with every text that was cut whole again."""
    segments = list(message.segments)
    own = message.one(OWN)
    for told in own.repetitions(OWN_FIELD):
        parts = told.split(own.separators.component)
        try:
            name, (at, *place), text = parts[0], map(int, parts[1:6]), parts[6]
            index = [n for n, each in enumerate(segments) if each.name == name][at - 1]
            segments[index] = _with_text(segments[index], place, text)
        except (ValueError, IndexError):
            raise Hl7Error(own.place(OWN_FIELD), "does not name a part of this message") from None
    return replace(message, segments=tuple(segments))


def _with_text(segment: Segment, place: list[int], text: str) -> Segment:
    number, *inner = place
    fields = list(segment.fields)
    marks = segment.separators
    levels = (marks.repetition, marks.component, marks.subcomponent)
    fields[number - 1] = _replaced(fields[number - 1], list(zip(levels, inner, strict=True)), text)
    return replace(segment, fields=tuple(fields))


def _replaced(text: str, levels: list[tuple[str, int]], new: str) -> str:
    """Return a field in which one part is another; parts that the writer left off at the end are there again."""
    if not levels:
        return new
    (separator, number), *rest = levels
    if not 0 < number < 100:
        raise ValueError("no such part")
    parts = text.split(separator)
    parts += [""] * (number - len(parts))
    parts[number - 1] = _replaced(parts[number - 1], rest, new)
    return separator.join(parts)
