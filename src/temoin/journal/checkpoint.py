"""Checkpoints: size and root of the journal's tree, as signed text (C2SP tlog-checkpoint over signed-note).

Three lines more, which the format allows, say when the sealer signed and how far it had read: they decide which events
may still wait for a seal, so nobody may move them.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass

from temoin.crypto.notes import COSIGNATURE, NoteSigner, NoteVerifier
from temoin.journal.tree import HASH
from temoin.lib.errors import TemoinError

_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_REACH = re.compile("at ([0-9]{1,18})\ncluster ([0-9]{1,20})\nwatermark ([0-9]{1,19})")
_TIME = 8  # bytes of a cosignature's POSIX time


class CheckpointError(TemoinError):
    """A text is not a checkpoint, or not one of this journal."""


@dataclass(frozen=True)
class Reach:
    """When a checkpoint was made, and up to which transaction of which cluster every event had its leaf."""

    microseconds: int
    cluster: str
    watermark: int

    @property
    def lines(self) -> str:
        return f"at {self.microseconds}\ncluster {self.cluster}\nwatermark {self.watermark}\n"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says, and its whole text with all signatures."""

    origin: str
    size: int
    root: bytes
    note: str
    reach: Reach | None = None

    @property
    def text(self) -> bytes:
        """Return the bytes that signatures are over."""
        return self.note.rpartition("\n\n")[0].encode() + b"\n"

    def signatures(self) -> list[tuple[str, bytes]]:
        """Return name and raw signature (with the key's id before it) of each signature line that reads as one."""
        found = []
        for line in self.note.rpartition("\n\n")[2].split("\n"):
            dash, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            if dash == "—":
                found.append((name, _decoded(encoded)))
        return found

    def is_signed_by(self, verifier: NoteVerifier) -> bool:
        """Tell whether one of the signatures is this key's and holds."""
        return any(
            name == verifier.name
            and raw[:4] == verifier.key_id
            and verifier.verifies(*_split(verifier, self.text, raw))
            for name, raw in self.signatures()
        )


def sign_checkpoint(signer: NoteSigner, size: int, root: bytes, reach: Reach | None = None) -> Checkpoint:
    """Make the journal's checkpoint of a size; its origin is the name of the key."""
    text = f"{signer.verifier.name}\n{size}\n{b64encode(root).decode()}\n" + ("" if reach is None else reach.lines)
    return Checkpoint(signer.verifier.name, size, root, f"{text}\n{signer.sign_line(text.encode())}", reach)


def parse_checkpoint(note: str) -> Checkpoint:
    """Read a checkpoint; CheckpointError when it is not one. Signatures are not judged here."""
    lines = note.rpartition("\n\n")[0].split("\n")
    if len(lines) < 3 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise CheckpointError("not a checkpoint")
    root = _decoded(lines[2])
    if len(root) != HASH:
        raise CheckpointError("not a checkpoint: its root is not a hash")
    return Checkpoint(lines[0], int(lines[1]), root, note, _reach(lines[3:]))


def _reach(lines: list[str]) -> Reach | None:
    found = _REACH.fullmatch("\n".join(lines))
    return None if found is None else Reach(int(found[1]), found[2], int(found[3]))


def _split(verifier: NoteVerifier, text: bytes, raw: bytes) -> tuple[bytes, bytes]:
    """Return message and signature: a cosignature is over its own time as well."""
    if verifier.kind != COSIGNATURE:
        return text, raw[4:]
    moment = int.from_bytes(raw[4 : 4 + _TIME], "big")
    return b"cosignature/v1\ntime %d\n" % moment + text, raw[4 + _TIME :]


def _decoded(encoded: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except (NotBase64Error, ValueError):
        return b""
