"""What whoever typed a command is told of what ended it: sentences of ours.

A traceback helps nobody at a terminal, and its last line repeats what a driver or a parser was given (law 7).
"""

from __future__ import annotations

from temoin.lib.config_error import ConfigError
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, TemoinError

# SQLSTATEs, by class or whole, of a statement that the server refused for what it found.
_REFUSED_STATES = {
    "42501": "the role of this command may not do it: run roles.sql again, then temoin migrate",
    "42": "its tables are not those of this version: temoin check says which migrations it lacks or has too many",
    "40": "others were at work on the same rows: run it again",
    "55": "a lock: run it again when less goes on there",
    "57": "a time limit: run it again when less goes on there",
}


def words_of(error: Exception) -> str:
    """Return what is told of an error that ended a command."""
    if isinstance(error, OSError):  # a file or a disk of the machine
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
    if isinstance(error, TemoinError):
        return _told(error)
    if isinstance(error, (ConfigError, *_own_errors())):
        return str(error)
    return database_words(error) if _is_of_database(error) else _defect_words(error)


def database_words(error: BaseException) -> str:
    """Return what a person at a terminal is told when the database does not do it: an outage, or a refusal."""
    from django.db.migrations.exceptions import MigrationSchemaMissing

    from temoin.lib.away import AWAY_STATES, is_away

    if isinstance(error, MigrationSchemaMissing):  # Django's, raised while it met the cause
        error = error.__context__ or error
    state = getattr(error.__cause__, "sqlstate", None) or getattr(error, "sqlstate", None)
    if is_away(error):
        cause = next((f": {words} ({state})" for start, words in AWAY_STATES.items() if _is_of(state, start)), "")
        return f"The database does not answer, or refuses the role of this command{cause}."
    words = next((words for start, words in _REFUSED_STATES.items() if _is_of(state, start)), _DEFECT)
    return f"The database stopped the work ({state or type(error).__name__}): {words}."


_DEFECT = "a defect of the program; report it with this line"


def _is_of(state: str | None, start: str) -> bool:
    return (state or "").startswith(start)


def _is_of_database(error: Exception) -> bool:
    import psycopg
    from django.db import Error

    return isinstance(error, (psycopg.Error, Error))


def _own_errors() -> tuple[type[Exception], ...]:
    from temoin.crypto.backup import BackupError
    from temoin.crypto.roots.provider import RootKeyError
    from temoin.lib.data_file import DataFileError

    return BackupError, RootKeyError, DataFileError


def _told(error: TemoinError) -> str:
    if isinstance(error, InvalidError):
        return " ".join(f"{problem.field}: {problem.message}".removeprefix(": ") for problem in error.problems)
    if isinstance(error, ConflictError):
        return "This was already done."
    return "Not found." if isinstance(error, NotFoundError) else f"Refused: {error}"


def _defect_words(error: Exception) -> str:
    from temoin.site.logs import ValuelessFormatter

    places = ValuelessFormatter().formatException((type(error), error, error.__traceback__))
    return f"A defect of the program ended this. Report it with these lines, which hold no value:\n{places}"
