"""Evidence packs of a site, as whoever was handed one checks them: signature, every file, the growth of the journal.

Nothing of the site is asked, and none of its code is used: a pack, the journal's published key, and an earlier pack.
"""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import crc32

from temoin_witness.growth import EMPTY, has_grown
from temoin_witness.notes import CosignerKey, LogKey, Note, NoteError, SignedText, decode

FORMAT, CHAIN_FORMAT = "temoin-evidence/1", "temoin-evidence-chain/1"
MANIFEST, CHAIN = "MANIFEST", "checkpoints.json"
_HEAD = re.compile(r"at ([0-9]{1,17})\ntree (0|[1-9][0-9]{0,18}) ([A-Za-z0-9+/]{43}=)")
_FILE = re.compile(r"([0-9a-f]{64}) ([a-z0-9][a-z0-9.-]{0,63})")
_DAY_ONE = 0x0021  # 1 January 1980 as ZIP counts: a pack says its time in the manifest
_MODE = 0o100644 << 16


class PackError(Exception):
    """The file cannot be read as a pack, or is not as it was signed; the sentence says where."""


@dataclass(frozen=True)
class Pack:
    """A pack that is as its journal's key signed it."""

    origin: str
    made_at: datetime
    size: int
    root: bytes
    files: Mapping[str, bytes]
    chain: tuple[Note, ...]

    @property
    def words(self) -> str:
        return f"{self.origin}, made {self.made_at:%Y-%m-%d %H:%M:%S} UTC, journal of {self.size} events"

    def cosigned_by(self, key: CosignerKey) -> int | None:
        """Return the size of the last checkpoint here that a witness countersigned; None for none."""
        return max((note.size for note in self.chain if key.has_cosigned(note)), default=None)


def open_pack(content: bytes, key: LogKey) -> Pack:
    """Return what a pack holds; PackError at the first thing that is not as the key signed it."""
    files = _files_in(content)
    try:
        manifest = SignedText.read(files.pop(MANIFEST).decode())
    except (KeyError, UnicodeDecodeError, NoteError):
        raise PackError("it has no manifest that reads as one") from None
    if not key.has_signed(manifest):
        raise PackError(f"the manifest is not signed by {key.origin}")
    lines = manifest.text.decode().split("\n")[:-1]
    head = _HEAD.fullmatch("\n".join(lines[2:4]))
    if lines[:2] != [FORMAT, key.origin] or head is None:
        raise PackError("the manifest is of another format, or of another journal")
    _compare_files(files, lines[4:])
    chain = _chain_in(files, key)
    size, root = int(head[2]), decode(head[3])
    if not chain or (chain[-1].size, chain[-1].root) != (size, root):
        raise PackError(f"the last checkpoint is not that of {size} events which the manifest names")
    return Pack(key.origin, datetime.fromtimestamp(int(head[1]) / 1e6, UTC), size, root, files, chain)


def differences(later: Pack, earlier: Pack) -> list[str]:
    """Return what keeps the later pack from being the same journal, grown; none when it extends the earlier one."""
    if later.origin != earlier.origin:
        return [f"the earlier pack is of another journal, {earlier.origin}"]
    found = []
    if later.made_at < earlier.made_at:
        found.append(f"the pack was made before the earlier one, {earlier.made_at:%Y-%m-%d %H:%M:%S} UTC")
    if later.size < earlier.size:
        found.append(f"the journal ends at {later.size} events, and had {earlier.size} in the earlier pack")
    known = {note.size: note for note in later.chain}
    found += [
        f"the root over the first {note.size} events is another than in the earlier pack: they were rewritten"
        for note in earlier.chain
        if note.size in known and known[note.size].root != note.root
    ]
    if later.size >= earlier.size and earlier.size not in known:
        found.append(f"it has no checkpoint of {earlier.size} events, with which the earlier pack ends")
    return found


def _files_in(content: bytes) -> dict[str, bytes]:
    """Return the files by name, in their order; an archive with one byte more or other than a pack has is refused."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            files = {entry.filename: _stored(archive, entry) for entry in entries}
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error, OverflowError):
        raise PackError("it is not an archive that can be read whole") from None
    if len(files) != len(entries) or list(files)[:1] != [MANIFEST]:
        raise PackError("the archive names a file twice, or does not begin with its manifest")
    if _archived(files) != content:
        raise PackError("the archive itself is not as packs are written: something was put in, moved or altered")
    return files


def _stored(archive: ZipFile, entry: ZipInfo) -> bytes:
    if entry.compress_type:  # nothing is ever inflated here
        raise BadZipFile
    return archive.read(entry)


def _archived(files: Mapping[str, bytes]) -> bytes:
    """Write the archive as a pack is written: nothing compressed, nothing beside names and contents."""
    whole, directory = bytearray(), bytearray()
    for name, content in files.items():
        path = name.encode()
        common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, _DAY_ONE, crc32(content), *[len(content)] * 2, len(path), 0)
        directory += b"PK\1\2" + struct.pack("<BB", 20, 3) + common
        directory += struct.pack("<HHHII", 0, 0, 0, _MODE, len(whole)) + path
        whole += b"PK\3\4" + common + path + content
    count, start = len(files), len(whole)
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), start, 0)
    return bytes(whole + directory + end)


def _compare_files(files: Mapping[str, bytes], lines: Sequence[str]) -> None:
    told = [found.groups() for line in lines if (found := _FILE.fullmatch(line)) is not None]
    if len(told) != len(lines):
        raise PackError("a line of the manifest names no file")
    names = [name for _, name in told]
    if missing := sorted(set(names) - set(files)):
        raise PackError(f"{missing[0]} is missing")
    if added := sorted(set(files) - set(names)):
        raise PackError(f"{added[0]} was added")
    if names != list(files):
        raise PackError("the files are in another order than the manifest's")
    for digest, name in told:
        if sha256(files[name]).hexdigest() != digest:
            raise PackError(f"{name} was altered")


def _chain_in(files: Mapping[str, bytes], key: LogKey) -> tuple[Note, ...]:
    """Return the checkpoints, each signed, each proven to begin with the one before."""
    chain: list[Note] = []
    for told, proof in _read_chain(files.get(CHAIN, b"")):
        try:
            note = Note.parse(told)
        except NoteError:
            raise PackError("a checkpoint does not read as one") from None
        size, root = (chain[-1].size, chain[-1].root) if chain else (0, EMPTY)
        if note.origin != key.origin or not key.has_signed(note):
            raise PackError(f"the checkpoint of {note.size} events is not signed by {key.origin}")
        if note.size <= size or not has_grown(size, note.size, (root, note.root), proof):
            raise PackError(f"the checkpoint of {note.size} events does not begin with that of {size}")
        chain.append(note)
    return tuple(chain)


def _read_chain(content: bytes) -> list[tuple[str, list[bytes]]]:
    try:
        told = json.loads(content)
        if told["format"] != CHAIN_FORMAT:
            raise PackError("the checkpoints are of another format")
        return [(str(one["note"]), [decode(each) for each in one["proof"]]) for one in told["checkpoints"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PackError("the checkpoints do not read") from None
