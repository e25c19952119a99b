"""Secret files: made once with mode 0600, and refused when anybody else may read them."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from shlex import quote

from temoin.lib.config_error import ConfigError
from temoin.lib.section import is_handed
from temoin.lib.whole_file import write_whole

ROOT_KEY_BYTES = 32
SHORTEST = 16  # bytes; words of examples (changeme, postgres, temoin…) are all shorter
FEWEST_DISTINCT = 8  # 32 random bytes have some 30 different ones, 16 random letters some 12


def private_folder(folder: Path) -> Path:
    """Create the folder with mode 0700, close an empty one of ours, or refuse one that others may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if not status.st_mode & 0o077:
        return folder
    if status.st_uid != os.geteuid() or any(folder.iterdir()):
        raise ConfigError(f"Other accounts may enter {folder}: run chmod 700 {quote(str(folder))}")
    folder.chmod(0o700)
    return folder


def write_secret(path: Path, content: bytes) -> None:
    """Write a secret whole or not at all, readable by us alone."""
    write_whole(path, content)


def make_password(path: Path) -> str:
    """Return the password in the file, drawing one of 256 bits the first time."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(32).encode("ascii"))
    try:
        return read_secret(path, "password").decode("ascii").strip()
    except UnicodeDecodeError:
        raise ConfigError(f"The password file {path} holds no letters of a password: put its copy back.") from None


def make_root_key(path: Path) -> None:
    """Draw the root key the first time; an existing one is never touched, for without it no record opens."""
    if not path.exists():
        write_secret(path, secrets.token_bytes(ROOT_KEY_BYTES))


def read_secret(path: Path, noun: str) -> bytes:
    """Return the content of a secret file, or say what is wrong with the file."""
    check_secret(path, noun)
    return path.read_bytes()


def check_strength(path: Path, noun: str) -> None:
    """Refuse a secret that somebody could guess: a word of an example, a few characters, a run of one character."""
    content = path.read_bytes().strip() if path.stat().st_size != ROOT_KEY_BYTES else path.read_bytes()
    if len(content) < SHORTEST or len(set(content)) < FEWEST_DISTINCT:
        raise ConfigError(
            f"The {noun} file {path} holds something that can be guessed (a default, or too short): "
            f"draw another, for instance with openssl rand -base64 32."
        )


def check_secret(path: Path, noun: str) -> None:
    """Refuse a secret file that is missing, empty, or open to other accounts."""
    try:
        status = path.stat()
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise ConfigError(f"The {noun} file {path} is missing: restore it, or correct its path.") from None
        raise ConfigError(
            f"The {noun} file {path} cannot be reached by this account: let it enter {_closed_folder(path)}."
        ) from None
    if not stat.S_ISREG(status.st_mode) or status.st_size == 0:
        raise ConfigError(f"The {noun} file {path} is not a file with content: restore it, or correct its path.")
    if status.st_mode & 0o077 and not is_handed(path):
        raise ConfigError(f"The {noun} file {path} may be read by other accounts: run chmod 600 {quote(str(path))}")
    if not os.access(path, os.R_OK):
        raise ConfigError(f"The {noun} file {path} cannot be read by this account: correct its owner.")


def _closed_folder(path: Path) -> Path:
    """Return the outermost folder above a file that this account may not enter."""
    return next((each for each in reversed(path.parents) if not os.access(each, os.X_OK)), path.parent)
