"""Whether a database role is one that a hole in a page could not abuse: it owns nothing and lifts no policy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from temoin.lib.away import OUTAGE
from temoin.lib.config_error import ConfigError
from temoin.settings.file import Config
from temoin.site.known_schema import schema_findings

PATIENCE = 10.0  # seconds for a server that refuses: it may be starting
_POWERS = """
SELECT rolsuper, rolbypassrls, rolcreaterole OR rolcreatedb OR rolreplication,
       EXISTS (SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
                  AND relowner = pg_roles.oid),
       EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
  FROM pg_roles WHERE rolname = current_user
"""


class NoServerError(ConfigError):
    """No database server answers."""


Look = Callable[[psycopg.Connection], Iterable[str]]


def check_role(config: Config, role: str) -> None:
    """Refuse to start with a role that has powers no process needs, or with tables that this version does not know.

    A server that does not answer is waited for, as long as it takes: down is normal.
    """
    found = findings_as(config, role, partial(_start_findings, role), patience=PATIENCE, wait=OUTAGE.note)
    if found:
        raise ConfigError("\n".join(found))


def role_findings(config: Config, role: str, *, patience: float = PATIENCE) -> list[str]:
    """Return what is wrong with a role's powers, asked of the database as that role itself."""
    try:
        return findings_as(config, role, partial(power_findings, role), patience=patience)
    except NoServerError as error:
        return [str(error)]


def findings_as(
    config: Config, role: str, look: Look, *, patience: float = 0.0, wait: Callable[[Exception], None] | None = None
) -> list[str]:
    """Return what a look over a connection of this role finds, or that it is not let in.

    Where no server answers, `wait` is told at each try, for ever; without one NoServerError is raised.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with connect_as(config, role) as connection:
                found = list(look(connection))
        except psycopg.OperationalError as error:
            is_refused = _is_refused(config, role, error)
            if wait is not None and not is_refused:
                wait(error)
            elif time.monotonic() > deadline:
                return [_kept_out(config, role, is_refused=is_refused)]
            time.sleep(0.5)
        else:
            OUTAGE.end()
            return found


def _is_refused(config: Config, role: str, error: psycopg.OperationalError) -> bool:
    """Tell whether a server that answers keeps this role out, and not everybody while it starts, stops or recovers.

    The driver has no SQLSTATE of a connection that was not made. The library itself knows 57P03, and a ping tells it.
    """
    if "FATAL" not in str(error):  # the word is the server's own, in every language
        return False
    return PGconn.ping(make_conninfo(**_way(config, role)).encode()) == Ping.OK


def _kept_out(config: Config, role: str, *, is_refused: bool) -> str:
    """Return why a role has no connection: the server refused it, or none answered, which is the same for all."""
    if not is_refused:
        where = config.database.way["host"]
        raise NoServerError(f"The database does not answer at {where}: see that it runs, and [database].")
    file = config.database.password_file(role)
    return f"The database does not let temoin_{role} in: see that {file} holds its password, and pg_hba.conf."


def connect_as(config: Config, role: str, **more: Any) -> psycopg.Connection:
    """Connect as a role, without Django."""
    return psycopg.connect(**_way(config, role), password=config.database.password(role), **more)


def _way(config: Config, role: str) -> dict[str, Any]:
    return {"dbname": config.database.name, "user": f"temoin_{role}", **config.database.way}


def power_findings(role: str, connection: psycopg.Connection) -> list[str]:
    """Return a sentence for each power that no process needs."""
    super_, bypass, makes, owns, member = connection.execute(_POWERS).fetchone() or (False,) * 5
    sentences = {
        "is a superuser, which no policy holds: ALTER ROLE {} NOSUPERUSER": super_,
        "bypasses row-level security: ALTER ROLE {} NOBYPASSRLS": bypass,
        "may make roles, databases or replicas: run roles.sql again": makes,
        "owns tables, and an owner lifts their policies: give them to temoin_owner": owns and role != "owner",
        "is a member of other roles and may take their powers: REVOKE them": member,
    }
    return [f"Role temoin_{role} {words.format(f'temoin_{role}')}." for words, true in sentences.items() if true]


def _start_findings(role: str, connection: psycopg.Connection) -> list[str]:
    return [*power_findings(role, connection), *schema_findings(connection)]
