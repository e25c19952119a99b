"""Whether a database role is one that a hole in a page could not abuse: it owns nothing and lifts no policy."""

from __future__ import annotations

import time

import psycopg

from temoin.lib.config_error import ConfigError
from temoin.settings.file import Config

PATIENCE = 10.0  # seconds for a database that is starting
_POWERS = """
SELECT rolsuper, rolbypassrls, rolcreaterole OR rolcreatedb OR rolreplication,
       EXISTS (SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
                  AND relowner = pg_roles.oid),
       EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
  FROM pg_roles WHERE rolname = current_user
"""


def check_role(config: Config, role: str) -> None:
    """Refuse to start with a role that has powers no process needs, or with a database that does not answer."""
    found = role_findings(config, role)
    if found:
        raise ConfigError("\n".join(found))


def role_findings(config: Config, role: str, *, patience: float = PATIENCE) -> list[str]:
    """Return what is wrong with a role, asked of the database as that role itself."""
    try:
        powers = _powers(config, role, time.monotonic() + patience)
    except psycopg.OperationalError:
        file = config.database.password_file(role)
        return [f"The database does not let temoin_{role} in: see that it runs, and that {file} holds its password."]
    super_, bypass, makes, owns, member = powers
    sentences = {
        "is a superuser, which no policy holds: ALTER ROLE {} NOSUPERUSER": super_,
        "bypasses row-level security: ALTER ROLE {} NOBYPASSRLS": bypass,
        "may make roles, databases or replicas: run roles.sql again": makes,
        "owns tables, and an owner lifts their policies: give them to temoin_owner": owns and role != "owner",
        "is a member of other roles and may take their powers: REVOKE them": member,
    }
    return [f"Role temoin_{role} {words.format(f'temoin_{role}')}." for words, true in sentences.items() if true]


def _powers(config: Config, role: str, deadline: float) -> tuple[bool, ...]:
    while True:
        try:
            with psycopg.connect(
                dbname=config.database.name,
                user=f"temoin_{role}",
                password=config.database.password(role),
                **config.database.way,
            ) as connection:
                row = connection.execute(_POWERS).fetchone()
                return row or (False,) * 5
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
