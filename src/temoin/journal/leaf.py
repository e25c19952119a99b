"""The leaf: the exact bytes of an event that the tree is over, so that an outsider can make them again.

A leaf is one line of PostgreSQL's COPY text format, without its newline: the columns below, in this order, separated
by tabs; backslash, tab, newline and other control characters written as COPY escapes them, which keeps the columns
apart whatever they hold; a missing value as backslash and N. docs/auditor.md says the same in prose.
"""

from __future__ import annotations

from typing import NamedTuple

VERSION = b"temoin-event/2"
NULL = b"\\N"

# Microseconds are exact: `extract` answers a numeric. No setting of the session changes how any of these is written.
LEAF = (
    "'temoin-event/2', event.pharmacy_id, event.id, (extract(epoch FROM event.at) * 1000000)::bigint, event.kind, "
    "event.actor_id, event.profession, event.origin, event.subject_kind, event.subject_id, event.outcome, "
    "event.reason, event.detail, event.digest, event.wrote"
)


class LeafHead(NamedTuple):
    """The first columns of a leaf."""

    pharmacy_id: bytes
    event_id: bytes
    microseconds: int


def read_head(leaf: bytes) -> LeafHead:
    """Return whose event a leaf is, which, and when it says it happened."""
    _version, pharmacy_id, event_id, moment, _rest = leaf.split(b"\t", 4)
    return LeafHead(pharmacy_id, event_id, int(moment))
