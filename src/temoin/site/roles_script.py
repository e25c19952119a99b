r"""`roles.sql` with the passwords of the roles, as verifiers: for psql, or run over a superuser's own connection.

The server is told SCRAM verifiers (RFC 5803), never a password: no statement, activity view or log could show one.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import pbkdf2_hmac, sha256
from importlib import resources

import psycopg

ITERATIONS = 4096  # PostgreSQL's own; passwords here are of 256 bits
_CONNECT = re.compile(r"^\\connect (\w+)$", re.MULTILINE)
_GEXEC = re.compile(r"\n\\gexec$", re.MULTILINE)

Connect = Callable[[str], psycopg.Connection]  # to the database of this name, with autocommit


def roles_script() -> str:
    """Return the script as it is in the package, without passwords."""
    return resources.files("temoin.site").joinpath("roles.sql").read_text(encoding="utf-8")


def password_statements(passwords: Mapping[str, str]) -> list[str]:
    """Return a statement for each role, by its short name, that gives it its password."""
    return [f"ALTER ROLE temoin_{role} PASSWORD '{scram_verifier(word)}';" for role, word in passwords.items()]


def scram_verifier(password: str) -> str:
    """Return what PostgreSQL keeps of a password of printable ASCII (SASLprep changes none of it)."""
    salt = secrets.token_bytes(16)
    salted = pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored = sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (b64encode(part).decode("ascii") for part in (salt, stored, server))
    return f"SCRAM-SHA-256${ITERATIONS}:{salt_text}${stored_text}:{server_text}"


def make_roles(connect: Connect, passwords: Mapping[str, str]) -> None:
    """Make roles and database, and give the roles their passwords; what is there already stays, passwords follow."""
    before, database, after = _CONNECT.split(roles_script())
    with connect("postgres") as connection:
        _run(connection, before)
        for statement in password_statements(passwords):
            connection.execute(statement.encode())
    with connect(database) as connection:
        _run(connection, after)


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
