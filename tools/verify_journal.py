"""Verifies an export of a Témoin journal, or a patient's list of looks, without any of Témoin's code.

    verify_journal.py --key VKEY [--witness-key VKEY] [--folder CHECKPOINTS] EXPORT
    verify_journal.py --key VKEY [--witness-key VKEY] --proof LIST.json

EXPORT is what `temoin journal export` writes ("-" for standard input), LIST.json what a pharmacy hands to a patient.
One file, the standard library and `cryptography`. The formats are in docs/auditor.md. The last line of an export's
verification is "size root" of what was recomputed; the status is 0 when nothing is wrong, 1 otherwise.
"""
# ruff: noqa: T201 a script for outsiders, not a package

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import sys
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEADER = b"temoin-journal-export/1\n"
COLUMNS = 14


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names."""
    parser = argparse.ArgumentParser(description="Verify a Témoin journal from the outside.")
    parser.add_argument("--key", required=True, help="the journal's public key, as it was published")
    parser.add_argument("--witness-key", action="append", default=[], help="a witness's key: its signature is demanded")
    parser.add_argument("--folder", type=Path, help="a folder of checkpoints to compare with")
    parser.add_argument("--proof", type=Path, help="a patient's list of looks")
    parser.add_argument("export", nargs="?", help='an export, or "-"')
    options = parser.parse_args(arguments)
    keys = [options.key, *options.witness_key]
    if options.proof:
        problems = check_list(json.loads(options.proof.read_text(encoding="utf-8")), keys)
    elif options.export:
        problems = _check_stream(options.export, options.key, options.folder)
    else:
        parser.error("name an export, or a list with --proof")
    for problem in problems:
        print(problem)
    print("Nothing is wrong." if not problems else f"{len(problems)} problems.")
    return 1 if problems else 0


def _check_stream(name: str, key: str, folder: Path | None) -> list[str]:
    if name == "-":
        return check_export(sys.stdin.buffer, key, folder)
    with Path(name).open("rb") as stream:
        return check_export(stream, key, folder)


# Signed notes ----------------------------------------------------------------------------------------------


def signed_by(note: str, vkey: str) -> bool:
    """Tell whether the note bears a valid Ed25519 signature, plain (type 1) or of a witness (type 4), of the key."""
    name, key_id, encoded = vkey.strip().split("+", 2)
    typed = base64.b64decode(encoded)
    if hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8] != key_id:
        raise SystemExit(f"the key of {name} does not bear its own id")
    text, _, block = note.rpartition("\n\n")
    message = text.encode() + b"\n"
    for line in block.split("\n"):
        mark, signer, raw = (*line.split(" "), "", "")[:3]
        signature = _base64(raw)
        if (mark, signer, signature[:4].hex()) == ("\u2014", name, key_id):
            if typed[0] == 4:
                moment = int.from_bytes(signature[4:12], "big")
                return _holds(typed[1:], signature[12:], f"cosignature/v1\ntime {moment}\n".encode() + message)
            return _holds(typed[1:], signature[4:], message)
    return False


def _holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def tree_head(note: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint."""
    origin, size, root = note.split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


# The tree of RFC 6962 --------------------------------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Stack:
    """The tree so far: pairs of (leaves, root) of complete subtrees, merged while two are alike."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[tuple[int, bytes]] = []

    def push(self, value: bytes) -> None:
        """Add one leaf's hash."""
        weight = 1
        while self._complete and self._complete[-1][0] == weight:
            value = node_hash(self._complete.pop()[1], value)
            weight *= 2
        self._complete.append((weight, value))
        self.size += 1

    def root(self) -> bytes:
        """Return the root."""
        if not self._complete:
            return hashlib.sha256(b"").digest()
        *rest, (_, value) = self._complete
        for _, left in reversed(rest):
            value = node_hash(left, value)
        return value


def root_from_path(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes | None:
    """Return the root that an audit path leads to (RFC 9162 §2.1.3.2), None when its length is not right."""
    if not 0 <= index < size:
        return None
    place, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            value = node_hash(sibling, value)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return value if last == 0 else None


# What is verified ------------------------------------------------------------------------------------------


def check_export(stream: BinaryIO, key: str, folder: Path | None = None) -> list[str]:
    """Recompute an export and return what is wrong with it."""
    problems: list[str] = []
    if stream.readline() != HEADER:
        return ["this is not an export of a journal"]
    notes: dict[int, str] = {}
    is_broken = False
    stack, kept = Stack(), _kept_leaves(folder) if folder else b""
    for line in stream:
        word, _, rest = line.rstrip(b"\n").partition(b"\t")
        if word == b"checkpoint":
            size, _, raw = rest.partition(b"\t")
            notes[int(size)] = bytes.fromhex(raw.decode()).decode()
        elif word == b"leaf":
            problems += _take_leaf(stack, rest, kept)
            if stack.size in notes and not is_broken:  # once a root is wrong, so are all that follow
                found = _judge(notes[stack.size], stack, key)
                is_broken = bool(found)
                problems += found
        else:
            problems.append(f"a line of the export is neither checkpoint nor leaf, after leaf {stack.size - 1}")
    problems += [f"checkpoint {size}: its events are missing" for size in notes if size > stack.size]
    if stack.size not in notes and stack.size:
        problems.append(f"the last {stack.size} leaves have no checkpoint")
    if folder:
        problems += _compare_folder(folder, notes, key)
    print(stack.size, base64.b64encode(stack.root()).decode())
    return problems


def _take_leaf(stack: Stack, rest: bytes, kept: bytes) -> list[str]:
    """Add a leaf; name its event when it is missing, out of place, or not the one that the folder kept."""
    index, _, leaf = rest.partition(b"\t")
    columns = leaf.split(b"\t")
    problems = []
    if int(index) != stack.size:
        problems.append(f"leaf {stack.size}: missing, the export goes on with {int(index)}")
    if len(columns) != COLUMNS or columns[2] == b"\\N":
        problems.append(f"leaf {int(index)}: its event is missing")
    value = leaf_hash(leaf)
    sealed = kept[stack.size * 32 : stack.size * 32 + 32]
    if sealed and sealed != value:
        named = columns[2].decode() if len(columns) == COLUMNS else "?"
        problems.append(f"leaf {int(index)}: event {named} is not the one that was sealed there")
        value = sealed
    stack.push(value)
    return problems


def _judge(note: str, stack: Stack, key: str) -> list[str]:
    size, root = tree_head(note)[1:]
    if not signed_by(note, key):
        return [f"checkpoint {stack.size}: not signed by the journal"]
    if size != stack.size or root != stack.root():
        return [f"checkpoint {stack.size}: an event up to {stack.size - 1} is not the one that was sealed"]
    return []


def _kept_leaves(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*/*.leaves"), key=lambda path: path.name))


def _compare_folder(folder: Path, notes: dict[int, str], key: str) -> list[str]:
    problems = []
    for path in sorted(folder.glob("*/*.checkpoint"), key=lambda path: path.name):
        note = path.read_text(encoding="utf-8")
        _, size, root = tree_head(note)
        if not signed_by(note, key):
            problems.append(f"folder, checkpoint {size}: not signed by the journal")
        elif size not in notes:
            problems.append(f"folder, checkpoint {size}: the export has none of this size")
        elif tree_head(notes[size])[2] != root:
            problems.append(f"folder, checkpoint {size}: the export has another journal")
    return problems


def check_list(content: dict, keys: list[str]) -> list[str]:
    """Check a patient's list: the checkpoint's signatures, and that each event is in the tree it speaks of."""
    note = content["checkpoint"]
    problems = [f"the checkpoint is not signed by {key.split('+')[0]}" for key in keys if not signed_by(note, key)]
    _, size, root = tree_head(note)
    for look in content["looks"]:
        path = [base64.b64decode(one) for one in look["path"]]
        if root_from_path(look["index"], size, leaf_hash(look["leaf"].encode()), path) != root:
            problems.append(f"event {look['leaf'].split(chr(9))[2]}: not in the journal that was signed")
    return problems


if __name__ == "__main__":
    sys.exit(main())
