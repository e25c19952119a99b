"""The section [serving]: how many processes serve each site, and how long they wait for a caller."""

from __future__ import annotations

from typing import Annotated

from temoin.lib.section import Number, section, within

# Each process answers eight requests at once and keeps as many database connections.
BOUNDS = {
    "staff_processes": range(1, 65),
    "portal_processes": range(1, 65),
    "authority_processes": range(1, 65),
    "seconds": range(2, 301),
    "connections": range(32, 20_001),
}


@section
class Serving:
    """Server processes of each site; seconds that a caller has for each step; connections that a process holds."""

    staff_processes: Annotated[Number, within(BOUNDS["staff_processes"])] = 2
    portal_processes: Annotated[Number, within(BOUNDS["portal_processes"])] = 2
    authority_processes: Annotated[Number, within(BOUNDS["authority_processes"])] = 1
    seconds: Annotated[Number, within(BOUNDS["seconds"])] = 20
    connections: Annotated[Number, within(BOUNDS["connections"])] = 1000
