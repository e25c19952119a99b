"""`temoin backup settings`: the files of pgBackRest for this site, and what PostgreSQL must be told beside them."""

from __future__ import annotations

import argparse
import os
import pwd
import secrets
import shutil
from pathlib import Path

from temoin.cli.console import say
from temoin.cli.django_process import settings_file
from temoin.lib.config_error import ConfigError
from temoin.settings.file import read_config
from temoin.settings.secrets import write_secret

FULL_EVERY = 7  # days between two full backups: see packaging/backup
DEFAULT_DAYS = 21
ARCHIVE_TIMEOUT = 45  # seconds, so that a minute is not passed while the log travels
PASSPHRASE = "passphrase.conf"  # noqa: S105 the name of a file

_SETTINGS = """\
# pgBackRest for Témoin, written by temoin backup settings. The passphrase is in conf.d/{passphrase}.
[global]
repo1-path={repository}
repo1-cipher-type=aes-256-cbc
repo1-bundle=y
# A full backup and what leans on it go once a later full one is this many days old: backups end {most} days after
# they were begun at the latest.
repo1-retention-full-type=time
repo1-retention-full={days}
compress-type=zst
start-fast=y
delta=y
archive-async=y
spool-path=/var/spool/pgbackrest
log-level-console=warn
log-level-file=warn

[{stanza}]
pg1-path={cluster}
pg1-socket-path={socket}
"""
_POSTGRESQL = """\
archive_mode = on
archive_command = 'pgbackrest --stanza={stanza} archive-push %p'
archive_timeout = {timeout}
wal_level = replica"""


def add_settings_command(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.add_argument("--cluster", type=Path, required=True, help="the database's folder: SHOW data_directory")
    parser.add_argument("--stanza", default="temoin", help="name of the site in the repository (default: temoin)")
    parser.add_argument("--repository", type=Path, default=Path("/var/lib/pgbackrest"), help="where backups are kept")
    parser.add_argument("--socket", type=Path, default=Path("/var/run/postgresql"), help="folder of its socket")
    parser.add_argument("--out", type=Path, default=Path("/etc/pgbackrest"), help="where the files are written")
    parser.set_defaults(run=write_settings)


def write_settings(options: argparse.Namespace) -> int:
    """Write the settings and a passphrase, over nothing; say what PostgreSQL must be told."""
    decided = read_config(settings_file(options.data)).retention.backup_days
    most = decided or DEFAULT_DAYS
    _refuse_odd(options)
    target, passphrase = options.out / "pgbackrest.conf", options.out / "conf.d" / PASSPHRASE
    if target.exists():
        raise ConfigError(f"{target} exists, and nothing is written over: choose another folder with --out.")
    for folder in (options.out, passphrase.parent):
        if not folder.is_dir():
            folder.mkdir(parents=True)
            folder.chmod(0o755)  # the account of PostgreSQL enters them, whatever the umask
    if not passphrase.exists():
        write_secret(passphrase, f"[global]\nrepo1-cipher-pass={secrets.token_urlsafe(48)}\n".encode("ascii"))
    _give_to_postgresql(passphrase)
    words = {"stanza": options.stanza, "cluster": options.cluster, "repository": options.repository}
    days = max(1, most - FULL_EVERY)
    text = _SETTINGS.format(**words, socket=options.socket, days=days, most=days + FULL_EVERY, passphrase=PASSPHRASE)
    write_secret(target, text.encode("utf-8"))
    target.chmod(0o644)  # it holds no secret
    say(f"Written: {target}, {passphrase}. Keep a copy of the passphrase apart from backups and database:")
    say("without it no backup opens; and apart from the root keys, which it does not replace.")
    if decided is None:
        say(f"[retention] backup_days is not decided: backups are kept for {most} days.")
    say("Then, in postgresql.conf, and a restart of PostgreSQL:")
    say(_POSTGRESQL.format(stanza=options.stanza, timeout=ARCHIVE_TIMEOUT))
    return 0


def _refuse_odd(options: argparse.Namespace) -> None:
    """Refuse what would be read as another setting, or as another stanza."""
    for name in ("cluster", "repository", "socket"):
        path = getattr(options, name)
        # pgBackRest takes a line as it stands, but for spaces at its ends.
        if not path.is_absolute() or not str(path).isprintable() or str(path) != str(path).strip():
            raise ConfigError(f"--{name} must be an absolute path, of characters that can be seen.")
    if not (options.stanza.isascii() and options.stanza.replace("-", "").isalnum()):
        raise ConfigError("--stanza is a name of letters, digits and hyphens.")


def _give_to_postgresql(path: Path) -> None:
    """Let the account of PostgreSQL, which archives, read it where we are root."""
    if os.geteuid() != 0:
        return
    try:
        shutil.chown(path, *pwd.getpwnam("postgres")[2:4])
    except KeyError:
        say(f"There is no account postgres here: whoever runs PostgreSQL must own {path}.")
