"""Where the embedded PostgreSQL of a data folder listens: a socket in a folder nobody else may enter.

Settings ask here for the address; the server itself is started beside the product.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from temoin.lib.config_error import ConfigError

PORT = 5432
# sockaddr_un holds 107 bytes and a final zero; PostgreSQL adds its file name to the folder.
LONGEST_FOLDER = 107 - len(f"/.s.PGSQL.{PORT}")


def server_name(folder: Path) -> str:
    """Return the name of a folder's server, found again whatever its process number."""
    return "temoin-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]


def cluster_of(folder: Path) -> Path:
    """Return where a data folder keeps its database, and the server its socket."""
    return folder / "database"


def socket_folder(folder: Path) -> Path:
    """Return a path of the socket's folder that is short enough for the kernel."""
    folder = folder.resolve()
    cluster = cluster_of(folder)
    if len(os.fsencode(cluster)) <= LONGEST_FOLDER:
        return cluster
    return _short_path(cluster, server_name(folder))


def forget_short_path(folder: Path) -> None:
    """Take away what `socket_folder` may have made for a long path."""
    shutil.rmtree(_short_folder(server_name(folder.resolve())), ignore_errors=True)


def _short_path(target: Path, name: str) -> Path:
    """Return a short path to `target`: a link inside a folder of ours that nobody else may enter."""
    folder = _short_folder(name)
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise ConfigError(f"{folder} is not a private folder of this account: remove it, or use a shorter --data.")
    link = folder / "s"
    if not link.is_symlink() or link.readlink() != target:
        draft = folder / f"s.{os.getpid()}"
        draft.unlink(missing_ok=True)
        draft.symlink_to(target)
        draft.rename(link)
    return link


def _short_folder(name: str) -> Path:
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"{name}-{os.geteuid()}"
    if len(os.fsencode(folder)) + 2 <= LONGEST_FOLDER:
        return folder
    return Path("/tmp") / folder.name  # noqa: S108 whoever uses it checks its owner and mode
