"""The acknowledgement file of a file of reports: one line for each key, accepted or refused.

    key,verdict,id,reason
    6f1c0b0e-…,accepted,2026-000123,
    91d2…,refused,,unknown LOINC code

Each line stands for itself, once its end of line is there: what was cut off, or cannot be read, says nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

HEADER = "key,verdict,id,reason"
EVERY_ROW = "*"  # in place of a key, with "refused" only: a file of which no row can be read


class RowVerdict(StrEnum):
    """What the receiver did with the rows of a key."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the receiver says of one key, and the line in which it does."""

    key: str
    verdict: RowVerdict
    id: str  # the receiver's own, if any
    reason: str
    line: bytes


def read_acknowledgements(data: bytes) -> list[Acknowledgement]:
    """Read every line that is whole; none when the header is another."""
    first, *lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if first.rstrip(b"\r") != HEADER.encode():
        return []
    return list(_read(lines[:-1]))  # after the last end of line stands nothing, or half a line


def acknowledgement_of(key: str, told: list[Acknowledgement]) -> Acknowledgement | None:
    """Return what is said of a key; None when nothing is, or the lines about it contradict each other."""
    found = [each for each in told if each.key in {key, EVERY_ROW}]
    return found[-1] if len({each.verdict for each in found}) == 1 else None


def _read(lines: list[bytes]) -> Iterator[Acknowledgement]:
    for line in lines:
        try:
            ((key, verdict, own_id, reason),) = csv.reader([line.rstrip(b"\r").decode()], strict=True)
            read = Acknowledgement(key, RowVerdict(verdict), own_id, reason, line)
        except (csv.Error, ValueError):  # not UTF-8, not four cells, another word
            continue
        if key != EVERY_ROW or read.verdict is RowVerdict.REFUSED:
            yield read
