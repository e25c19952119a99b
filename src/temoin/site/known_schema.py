"""Whether the database's tables are those of this version: what is missing, and what only a newer version knows.

Asked without loading Django: migrations are files, by room and name, and the database has a row for each that was
applied. Every role may read those rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import psycopg

import temoin

# Libraries whose tables we use, by their package; `temoin migrate` applies theirs too.
LIBRARIES = {
    "contenttypes": "django.contrib.contenttypes",
    "auth": "django.contrib.auth",
    "account": "allauth.account",
    "mfa": "allauth.mfa",
    "socialaccount": "allauth.socialaccount",
}
SHOWN = 3
_APPLIED = "SELECT app, name FROM django_migrations"

Migration = tuple[str, str]  # the room or library, and the name


def schema_findings(database: psycopg.Connection) -> list[str]:
    """Return what is wrong with the tables, asked over a connection of any role."""
    applied = _applied(database)
    if applied is None:
        return ["The database has no tables of this version of Témoin yet: run temoin migrate."]
    lacking = known_migrations() - applied
    found = [f"The database lacks {_named(lacking)}: run temoin migrate."] if lacking else []
    return [*found, *newer_findings(database)]


def newer_findings(database: psycopg.Connection) -> list[str]:
    """Return that a newer version brought the tables up, which this one would misread."""
    newer = ours_among((_applied(database) or set()) - known_migrations())
    words = "install that version here, or restore the backup that was made before."
    return [f"The database was brought up by a newer version of Témoin ({_named(newer)}): {words}"] if newer else []


def _applied(database: psycopg.Connection) -> set[Migration] | None:
    try:
        with database.transaction():
            return set(database.execute(_APPLIED).fetchall())
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return None


def known_migrations() -> set[Migration]:
    """Return the migrations that are installed here, by room or library."""
    folders = {label: _folder(label) for label in _labels()}
    return {
        (label, file.stem)
        for label, folder in folders.items()
        for file in folder.glob("*.py")
        if not file.stem.startswith("_")
    }


def ours_among(migrations: set[Migration]) -> set[Migration]:
    """Return those of our rooms and of the libraries whose tables we use."""
    return {one for one in migrations if one[0] in _labels()}


def _labels() -> set[str]:
    rooms = {folder.parent.name for folder in Path(temoin.__file__).parent.glob("*/migrations")}
    return rooms | set(LIBRARIES)


def _folder(label: str) -> Path:
    if label not in LIBRARIES:
        return Path(temoin.__file__).parent / label / "migrations"
    found = find_spec(LIBRARIES[label])
    places = list(found.submodule_search_locations or ()) if found is not None else []
    return Path(places[0]) / "migrations" if places else Path("/nonexistent")


def _named(migrations: Iterable[Migration]) -> str:
    names = sorted(f"{label}.{name}" for label, name in migrations)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"
