"""Signed notes: Ed25519 signatures on the journal's checkpoints (C2SP signed-note, vkey and tlog-cosignature).

The signing key is a file of its own: the sealer needs no key that opens anything, and no other process needs this one.
"""

from __future__ import annotations

import stat
from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shlex import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from temoin.lib.errors import TemoinError

SIGNATURE, COSIGNATURE = 0x01, 0x04  # types of C2SP signed-note and tlog-cosignature
SEED = 32  # bytes of an Ed25519 private key, RFC 8032


class NoteKeyError(TemoinError):
    """A key of signed notes cannot be used; the sentence says what to do."""


@dataclass(frozen=True)
class NoteVerifier:
    """A public key under a name: what a holder of checkpoints needs to check one."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that stand before each signature of this key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """Return the key as one line to publish: name+id+key."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.kind]) + self.public).decode()}"

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Tell whether the 64 bytes are this key's signature on the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def parse_vkey(vkey: str) -> NoteVerifier:
    """Read a published key; NoteKeyError when it is not one, or does not bear its own id."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = b64decode(encoded, validate=True)
    except NotBase64Error:
        raw = b""
    if not name or any(letter.isspace() for letter in name) or len(raw) != 1 + SEED:
        raise NoteKeyError("a published key reads name+id+base64: copy the whole line")
    found = NoteVerifier(name, raw[0], raw[1:])
    if raw[0] not in {SIGNATURE, COSIGNATURE} or found.key_id.hex() != key_id:
        raise NoteKeyError("the published key does not bear its own id: a letter of it was changed")
    return found


class NoteSigner:
    """The journal's private key."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = NoteVerifier(name, SIGNATURE, self._key.public_key().public_bytes_raw())

    def sign_line(self, text: bytes) -> str:
        """Return the signature line to put under the text of a note."""
        raw = self.verifier.key_id + self._key.sign(text)
        return f"— {self.verifier.name} {b64encode(raw).decode()}\n"


def read_signer(name: str, path: Path) -> NoteSigner:
    """Return the signer whose 32 secret bytes are in a file that nobody else may read."""
    try:
        mode = path.stat().st_mode
    except OSError:
        raise NoteKeyError(f"journal key file {path} is missing: restore it from its copy") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise NoteKeyError(f"journal key file {path} may be read by others: chmod 600 {quote(str(path))}")
    seed = path.read_bytes()
    if len(seed) != SEED:
        raise NoteKeyError(f"journal key file {path} must hold exactly {SEED} bytes")
    return NoteSigner(name, seed)
