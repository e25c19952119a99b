"""Which names, numbers, addresses and identifiers of foreign FHIR are those of now: one rule for all of them."""

from __future__ import annotations

from temoin.formats.handed.fhir_tree import Node, few, first, text
from temoin.formats.handed.periods import is_within

_NOT_CURRENT = frozenset({"old", "temp"})


def current(node: Node, name: str) -> list[tuple[int, Node]]:
    """Return those under a name that are used now, each with its place."""
    return [(place, one) for place, one in enumerate(few(node, name)) if is_current(one)]


def is_current(part: Node) -> bool:
    """Tell whether it is neither old nor temporary, has begun and not ended; a time that nobody can read is neither."""
    period = first(part, "period")
    return is_within(text(period, "start"), text(period, "end")) and text(part, "use") not in _NOT_CURRENT
