"""The section [serving]: how many processes serve each site, and how long they wait for a caller."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.lib.section import Section

# Each process answers eight requests at once and keeps as many database connections.
BOUNDS = {
    "staff_processes": range(1, 65),
    "portal_processes": range(1, 65),
    "seconds": range(2, 301),
    "connections": range(32, 20_001),
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
    said = {name: section.number(name, within, getattr(Serving, name)) for name, within in BOUNDS.items()}
    section.end()
    return Serving(**said)
