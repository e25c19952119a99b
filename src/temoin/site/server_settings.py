"""Whether the database server keeps what `roles.sql` asks of it, writes to its disk, and goes by our time.

`roles.sql` is the one list of these settings. A restore without it (createdb, pg_restore) runs without the limits of
pages and lanes, and with statements' values in the server's log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources

import psycopg

from temoin.lib.clock import now

OLDEST = 17  # the first whose sorting an upgrade of the operating system cannot change
TOO_FAR = timedelta(minutes=2)  # beyond it sampling times are refused
FAR = timedelta(seconds=5)
_OF_ROLE = re.compile(r"^ALTER ROLE (\w+)\s+SET (\w+) = '([^']+)';", re.MULTILINE)
_OF_DATABASE = re.compile(r"^ALTER DATABASE temoin SET (\w+) = '?([^';]+)'?;", re.MULTILINE)
_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
# What makes "acknowledged" mean "on the disk" (law 1), by setting: the one value under which a commit may be lost.
LOSES = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def wanted_of_role(role: str) -> dict[str, str]:
    """Return what `roles.sql` sets for a role, times in milliseconds as the server shows them."""
    return {name: _shown(value) for named, name, value in _OF_ROLE.findall(_script()) if named == f"temoin_{role}"}


def wanted_of_database() -> dict[str, str]:
    """Return what `roles.sql` sets for the database: what keeps values out of the server's log."""
    return {name: _shown(value) for name, value in _OF_DATABASE.findall(_script())}


def setting_findings(database: psycopg.Connection, role: str, *, demo: bool) -> Iterator[str]:
    """Yield a sentence for each setting that a connection of this role does not have as it must."""
    of_role, of_database = wanted_of_role(role), wanted_of_database()
    names = [*of_role, *of_database, *LOSES]
    found: dict[str, str] = dict(database.execute(_SETTINGS, [names]).fetchall())
    for name, value in of_role.items():
        if not _keeps(found.get(name), value):
            yield f"{name} of temoin_{role} is {found.get(name)}, not {value}: run roles.sql again."
    for name, value in of_database.items():
        if found.get(name) != value:
            told = f"{name} of the database is {found.get(name)}, not {value}, so that its log may hold results"
            yield f"{told}: run roles.sql again."
    for name, value in LOSES.items():
        if found.get(name) == value and not demo:
            yield f"{name} is {value} on the database server, which may then lose signed results: set it to on."


def version_findings(database: psycopg.Connection) -> list[str]:
    """Return a sentence about a server that is too old."""
    found = database.info.server_version // 10_000
    return [] if found >= OLDEST else [f"The database server is PostgreSQL {found}: Témoin needs {OLDEST} or later."]


def clock_words(database: psycopg.Connection) -> tuple[list[str], list[str]]:
    """Return what is wrong with the difference of the two clocks, and what is only to be said of it."""
    row = database.execute("SELECT clock_timestamp()").fetchone()
    apart = abs(now() - row[0]) if row else timedelta(0)
    words = f"The clock of this machine and that of the database differ by {apart.total_seconds():.0f} seconds: "
    if apart > TOO_FAR:
        return [words + "set both by a time server."], []
    return [], [words + "look at time synchronisation."] if apart > FAR else []


def _script() -> str:
    return resources.files("temoin.site").joinpath("roles.sql").read_text(encoding="utf-8")


def _shown(value: str) -> str:
    seconds = re.fullmatch(r"([0-9]+)s", value)
    return str(int(seconds[1]) * 1000) if seconds else value


def _keeps(found: str | None, wanted: str) -> bool:
    """Tell whether a limit is as long as wanted, or shorter; zero is none at all."""
    return found is not None and found.isdigit() and 0 < int(found) <= int(wanted)
