"""Runs `roles.sql` on the embedded server, and gives each role the password in its file."""

from __future__ import annotations

from pathlib import Path

import psycopg

from temoin.settings.database import DATABASE_ROLES as ROLES
from temoin.settings.secrets import make_password
from temoin.site.roles_script import make_roles
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

__all__ = ["DATABASE", "ROLES", "ensure_roles", "password_file"]

DATABASE = "temoin"


def password_file(keys: Path, role: str) -> Path:
    return keys / f"{role}.password"


def ensure_roles(server: EmbeddedServer, keys: Path) -> None:
    """Create roles, passwords and database; what exists already stays, passwords follow their files."""
    passwords = {role: make_password(password_file(keys, role)) for role in ROLES}
    make_roles(lambda name: _connect(server, name), passwords)


def _connect(server: EmbeddedServer, database: str) -> psycopg.Connection:
    conninfo = server.conninfo(SUPERUSER, server.superuser_password(), database)
    return psycopg.connect(conninfo, autocommit=True)
