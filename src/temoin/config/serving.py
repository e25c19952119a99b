"""The section [serving]: how many processes serve each site, and how long they wait for a caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from temoin.config.section import Section

# Each process answers eight requests at once and keeps as many database connections.
BOUNDS = {
    "staff_processes": (1, 64),
    "portal_processes": (1, 64),
    "seconds": (2, 300),
    "connections": (32, 20_000),
}


@dataclass(frozen=True, kw_only=True)
class Serving:
    """Server processes of each site; seconds that a caller has for each step; connections that a process holds."""

    staff_processes: int = 2
    portal_processes: int = 2
    seconds: int = 20
    connections: int = 1000


def read_serving(section: Section) -> Serving:
    """Read the section; all of it is optional."""
    said: dict[str, Any] = {name: section.optional(name, int) for name in BOUNDS}
    section.end()
    for name, (least, most) in BOUNDS.items():
        if said[name] is not None and not least <= said[name] <= most:
            raise section.wrong(name, f"must be between {least} and {most}")
    return Serving(**{name: value for name, value in said.items() if value is not None})
