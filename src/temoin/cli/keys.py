"""`temoin keys`: what keys there are, turning them, backing root keys up, and proof that all opens."""

from __future__ import annotations

import argparse
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import become, settings_file
from temoin.cli.numbers import count_of_rows
from temoin.cli.operating import REFUSED, known_database
from temoin.cli.refusals import database_words
from temoin.crypto.backup import BackupError, read_backup, shares_of
from temoin.crypto.roots.file import FileRoots
from temoin.crypto.roots.provider import RootKeyError
from temoin.lib.config_error import ConfigError
from temoin.settings.file import VARIABLE, Process, copy_named, read_config


def add_commands(commands: Commands) -> None:
    nouns = commands.add_parser("keys", help="turn, back up and verify keys").add_subparsers(
        metavar="WHAT", required=True
    )
    _verb(nouns, "status", "keys of each pharmacy and month, and the rows left under each", "show_status")
    _verb(nouns, "rotate-root", "make a new root key, which wraps from then on", "turn_root_key")
    _verb(nouns, "rewrap", "wrap all data keys under the current root key", "rewrap_all")
    rotate = _verb(nouns, "rotate-data", "make new data keys and move what is sealed under them", "turn_data_keys")
    chosen = rotate.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--pharmacy", metavar="FINESS", help="one pharmacy")
    chosen.add_argument("--all", action="store_true", help="every pharmacy, and the second factors of staff")
    drop = _verb(nouns, "drop-root", "destroy a root key that wraps nothing any more", "drop_root_key")
    drop.add_argument("root_id", metavar="ID", help="as `temoin keys status` names it")
    _add_backup_commands(nouns)


def _add_backup_commands(nouns: Commands) -> None:
    backup = _verb(nouns, "backup", "write the root keys, sealed, in three shares of which two open them", "back_up")
    backup.add_argument("folder", type=Path, help="a new folder")
    backup.add_argument(
        "--recipient", action="append", required=True, metavar="AGE1…", help="public key of a holder; give three"
    )
    restore = _verb(nouns, "restore", "write back root keys that are missing here, from two shares", "restore")
    restore.add_argument("folder", type=Path, help="the backup")
    _add_shares(restore)
    verify = _verb(nouns, "verify", "unwrap every key and open rows of every table", "verify")
    verify.add_argument(
        "--rows", type=count_of_rows, default=20, help="rows of each table and pharmacy (default: 20; 0: all)"
    )
    verify.add_argument("--backup", dest="folder", type=Path, help="a backup, which must hold every root key in use")
    _add_shares(verify)


def _add_shares(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--identity", type=Path, action="append", default=[], help="secret age key file of a holder")
    parser.add_argument(
        "--share", type=Path, action="append", default=[], help="words of a share, opened by its holder"
    )


def _verb(nouns: Commands, name: str, words: str, action: str) -> argparse.ArgumentParser:
    parser = nouns.add_parser(name, help=words, description=words.capitalize() + ".")
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.set_defaults(run=_run, action=action)
    return parser


def _run(options: argparse.Namespace) -> int:
    """Load Django as the keeper, then do it; what cannot be done is one sentence."""
    settings = settings_file(options.data)
    os.environ[VARIABLE] = str(settings)
    if options.action == "restore":  # before anything else: without root keys, no process of ours starts
        options.restored = restore_files(options, read_config(settings).keys.root)
    become(Process.KEEPER)
    from django.db import OperationalError

    from temoin.cli import keys_work

    work: Callable[[argparse.Namespace, Callable[[str], None]], int] = getattr(keys_work, options.action)
    with alone(settings) if copy_named() is None else nullcontext(), known_database(settings):
        try:
            return work(options, say)
        except (RootKeyError, BackupError) as error:
            complain(str(error))
        except OperationalError as error:
            complain(f"{database_words(error)} The same command goes on where this one stopped.")
    return REFUSED


@contextmanager
def alone(settings: Path) -> Iterator[None]:
    """Keep the keys of a site while nobody else does: two turns at once would each take the other's for their own."""
    with settings.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError("Another `temoin keys` is at work here: wait until it ends.") from None
        yield


def restore_files(options: argparse.Namespace, root: Path | None) -> list[str]:
    """Write back the root key files that are missing; return their ids."""
    if root is None:
        raise ConfigError("No root key is in a file here: restore the engine or the token by its own means.")
    try:
        shares = shares_of(options.folder, options.identity, options.share)
        restored = FileRoots(root).restore(read_backup(options.folder, shares))
    except (RootKeyError, BackupError) as error:
        raise ConfigError(str(error)) from None
    say(f"{len(restored)} root keys restored beside {root}: {', '.join(restored) or 'none was missing'}")
    return restored
