"""Runs `roles.sql` on the embedded server, and gives each role the password in its file."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import psycopg
from psycopg import sql

from temoin.settings.secrets import make_password
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

DATABASE = "temoin"
ROLES = ("owner", "app", "worker", "portal", "keeper", "sealer")
SCRIPT = resources.files("temoin.site").joinpath("roles.sql")

_CONNECT = re.compile(r"^\\connect (\w+)$", re.MULTILINE)
_GEXEC = re.compile(r"\n\\gexec$", re.MULTILINE)


def password_file(keys: Path, role: str) -> Path:
    return keys / f"{role}.password"


def ensure_roles(server: EmbeddedServer, keys: Path) -> None:
    """Create roles, passwords and database; what exists already stays, passwords follow their files."""
    before, database, after = _CONNECT.split(SCRIPT.read_text(encoding="utf-8"))
    with _connect(server, "postgres") as connection:
        _run(connection, before)
        for role in ROLES:
            _set_password(connection, f"temoin_{role}", make_password(password_file(keys, role)))
    with _connect(server, database) as connection:
        _run(connection, after)


def _connect(server: EmbeddedServer, database: str) -> psycopg.Connection:
    conninfo = server.conninfo(SUPERUSER, server.superuser_password(), database)
    return psycopg.connect(conninfo, autocommit=True)


def _run(connection: psycopg.Connection, script: str) -> None:
    r"""Run statements as psql does; `\gexec` runs what the statement before it answers."""
    *asked, plain = _GEXEC.split(script)
    for text in asked:
        *statements, question = _statements(text)
        for statement in statements:
            connection.execute(statement.encode())
        for (answer,) in connection.execute(question.encode()).fetchall():
            connection.execute(answer.encode())
    for statement in _statements(plain):
        connection.execute(statement.encode())


def _statements(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    # The server is told the verifier, not the password: no statement, activity view or log could show it.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    )
