"""The data folder of a demonstration: where it may be, and the settings file, keys and database in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path

import psycopg

from temoin.cli.certificates import publish_key
from temoin.cli.django_process import DATA_FILE
from temoin.crypto.notes import read_signer
from temoin.lib.config_error import ConfigError
from temoin.patients.notice import CURRENT_NOTICE
from temoin.settings.file import read_config
from temoin.settings.secrets import make_password, make_root_key, private_folder, write_secret
from temoin_demo.accounts_file import accounts_path
from temoin_demo.ports import LOOPBACK, Ports
from temoin_demo.postgresql.roles import DATABASE, ROLES, ensure_roles, password_file
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer
from temoin_demo.ways import FIRST_WAY, ways_settings
from temoin_witness.notes import NoteError, open_key

JOURNAL = "temoin.invalid/demonstration"
WITNESS = "temoin.invalid/witness"
# What an interrupted first start may leave: `supervisor.lock` is that of the database.
FOLDERS = {"checkpoints", "database", "keys", "logs", "static", "trusted", "witness"}
OWN = {*FOLDERS, "database.new", "supervisor.lock"}
ROOM = 300_000_000  # bytes for a first start: the files of PostgreSQL, its log of changes and the made-up results

SETTINGS = """# The settings of this demonstration, written anew at each start.

[site]
demo = true
staff_url = "{url[staff]}"
portal_url = "{url[portal]}"
sandbox_url = "{url[sandbox]}"

[database]
embedded = {embedded}
name = "{database}"

[database.passwords]
{passwords}

[keys]
root = "keys/root.key"
django = "keys/django.key"

{ways}
[email]
host = "{host}"
port = {ports.smtp}
security = "none"
sender = "temoin@demonstration.invalid"

[certificates]
trusted = "trusted"
key = "keys/certificates.key"
health_cards = true

[authority]
url = "{url[authority]}"
key = "keys/authority.key"

[register]
base_url = "{url[sandbox]}/annuaire/fhir/v2"
key_file = "keys/register.key"

[alarms]
minutes = 5
operator = "exploitant@demonstration.invalid"
pharmacies = true

[journal]
origin = "{journal}"
key = "keys/journal.key"
folder = "checkpoints"

[journal.witnesses.demonstration]
url = "{url[witness]}"
vkey = "{vkey}"
"""


LINES = """
[hl7]
notice = "{notice}"

[hl7.plain.demonstration]
host = "{host}"
port = {port}
network = "127.0.0.0/8"
program = "{program}"
reason = "a demonstration on one machine"
"""


def open_folder(folder: Path) -> Path:
    """Make or check the folder; refuse one that git would pick up, or one that holds a real site."""
    folder = _resolved(folder)
    for parent in (folder, *folder.parents):
        if (parent / ".git").exists():
            raise ConfigError(
                f"{folder} is inside the git checkout {parent}, and keys must never be committed: "
                "choose another folder with --data."
            )
    try:
        private_folder(folder)
        first = not (folder / DATA_FILE).exists()
        others = _others(folder) if first else []
        closed = _closed(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot hold a demonstration ({error.strerror}): choose another folder with --data."
        ) from None
    if others:  # a person who is told that the folder can be removed shall lose nothing by it
        raise ConfigError(f"{folder} holds other things ({others[0]}): choose an empty folder with --data.")
    if closed:
        raise ConfigError(f"{closed}: put it right, or choose another folder with --data.")
    if not first and not _is_demonstration(folder / DATA_FILE):
        raise ConfigError(f"{folder} holds a real site: choose another folder with --data.")
    if free < (ROOM if first else ROOM // 10):
        raise ConfigError(
            f"{folder} has {free // 10**6} MB left on its disk: make room, or choose another with --data."
        )
    return folder


def _others(folder: Path) -> list[str]:
    """Return the names of what no demonstration made."""
    names = (one.name for one in folder.iterdir())
    return sorted(name for name in names if name not in OWN and not name.startswith(f".{DATA_FILE}."))


def _is_demonstration(settings: Path) -> bool:
    try:
        return read_config(settings).site.demo
    except ConfigError as error:  # of all that is wrong with the file, the first
        raise ConfigError(str(error).splitlines()[0]) from None


def _closed(folder: Path) -> str:
    """Return what is wrong with the first place that a part of the demonstration could not do its work in."""
    for place in (folder, *(folder / name for name in sorted(FOLDERS))):
        if os.path.lexists(place):
            if not place.is_dir():
                return f"{place} is in the place of a folder"
            if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
                return f"This account may not read and write in {place}"
    for name in (DATA_FILE, "supervisor.lock"):
        place = folder / name
        if os.path.lexists(place) and not (place.is_file() and os.access(place, os.R_OK | os.W_OK)):
            return f"{place} is no file that this account may read and write"
    return ""


def _resolved(folder: Path) -> Path:
    try:
        found = folder.expanduser().resolve()
        found.exists()
        str(found).encode("utf-8")  # as the settings file writes it
        return found
    except (
        OSError,
        RuntimeError,
        UnicodeError,
    ):  # no such account after ~, a loop of links, a name too long or garbled
        raise ConfigError(f"{folder} is no folder on this machine: choose another with --data.") from None


def write_settings(folder: Path, ports: Ports, through: Collection[str] = (FIRST_WAY,)) -> None:
    """Write temoin.toml with the sections of the ways chosen, and the keys it names; keys that exist stay."""
    keys = private_folder(folder / "keys")
    make_root_key(keys / "root.key")
    make_root_key(keys / "journal.key")  # an Ed25519 private key is 32 random bytes as well
    make_root_key(keys / "certificates.key")
    publish_key(keys / "certificates.key", folder / "trusted", ports.addresses()["portal"])
    make_password(keys / "django.key")
    make_password(keys / "authority.key")
    make_password(keys / "register.key")  # any will do: the sandbox's register asks for one, as the real one does
    passwords = "\n".join(f'{role} = "keys/{password_file(keys, role).name}"' for role in ROLES)
    try:
        vkey = open_key(folder / "witness", WITNESS).vkey
    except NoteError as error:
        raise ConfigError(f"The witness: {error}.") from None
    embedded = json.dumps(str(folder))
    content = SETTINGS.format(
        ports=ports,
        url=ports.addresses(),
        host=LOOPBACK,
        database=DATABASE,
        embedded=embedded,
        passwords=passwords,
        journal=JOURNAL,
        vkey=vkey,
        ways=ways_settings(through, ports, keys),
    )
    write_secret(folder / DATA_FILE, content.encode("utf-8"))


def add_lines(folder: Path, ports: Ports, program: str) -> None:
    """Add to the settings the port at which the demonstration's program sends HL7 v2."""
    content = LINES.format(notice=CURRENT_NOTICE, host=LOOPBACK, port=ports.lines, program=program)
    write_secret(folder / DATA_FILE, (folder / DATA_FILE).read_bytes() + content.encode("utf-8"))


def witness_words(folder: Path, ports: Ports) -> list[str]:
    """Return the command line of the demonstration's witness, which knows the journal by its public key."""
    journal = read_signer(JOURNAL, folder / "keys" / "journal.key").verifier.vkey
    words = ["witness", "--folder", str(folder / "witness"), "--name", WITNESS, "--log", journal]
    return [*words, "--port", str(ports.witness)]


def prepare_database(server: EmbeddedServer, folder: Path) -> None:
    """Make roles and database; one whose loading was interrupted is dropped, it holds nothing of value."""
    if not accounts_path(folder).exists():
        conninfo = server.conninfo(SUPERUSER, server.superuser_password())
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)".encode())
    ensure_roles(server, folder / "keys")
