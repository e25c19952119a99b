"""Signed notes as a witness reads and cosigns them (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

Written apart from the journal's own code on purpose: a mistake there must not be shared by who watches it.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shlex import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, WITNESS = b"\x01", b"\x04"
KINDS = {LOG: "log", WITNESS: "witness"}
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteError(Exception):
    """The text cannot be read as what it should be."""


@dataclass(frozen=True)
class LogKey:
    """The public key of a log; its name is the origin of its checkpoints."""

    origin: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> LogKey:
        """Read a published key of an Ed25519 log; NoteError when it is not one."""
        name, public = _published(vkey, LOG)
        return cls(name, public)

    def has_signed(self, note: SignedText) -> bool:
        """Tell whether the log's signature is on the note and holds."""
        raw = note.signature_of(self.origin, _key_id(self.origin, LOG + self.public))
        return raw is not None and _holds(self.public, raw, note.text)


@dataclass(frozen=True)
class CosignerKey:
    """The public key of a witness, as whoever checks its countersignatures knows it."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> CosignerKey:
        """Read a published key of a witness; NoteError when it is not one."""
        name, raw = _published(vkey, WITNESS)
        return cls(name, raw)

    def has_cosigned(self, note: SignedText) -> bool:
        """Tell whether the witness's countersignature is on the note and holds."""
        raw = note.signature_of(self.name, _key_id(self.name, WITNESS + self.public))
        if raw is None:
            return False
        moment, signature = int.from_bytes(raw[:8], "big"), raw[8:]
        return _holds(self.public, signature, b"cosignature/v1\ntime %d\n" % moment + note.text)


@dataclass(frozen=True)
class SignedText:
    """A signed note of any kind: what was signed, and by whom it says it is signed."""

    text: bytes
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def read(cls, content: str) -> SignedText:
        """Read a note, whatever it says; NoteError when it is not one."""
        text, gap, below = content.rpartition("\n\n")
        if not gap:
            raise NoteError("not a signed note")
        return SignedText(text.encode() + b"\n", _signatures(below))

    def signature_of(self, name: str, key_id: bytes) -> bytes | None:
        """Return what follows the key's id in the first line of this key; None without one."""
        found = (raw[4:] for named, raw in self.signatures if named == name and raw[:4] == key_id)
        return next(found, None)


@dataclass(frozen=True)
class Note(SignedText):
    """A checkpoint: what was signed, what it says, and by whom it says it is signed."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, content: str) -> Note:
        """Read a checkpoint; NoteError when it is not one."""
        signed = SignedText.read(content)
        lines = signed.text.decode().split("\n")[:-1]
        if len(lines) < 3 or not lines[0] or not DECIMAL.fullmatch(lines[1]):
            raise NoteError("not a checkpoint")
        root = decode(lines[2])
        if len(root) != 32:
            raise NoteError("not a checkpoint")
        return cls(signed.text, signed.signatures, lines[0], int(lines[1]), root)


KEY_BYTES = 32  # of an Ed25519 private key


class WitnessKey:
    """The witness's own key, made at its first start and kept in its folder."""

    def __init__(self, name: str, seed: bytes) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = WITNESS + self._key.public_key().public_bytes_raw()

    @property
    def vkey(self) -> str:
        return f"{self.name}+{_key_id(self.name, self._public).hex()}+{base64.b64encode(self._public).decode()}"

    def cosign(self, note: Note, moment: int) -> str:
        """Return the signature line that says: seen at this time, and grown from all I saw before."""
        message = b"cosignature/v1\ntime %d\n" % moment + note.text
        raw = _key_id(self.name, self._public) + moment.to_bytes(8, "big") + self._key.sign(message)
        return f"— {self.name} {base64.b64encode(raw).decode()}\n"


def open_key(folder: Path, name: str) -> WitnessKey:
    """Return the key in the folder, making folder and key at the first start."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "witness.key"
    if not path.exists():
        draft = folder / f".witness.key.{os.getpid()}"  # on a full disk there is no half of a key, nor an empty one
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(os.urandom(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another was faster: its key is the key
                path.hardlink_to(draft)
        finally:
            draft.unlink(missing_ok=True)
    if path.stat().st_mode & 0o077:
        raise NoteError(f"other accounts may read {path}: run chmod 600 {quote(str(path))}")
    if len(private := path.read_bytes()) != KEY_BYTES:
        raise NoteError(f"{path} does not hold a key of {KEY_BYTES} bytes: put its copy back")
    return WitnessKey(name, private)


def decode(encoded: str) -> bytes:
    """Return the bytes of a base64 text, or none when it is not one."""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _published(vkey: str, kind: bytes) -> tuple[str, bytes]:
    """Return name and public half of a published key of this kind."""
    name, key_id, encoded = (*vkey.strip().split("+", 2), "", "")[:3]
    raw = decode(encoded)
    if not name or len(raw) != 33 or raw[:1] != kind or _key_id(name, raw).hex() != key_id:
        raise NoteError(f"a {KINDS[kind]}'s key reads name+id+base64, and must bear its own id")
    return name, raw[1:]


def _holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _key_id(name: str, typed_key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + typed_key).digest()[:4]


def _signatures(block: str) -> tuple[tuple[str, bytes], ...]:
    found = []
    if not block.endswith("\n"):
        raise NoteError("not a signature line")
    for line in block[:-1].split("\n"):
        words = line.split(" ")
        if len(words) != 3 or words[0] != "—":
            raise NoteError("not a signature line")
        found.append((words[1], decode(words[2])))
    return tuple(found)
