"""`temoin init`: the settings, keys, passwords and folders of a new site, and its roles in the database.

Nothing that exists is written over. The settings file comes last, so that what failed half-way is simply run again.
"""

from __future__ import annotations

import argparse
import getpass
import os
import pwd
import shutil
import sys
import tomllib
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import psycopg

from temoin.cli import check
from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import DATA_FILE
from temoin.cli.first_settings import SiteAnswers, settings_text
from temoin.cli.numbers import calendar_day, port_number
from temoin.lib.config_error import ConfigError
from temoin.lib.key_places import check_root_place
from temoin.settings.database import DATABASE_ROLES
from temoin.settings.file import settings_of
from temoin.settings.secrets import make_password, make_root_key, private_folder, write_secret
from temoin.site.roles_script import make_roles, password_statements, roles_script
from temoin.site.server_settings import version_findings

FOLDER = Path("/etc/temoin")
STATE = Path("/var/lib/temoin")
# Who writes in which folder of the state: the accounts of packaging/sysusers.d, where the machine has them.
WRITERS = {"checkpoints": "temoin-sealer", "ledger": "temoin-reaper"}

# What must be known, in the order of asking: the option, and the question to a person at a terminal.
QUESTIONS = {
    "staff_url": "Address of the staff site, as browsers see it (https://…)",
    "portal_url": "Address of the patients' site (https://…, another host)",
    "database": "Host of PostgreSQL (name or name:port; several after commas)",
    "host_name": "Who hosts the health data",
    "mail_host": "Mail server",
    "mail_sender": "Address that messages to patients come from",
    "operator": "Address of the operator, who is written to about alarms",
}


def add_commands(commands: Commands) -> None:
    words = "make the settings, keys, passwords, folders and database roles of a new site"
    parser = commands.add_parser("init", help=words, description=f"{words[0].upper()}{words[1:]}.")
    parser.add_argument(
        "--data", type=Path, default=FOLDER, help=f"folder for temoin.toml and keys/ (default: {FOLDER})"
    )
    parser.add_argument("--state", type=Path, help=f"folder for checkpoints and ledger (default: {STATE}, or --data)")
    for name, question in QUESTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", help=question)
    parser.add_argument(
        "--hds-certificate", help="number of the host's HDS certificate; without it, it hosts for itself"
    )
    parser.add_argument("--hds-expires", type=calendar_day, help="last day of that certificate, such as 2028-12-31")
    parser.add_argument("--mail-port", type=port_number, default=587)
    parser.add_argument("--mail-security", default="starttls", help="none (this machine only), starttls or tls")
    parser.add_argument("--mail-user", help="account at the mail server")
    parser.add_argument("--mail-password-file", type=Path, help="file with its password, which is copied")
    words = 'superuser\'s connection, such as "host=/run/postgresql user=postgres", to make roles and database with'
    parser.add_argument("--superuser", metavar="CONNINFO", help=f"{words}; without it the SQL is printed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write everything, make the roles or print how, and end with what `temoin check` finds."""
    path = options.data / DATA_FILE
    state = options.state or (STATE if options.data == FOLDER else options.data)
    answers = _answers(options)
    text = settings_text(answers, state.resolve())
    settings_of(tomllib.loads(text), path)  # every fault is told before anything is written
    if path.exists() and not path.read_text(encoding="utf-8").startswith(text):  # its own, for another try at the SQL
        raise ConfigError(
            f"{path} exists with other answers, and nothing is written over: give the same, or another --data."
        )
    mail_password = _mail_password(options)
    check_root_place(options.data / "keys" / "root.key", options.data / "static")
    options.data.mkdir(mode=0o755, parents=True, exist_ok=True)
    passwords = _make_secrets(private_folder(options.data / "keys"), mail_password)
    _make_folders(state)
    # Whoever pipes the SQL into psql gets nothing but the SQL.
    with redirect_stdout(sys.stderr):
        if options.superuser is not None:
            _make_roles(options.superuser, passwords)
        if not path.exists():
            write_secret(path, text.encode("utf-8"))
            path.chmod(0o644)  # it holds no secret, and every process reads it
        say(f"Written: {path}, {options.data / 'keys'}, {state}. Copy the keys away from here: temoin keys backup.")
        if options.superuser is not None:
            check.run(argparse.Namespace(data=options.data, process=None))
            say("Then: temoin migrate, and temoin check once more.")
            return 0
        say("Run the SQL as a superuser of the database (psql -v ON_ERROR_STOP=1), temoin migrate, and temoin check.")
    say("\n".join([roles_script(), *password_statements(passwords)]))
    return 0


def _answers(options: argparse.Namespace) -> SiteAnswers:
    """Return what was given, or is told now; what nobody tells is refused in one sentence."""
    given: dict[str, Any] = {name: getattr(options, name) or _asked(words) for name, words in QUESTIONS.items()}
    lacking = [f"--{name.replace('_', '-')}" for name, value in given.items() if not value]
    if lacking:
        raise ConfigError(f"Say {', '.join(lacking)}: there is no terminal to ask at.")
    if (options.hds_certificate is None) != (options.hds_expires is None):
        raise ConfigError("--hds-certificate and --hds-expires go together: give both or neither.")
    databases = tuple(host.strip() for host in given.pop("database").split(","))
    named: dict[str, Any] = {name: getattr(options, name) for name in _TAKEN}
    return SiteAnswers(databases=databases, **given, **named)


_TAKEN = ("hds_certificate", "hds_expires", "mail_port", "mail_security", "mail_user")


def _asked(question: str) -> str:
    if not sys.stdin.isatty():
        return ""
    sys.stderr.write(f"{question}: ")  # not to the output, which may lead to psql
    sys.stderr.flush()
    try:
        return input().strip()
    except EOFError:
        return ""


def _mail_password(options: argparse.Namespace) -> str | None:
    if options.mail_user is None:
        return None
    if options.mail_password_file is not None:
        try:
            return str(options.mail_password_file.read_text(encoding="utf-8")).strip()
        except ValueError:
            raise ConfigError(f"{options.mail_password_file} holds no password: it is no text.") from None
    if not sys.stdin.isatty():
        raise ConfigError("Say --mail-password-file: --mail-user has a password.")
    return getpass.getpass("Password at the mail server: ")


def _make_secrets(keys: Path, mail_password: str | None) -> dict[str, str]:
    """Draw the keys and passwords that are not there; return the passwords of the roles."""
    for name in ("root", "journal"):
        make_root_key(keys / f"{name}.key")
    make_password(keys / "django.key")
    make_password(keys / "authority.key")  # asked for where the settings have a section [authority]
    if mail_password is not None:
        write_secret(keys / "mail.password", mail_password.encode("utf-8"))
    return {role: make_password(keys / f"{role}.password") for role in DATABASE_ROLES}


def _make_folders(state: Path) -> None:
    for name, account in WRITERS.items():
        folder = state / name
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        if os.geteuid() != 0:
            continue
        try:
            shutil.chown(folder, *pwd.getpwnam(account)[2:4])
        except KeyError:
            complain(f"There is no account {account} here: whoever runs that process must own {folder}.")


def _make_roles(conninfo: str, passwords: dict[str, str]) -> None:
    def connect(database: str) -> psycopg.Connection:
        return psycopg.connect(conninfo, dbname=database, autocommit=True)

    try:
        with connect("postgres") as asked:
            if older := version_findings(asked):
                raise ConfigError(older[0])
        make_roles(connect, passwords)
    except psycopg.Error as error:  # its words may quote a statement
        cause = error.sqlstate or (str(error).strip().splitlines() or ["no connection"])[-1]  # libpq's own words
        raise ConfigError(
            f"The superuser's connection could not make the roles ({cause}): correct --superuser, and run this again."
        ) from None
