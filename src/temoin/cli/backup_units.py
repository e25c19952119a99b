"""`temoin backup copy` and `temoin backup serve`: what the account of the copy does, for another that verifies it.

Neither reads a setting or a secret of the site's. The first is handed the passphrase of pgBackRest, and lets nobody
connect; the second, in a unit of its own, is handed nothing, and runs what the backup brought along.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from temoin.cli.backup_copy import BackupSource, ScratchCluster
from temoin.cli.backup_server import CopyError, answers, small_file
from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.supervised import end_by_cleaning, tell_ready
from temoin.lib.clock import now
from temoin.lib.config_error import ConfigError
from temoin.settings.file import COPIED_SOCKET

FINE, WRONG = 0, 1
BEGAN = "began"  # the moment from which on an event may be missing
_UNITS = "journalctl -u temoin-copy-restore -u temoin-copy"


def add_unit_commands(verbs: Commands) -> None:
    """Add both verbs."""
    words = "restore the newest backup for another account to verify"
    copy = verbs.add_parser("copy", help=words, description=f"{words.capitalize()}.")
    source = copy.add_mutually_exclusive_group(required=True)
    source.add_argument("--stanza", metavar="NAME", help="of pgBackRest, whose repository has the backups")
    source.add_argument("--from", dest="folder", type=Path, help="what pg_basebackup wrote, or a folder of such")
    copy.set_defaults(run=run_copy)
    words = "run the server of a copy that was restored, until it is stopped"
    serve = verbs.add_parser("serve", help=words, description=f"{words.capitalize()}.")
    serve.set_defaults(run=run_serve)
    for parser in (copy, serve):
        parser.add_argument("--copy", type=Path, required=True, help="folder of the copy, this account's alone")
        parser.add_argument("--programs", type=Path, help="PostgreSQL's programs, of the version of the backup")


def run_copy(options: argparse.Namespace) -> int:
    """Restore the newest backup, in the place of whatever copy is there."""
    _refuse_root()
    end_by_cleaning()
    _empty(options.copy)
    (options.copy / BEGAN).write_text(now().isoformat(), encoding="ascii")
    (options.copy / BEGAN).chmod(0o640)
    cluster = ScratchCluster(options.copy)
    try:
        cluster.restore(BackupSource(options.stanza, options.folder), options.programs)
    except CopyError as error:
        complain(str(error))
        return WRONG
    finally:
        cluster.stop()
    cluster.open_to_group()
    say("Restored.")
    return FINE


def run_serve(options: argparse.Namespace) -> int:
    """Serve the copy, and remove it when that is over."""
    _refuse_root()
    end_by_cleaning()
    cluster = ScratchCluster(options.copy)
    try:
        cluster.start(options.programs)
        tell_ready()
        return cluster.wait()
    except CopyError as error:
        complain(str(error))
        return WRONG
    finally:
        cluster.stop()
        _empty(options.copy)


def _refuse_root() -> None:
    if os.geteuid() == 0:
        raise ConfigError("PostgreSQL refuses to run as root: as root, `temoin backup verify` alone does all of this.")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@contextmanager
def served_copy(copy: Path) -> Iterator[Path]:
    """Yield a folder of our own that leads to the copy's server: nothing is written where another account writes."""
    try:
        owner = (copy / "database").stat().st_uid
    except FileNotFoundError:
        raise CopyError(f"there is no copy in {copy}: {_UNITS}") from None
    if owner == os.geteuid():
        raise ConfigError(f"The copy in {copy} is of this very account: another one must run it.")
    if not answers(copy):
        raise CopyError(f"nobody serves the copy in {copy}: {_UNITS}")
    with TemporaryDirectory(prefix="temoin-look-") as name:
        (Path(name) / COPIED_SOCKET).symlink_to(copy.resolve() / COPIED_SOCKET)
        yield Path(name)


def copied_since(copy: Path) -> datetime:
    """Return when the copy was begun, as its account says."""
    text = (small_file(copy / BEGAN) or b"").decode("ascii", errors="replace")
    try:
        return min(now(), datetime.fromisoformat(text))
    except (ValueError, TypeError):  # of no zone
        raise CopyError(f"the copy in {copy} does not say when it was begun: {_UNITS}") from None
