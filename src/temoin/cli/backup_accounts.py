"""Under whom a copy is restored and served: never under an account that can read a key, nor the database's own.

For root, that is: whoever runs the command as another account has no other to give the copy to (`cli.backup`).
"""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path
from typing import TypedDict

from temoin.lib.config_error import ConfigError


class RunAs(TypedDict, total=False):
    """An account in the words of subprocess; an empty one is the one that we are."""

    user: int
    group: int
    extra_groups: list[int]


OURSELVES: RunAs = {}
# Who serves: the first of these that the machine has. The second owns nothing either, but other programs share it.
SERVING = ("temoin-copy", "nobody")
READING = "postgres"  # whose pgBackRest's repository and passphrase are


def serving_account() -> RunAs:
    """Return who runs the copy's server, and with it whatever a superuser of the site's database planted."""
    if os.geteuid() != 0:
        return OURSELVES
    found = next((one for name in SERVING if (one := _known(name)) is not None), None)
    if found is None:
        raise ConfigError(f"PostgreSQL refuses to run as root, and this machine has none of {', '.join(SERVING)}.")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def reading_account() -> RunAs:
    """Return who runs pgBackRest, and the recovery from its archive, in which nobody can connect."""
    found = _known(READING) if os.geteuid() == 0 else None
    if found is None:
        return serving_account()
    groups = os.getgrouplist(found.pw_name, found.pw_gid)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": groups}


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def give(path: Path, who: RunAs) -> None:
    """Give a file or folder to an account."""
    if who:
        os.chown(path, who["user"], who["group"], follow_symlinks=False)


def give_tree(folder: Path, who: RunAs) -> None:
    """Give all of a folder, by handles: whoever had it until now leads us nowhere else by a link."""
    if not who:
        return
    for _, folders, files, handle in os.fwalk(folder, topdown=False):
        for name in (*folders, *files):
            found = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
                raise OSError(0, "has another name elsewhere", name)
            os.chown(name, who["user"], who["group"], dir_fd=handle, follow_symlinks=False)
    give(folder, who)
