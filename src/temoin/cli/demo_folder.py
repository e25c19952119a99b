"""The data folder of a demonstration: where it may be, and the settings file, keys and database in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import psycopg

from temoin.cli.accounts_file import accounts_path
from temoin.cli.django_process import DATA_FILE
from temoin.config.embedded import SUPERUSER, EmbeddedServer
from temoin.config.errors import ConfigError
from temoin.config.file import read_config
from temoin.config.roles import DATABASE, ROLES, ensure_roles, password_file
from temoin.config.secrets import make_password, make_root_key, private_folder, write_secret

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """The four ports of a demonstration, one after the other."""

    base: int

    @property
    def staff(self) -> int:
        """Return the port of the staff site."""
        return self.base

    @property
    def portal(self) -> int:
        """Return the port of the patients' site."""
        return self.base + 1

    @property
    def sandbox(self) -> int:
        """Return the port of the sandbox authority."""
        return self.base + 2

    @property
    def smtp(self) -> int:
        """Return the port of the sandbox mailbox."""
        return self.base + 3

    def url(self, port: int) -> str:
        """Return the address of a port on this machine."""
        return f"http://{LOOPBACK}:{port}"

    def addresses(self) -> dict[str, str]:
        """Return every address, by what answers there."""
        return {
            "staff": self.url(self.staff),
            "portal": self.url(self.portal),
            "sandbox": self.url(self.sandbox),
            "smtp": f"smtp://{LOOPBACK}:{self.smtp}",
        }


def open_folder(folder: Path) -> Path:
    """Make or check the folder; refuse one that git would pick up, or one that holds a real site."""
    folder = folder.expanduser().resolve()
    for parent in (folder, *folder.parents):
        if (parent / ".git").exists():
            raise ConfigError(
                f"{folder} is inside the git checkout {parent}, and keys must never be committed: "
                "choose another folder with --data."
            )
    private_folder(folder)
    settings = folder / DATA_FILE
    if settings.exists() and not read_config(settings).site.demo:
        raise ConfigError(f"{folder} holds a real site: choose another folder with --data.")
    return folder


def write_settings(folder: Path, ports: Ports) -> None:
    """Write temoin.toml and the keys it names; keys that exist stay."""
    keys = private_folder(folder / "keys")
    make_root_key(keys / "root.key")
    make_password(keys / "django.key")
    passwords = "\n".join(f'{role} = "keys/{password_file(keys, role).name}"' for role in ROLES)
    content = f"""# The settings of this demonstration, written anew at each start.

[site]
demo = true
staff_url = "{ports.url(ports.staff)}"
portal_url = "{ports.url(ports.portal)}"
sandbox_url = "{ports.url(ports.sandbox)}"

[database]
embedded = {json.dumps(str(folder))}
name = "{DATABASE}"

[database.passwords]
{passwords}

[keys]
root = "keys/root.key"
django = "keys/django.key"

[authority]
base_url = "{ports.url(ports.sandbox)}/fhir"
enabled = true

[mail]
host = "{LOOPBACK}"
port = {ports.smtp}
security = "none"
sender = "temoin@demonstration.invalid"
"""
    write_secret(folder / DATA_FILE, content.encode("utf-8"))


def prepare_database(server: EmbeddedServer, folder: Path) -> None:
    """Make roles and database; one whose loading was interrupted is dropped, it holds nothing of value."""
    if not accounts_path(folder).exists():
        conninfo = server.conninfo(SUPERUSER, server.superuser_password())
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)".encode())
    ensure_roles(server, folder / "keys")
