"""A root key in a PKCS#11 token (an HSM): AES-256-GCM inside the token, from which the key cannot be taken.

Root keys are secret keys labelled `<label>-0001`, `<label>-0002`, …; the highest number wraps. The library is loaded at
first use and never before a server forks, as PKCS#11 does not survive a fork; calls take turns, as a session is one
thread's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from threading import Lock
from typing import Any

from temoin.crypto.envelope import NONCE
from temoin.crypto.roots.provider import RootKeyError, WrapBrokenError

KIND = "pkcs11"


@dataclass(frozen=True, kw_only=True)
class TokenRoots:
    """The numbered keys of one token; each call reads the PIN from its file."""

    module: Path
    token: str
    pin_file: Path
    label: str
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def current(self) -> str:
        """Return the highest number."""
        return self.known()[0]

    def known(self) -> list[str]:
        """Return the keys in the token, the newest first."""
        with self._session() as session:
            labels = self._labels(session)
        if not labels:
            raise RootKeyError(
                f"token {self.token} has no key {self.label}-0001: make it with `temoin keys rotate-root`"
            )
        return [f"{KIND}:{label}" for label in labels]

    def wrap(self, key: bytes, context: bytes) -> tuple[str, bytes]:
        from pkcs11 import GCMParams, Mechanism

        root_id = self.current()
        nonce = os.urandom(NONCE)
        with self._session() as session:
            parameter = GCMParams(nonce, context)
            wrapped = self._key(session, root_id).encrypt(key, mechanism=Mechanism.AES_GCM, mechanism_param=parameter)
        return root_id, nonce + bytes(wrapped)

    def unwrap(self, root_id: str, wrapped: bytes, context: bytes) -> bytes:
        from pkcs11 import GCMParams, Mechanism
        from pkcs11.exceptions import DataInvalid, EncryptedDataInvalid, EncryptedDataLenRange, GeneralError

        with self._session() as session:
            key = self._key(session, root_id)
            parameter = GCMParams(wrapped[:NONCE], context)
            try:
                return bytes(key.decrypt(wrapped[NONCE:], mechanism=Mechanism.AES_GCM, mechanism_param=parameter))
            except (DataInvalid, EncryptedDataInvalid, EncryptedDataLenRange, GeneralError):
                # SoftHSM answers "general error" for a tag that does not fit.
                raise WrapBrokenError from None

    def rotate(self) -> str:
        """Make the next key in the token: sensitive, not extractable."""
        from pkcs11 import Attribute, KeyType, MechanismFlag

        with self._session(writes=True) as session:
            labels = self._labels(session)
            number = int(labels[0].rpartition("-")[2]) + 1 if labels else 1
            label = f"{self.label}-{number:04}"
            session.generate_key(
                KeyType.AES,
                256,
                label=label,
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
        return f"{KIND}:{label}"

    def drop(self, root_id: str) -> None:
        if root_id == self.current():
            raise RootKeyError("the current root key cannot be dropped: rotate it first")
        with self._session(writes=True) as session:
            self._key(session, root_id).destroy()

    @contextmanager
    def _session(self, *, writes: bool = False) -> Iterator[Any]:
        try:
            import pkcs11
            from pkcs11.exceptions import PKCS11Error
        except ImportError:
            raise RootKeyError("the PKCS#11 library is not installed: pip install 'temoin[pkcs11]'") from None
        with self._lock:
            try:
                token = pkcs11.lib(str(self.module)).get_token(token_label=self.token)
                session = token.open(user_pin=_pin(self.pin_file), rw=writes)
            except (PKCS11Error, RuntimeError) as error:
                raise RootKeyError(
                    f"token {self.token} cannot be opened ({type(error).__name__}): "
                    "see [keys.pkcs11], the PIN file, and the token itself"
                ) from None
            with session:
                yield session

    def _labels(self, session: Any) -> list[str]:
        from pkcs11 import Attribute, ObjectClass

        found = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
        pattern = re.compile(re.escape(self.label) + "-[0-9]{4}")
        return sorted((key.label for key in found if pattern.fullmatch(key.label or "")), reverse=True)

    def _key(self, session: Any, root_id: str) -> Any:
        from pkcs11 import ObjectClass
        from pkcs11.exceptions import NoSuchKey

        try:
            return session.get_key(object_class=ObjectClass.SECRET_KEY, label=root_id.removeprefix(f"{KIND}:"))
        except NoSuchKey:
            raise RootKeyError(f"root key {root_id} is not in token {self.token}: restore the token") from None


def _pin(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise RootKeyError(f"the PIN file {path} may be read by others: chmod 600 {quote(str(path))}")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise RootKeyError(f"the PIN file {path} cannot be read: write the token's PIN there") from None
