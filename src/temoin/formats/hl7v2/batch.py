"""A file of messages for receivers that take them in bulk: FHS, BHS, messages, BTS, FTS (HL7 2.5.1, §2.10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from temoin.formats.hl7v2 import codes
from temoin.formats.hl7v2.route import Route
from temoin.formats.hl7v2.writing import Value, joined, moment, segment


def batch_file(messages: Sequence[bytes], route: Route, *, identifier: str, at: datetime) -> bytes:
    """Return one file with one batch; the messages are written for the same route."""
    head: dict[int, Value] = {
        3: codes.APPLICATION,
        5: route.application,
        6: route.facility,
        7: moment(at),
        11: identifier,
    }
    opening = [segment(name, head, route.separators) for name in ("FHS", "BHS")]
    closing = [segment("BTS", {1: str(len(messages))}, route.separators), segment("FTS", {1: "1"}, route.separators)]
    return joined(opening) + b"".join(messages) + joined(closing)
