"""An instant that somebody wrote is read by one rule: with an offset that a clock on earth keeps."""

from __future__ import annotations

import ast
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import get_args

import pytest
from pydantic import AwareDatetime, BaseModel, NaiveDatetime, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from source_code import sources

from temoin.api.urls import OPERATIONS
from temoin.cli.numbers import moment
from temoin.formats.csv.vocabulary import find_zone
from temoin.formats.handed.periods import is_within
from temoin.lib.errors import InvalidError
from temoin.lib.zones import is_kept, read_instant
from temoin.testing.opening import NOTED
from temoin.transmission.comparing import moment_told
from temoin.web.noted import read_noted
from temoin.web.times import read_local_time

DOORS = {"web", "api", "portal", "intake", "formats", "cli", "transmission", "delivery"}
OTHERWISE_READ = {
    "api/fhir_searches.py": "a cursor that we signed",
    "api/list_views.py": "likewise",
    "cli/backup_units.py": "what the account of the copies wrote; no later than now",
    "cli/breach.py": "a time on the pharmacy's clock, without an offset",
    "formats/fhir/reader.py": "a document of ours",
    "formats/handed/periods.py": "an end of any year; it asks `is_kept`",
    "formats/hl7v2/syntax.py": "a report of ours",
    "intake/held.py": "what we noted of a file",
    "web/times.py": "a time on the pharmacy's clock; it asks `is_kept`",
}


def test_every_door_reads_instants_by_the_one_rule():
    assert {
        source.path
        for source in sources()
        if source.room in DOORS
        for call in source.nodes(ast.Attribute)
        if ast.unparse(call) == "datetime.fromisoformat"
    } == set(OTHERWISE_READ)


def fields_of(shape: object) -> Iterator[tuple[str, FieldInfo]]:
    """Yield each field of a body and of what stands in it, with the name of its shape."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        for name, field in shape.model_fields.items():
            yield f"{shape.__name__}.{name}", field
            yield from fields_of(field.annotation)
    for part in get_args(shape):
        yield from fields_of(part)


def test_no_field_of_a_body_takes_an_offset_of_no_clock():
    fields = {name: field for one in OPERATIONS for name, field in fields_of(one.body)}
    moments = {
        name: TypeAdapter(field.rebuild_annotation())
        for name, field in fields.items()
        if tells_moment(field.annotation)
    }

    assert {"SampleBody.sampled_at", "SampleBody.started_at"} <= set(moments)
    for name, adapter in moments.items():
        assert adapter.validate_python("2026-11-29T14:00:00+14:00"), name
        for offset in ("+23:59", "-23:59", "+14:01", "-12:01", ""):
            with pytest.raises(ValidationError):
                adapter.validate_python(f"2026-11-29T14:00:00{offset}")


def tells_moment(shape: object) -> bool:
    return shape in {datetime, AwareDatetime, NaiveDatetime} or any(map(tells_moment, get_args(shape)))


def is_read(read: Callable[[str], object], text: str) -> bool:
    with suppress(ValueError, ArgumentTypeError, InvalidError):
        return bool(read(text))
    return False


@pytest.mark.parametrize("offset", ["+23:59", "-23:59", "+15:59", "+14:01", "-12:01", "-14:00", "+01:00:30"])
def test_no_reader_takes_an_offset_of_no_clock(offset: str):
    readers: list[Callable[[str], object]] = [
        read_instant,
        moment,
        moment_told,
        lambda text: read_noted({NOTED: text}),
        lambda text: read_local_time(text, "at"),
        lambda text: is_within(text, ""),
        lambda text: find_zone(text[16:]),
    ]

    assert [is_read(one, f"2026-11-29T14:00{offset}") for one in readers] == [False] * len(readers)


@pytest.mark.parametrize(("minutes", "is_one"), [(840, True), (841, False), (-720, True), (-721, False), (345, True)])
def test_clocks_are_from_twelve_hours_west_to_fourteen_east(minutes: int, is_one: bool):
    assert is_kept(timedelta(minutes=minutes)) is is_one
