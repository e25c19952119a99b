"""Root keys in files: `root.key` wraps, the earlier ones beside it (`root.<id>.key`) still unwrap.

Files are read anew for each wrap and for each unknown id, which happen once per key and process: a rotation is
taken up by running processes without a restart.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from shlex import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from temoin.crypto.envelope import KEY, NONCE
from temoin.crypto.roots.provider import RootKeyError, WrapBrokenError
from temoin.lib.whole_file import write_whole

KIND = "file"


class FileRoots:
    """The root key file and its predecessors, in one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ciphers: dict[str, AESGCM] = {}

    def current(self) -> str:
        """Return the id of `root.key`."""
        return root_id(read_root(self._path))

    def known(self) -> list[str]:
        """Return the ids of all root key files, the current one first."""
        return list(self.raw_keys())

    def raw_keys(self) -> dict[str, bytes]:
        """Return every root key by its id, for the key backup."""
        found = [read_root(path) for path in (self._path, *self._earlier())]
        return {root_id(raw): raw for raw in found}

    def wrap(self, key: bytes, context: bytes) -> tuple[str, bytes]:
        """Wrap under `root.key`."""
        raw = read_root(self._path)
        nonce = os.urandom(NONCE)
        return root_id(raw), nonce + _cipher(raw).encrypt(nonce, key, context)

    def unwrap(self, root_id: str, wrapped: bytes, context: bytes) -> bytes:
        try:
            return self._cipher_of(root_id).decrypt(wrapped[:NONCE], wrapped[NONCE:], context)
        except InvalidTag:
            raise WrapBrokenError from None

    def rotate(self) -> str:
        """Draw a new `root.key`. The old one has its second name first: a kill in the middle loses neither."""
        kept = self._path_of(self.current())
        raw = os.urandom(KEY)
        try:
            if not kept.exists():
                os.link(self._path, kept)
            write_root(self._path, raw, like=kept)
        except OSError as error:
            raise RootKeyError(
                f"no root key can be written beside {self._path} ({error.strerror}): run as the account that owns it"
            ) from None
        return root_id(raw)

    def drop(self, root_id: str) -> None:
        if root_id == self.current():
            raise RootKeyError("the current root key cannot be dropped: rotate it first")
        for path in self._earlier():  # by what it holds: a copy may have been put back under a name of its own
            if _id_in(path) == root_id:
                path.unlink()
        self._ciphers.pop(root_id, None)

    def restore(self, keys: dict[str, bytes]) -> list[str]:
        """Write root keys of a backup that are missing here, the first as `root.key` if there is none."""
        written = []
        for name, raw in keys.items():
            here = self.raw_keys() if self._path.exists() else {}
            if name in here:
                continue
            write_root(self._path_of(name) if here else self._path, raw, like=None)
            written.append(name)
        return written

    def _cipher_of(self, root_id: str) -> AESGCM:
        if root_id not in self._ciphers:
            self._ciphers |= {name: _cipher(raw) for name, raw in self.raw_keys().items()}
        try:
            return self._ciphers[root_id]
        except KeyError:
            raise RootKeyError(
                f"root key {root_id} is in no file beside {self._path}: restore it with `temoin keys restore`"
            ) from None

    def _earlier(self) -> list[Path]:
        return sorted(self._path.parent.glob(f"{self._path.stem}.*{self._path.suffix}"))

    def _path_of(self, root_id: str) -> Path:
        return self._path.with_name(f"{self._path.stem}.{root_id.removeprefix(f'{KIND}:')}{self._path.suffix}")


def root_id(raw: bytes) -> str:
    """Return the id of a root key: derived from it, so that no file can be mistaken for another."""
    return f"{KIND}:{_derived(raw, b'root id', 8).hex()}"


def _id_in(path: Path) -> str:
    return root_id(read_root(path))


def read_root(path: Path) -> bytes:
    """Read a root key file; RootKeyError when it is missing, open to others, or not a key."""
    try:
        mode = path.stat().st_mode
        key = path.read_bytes()
    except FileNotFoundError:
        raise RootKeyError(f"root key file {path} is missing: restore it from the key backup") from None
    except OSError as error:
        raise RootKeyError(f"root key file {path} cannot be read ({error.strerror}): correct its owner") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RootKeyError(f"root key file {path} may be read by others: chmod 600 {quote(str(path))}")
    if len(key) != KEY:
        raise RootKeyError(f"root key file {path} must hold exactly {KEY} bytes")
    return key


def write_root(path: Path, raw: bytes, *, like: Path | None) -> None:
    """Write a root key whole or not at all, mode 0600, with the owner that `like` has."""
    write_whole(path, raw, like=like)


def _cipher(raw: bytes) -> AESGCM:
    return AESGCM(_derived(raw, b"data keys", KEY))


def _derived(raw: bytes, use: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"temoin " + use).derive(raw)
