"""A file of results, whatever it is written in: a table, messages of HL7 v2, or FHIR."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import BinaryIO

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.reading import MOST_ROWS, FileOfResults, Said, read_results
from temoin.formats.csv.tables import Encoding
from temoin.formats.handed.fhir_file import is_fhir_xml, is_json, told_of_json, told_of_xml
from temoin.formats.handed.hl7 import Passed
from temoin.formats.handed.hl7_file import is_hl7, told_of_file
from temoin.formats.handed.told import ToldResult, judge

HL7, FHIR = "hl7-v2-oru", "fhir-r4"
MESSAGES = frozenset({HL7, FHIR})  # profiles whose files are no tables
_HEAD = 4_096
_ASTM = re.compile(rb"[\x02\x05\s]*[0-7]?H\|[^A-Za-z0-9\s]{3}\|")
_MOST_NAMED = 60  # of what is not read; a file may invent names without end

Reader = Callable[[BinaryIO, Encoding, Passed], Iterator[ToldResult]]
_NOTHING_SAID = Said()


def open_results(stream: BinaryIO, *, rules: CellRules, said: Said = _NOTHING_SAID) -> FileOfResults:
    """Tell what a seekable file is and check it as a whole, then hand its rows out one by one, in flat memory.

    FileRefusedError before the first row when the file as a whole cannot be taken.
    """
    start = stream.tell()
    head = stream.read(_HEAD)
    stream.seek(start)
    if is_hl7(head):
        return _messages(HL7, told_of_file, stream, rules=rules, said=said)
    if is_json(head) or is_fhir_xml(head):
        read = told_of_json if is_json(head) else told_of_xml
        return _messages(FHIR, read, stream, rules=rules, said=said)
    if _ASTM.match(head):
        raise FileRefusedError("astm")
    return read_results(stream, rules=rules, said=said)


def _messages(profile: str, read: Reader, stream: BinaryIO, *, rules: CellRules, said: Said) -> FileOfResults:
    """Go through the messages once to know the whole, and a second time for their rows."""
    start, count, passed = stream.tell(), 0, Passed()
    for count, _ in enumerate(read(stream, said.encoding, passed), start=1):
        if count > MOST_ROWS:
            raise FileRefusedError("too_many_rows")

    def again() -> Iterator[ToldResult]:
        stream.seek(start)
        yield from read(stream, said.encoding, Passed())

    dated = replace(rules, order=DateOrder.ISO, orders=MappingProxyType({}))
    return FileOfResults(
        profile=profile,
        dates=(),
        unread=named(passed.unread),
        not_kept=named(passed.not_kept),
        count=count,
        rows=(judge(told, dated) for told in again()),
    )


def named(names: dict[str, None]) -> tuple[str, ...]:
    """Return names of what is passed over, the first of them where a sender has too many."""
    first = tuple(islice(names, _MOST_NAMED))
    return first if len(names) <= _MOST_NAMED else (*first, "…")
