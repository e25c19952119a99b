"""The backup of root keys: one sealed file, and shares of its key, each for one holder; any two of three open it.

The file's key is 32 random bytes, split by SLIP-39 (`shamir-mnemonic`); each share, as words, is encrypted to its
holder's public key by age (X25519 and ChaCha20-Poly1305, `pyrage`). A holder can open a share with the `age` tool and
read the words aloud: nothing of ours is needed for that. The manifest names root keys and holders and holds no secret.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import pyrage
import shamir_mnemonic
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from temoin.crypto.envelope import KEY, NONCE
from temoin.lib.whole_file import write_whole

SHARES, NEEDED = 3, 2
SEALED_FILE, MANIFEST = "root-keys.sealed", "manifest.json"
_BOUND = b"temoin backup of root keys"


class BackupError(Exception):
    """The backup cannot be made or read; the sentence says what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    made_at: str
    root_ids: tuple[str, ...]
    holders: tuple[str, ...]


def write_backup(folder: Path, keys: Mapping[str, bytes], holders: Sequence[str], *, at: datetime) -> None:
    """Write a backup into a new folder; what was written has been read back with every pair of shares first."""
    recipients = [_recipient(text) for text in holders]
    if len(set(holders)) != SHARES:
        raise BackupError(f"a backup has {SHARES} holders, each with a public key of their own")
    secret = os.urandom(KEY)
    [words] = shamir_mnemonic.generate_mnemonics(1, [(NEEDED, SHARES)], secret)
    _try_pairs(words, secret)
    nonce = os.urandom(NONCE)
    content = json.dumps({name: raw.hex() for name, raw in keys.items()}).encode()
    manifest = {"made_at": at.isoformat(), "root_ids": list(keys), "holders": list(holders), "needed": NEEDED}
    files = {SEALED_FILE: nonce + AESGCM(secret).encrypt(nonce, content, _BOUND)}
    for number, (share, recipient) in enumerate(zip(words, recipients, strict=True), start=1):
        files[f"share-{number}.age"] = pyrage.encrypt(share.encode(), [recipient], armored=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        for name, part in {**files, MANIFEST: json.dumps(manifest, indent=1).encode()}.items():
            write_whole(folder / name, part)
    except BaseException:  # half a backup would be taken for one
        rmtree(folder, ignore_errors=True)
        raise


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says of itself, and see that its files are there."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(content["made_at"], tuple(content["root_ids"]), tuple(content["holders"]))
    except (OSError, ValueError, KeyError):
        raise BackupError(f"{folder} holds no backup of root keys: {MANIFEST} cannot be read") from None
    names = [SEALED_FILE, *(f"share-{number}.age" for number in range(1, SHARES + 1))]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise BackupError(f"the backup {folder} lacks {', '.join(missing)}: make a new one")
    return manifest


def open_share(folder: Path, identity: Path) -> str:
    """Open the share of one holder with their secret age key, in memory."""
    key = _identity(identity)
    for path in sorted(folder.glob("share-*.age")):
        try:
            return bytes(pyrage.decrypt(path.read_bytes(), [key])).decode()
        except pyrage.DecryptError:
            continue
    raise BackupError(f"no share in {folder} is for the holder of {identity}")


def shares_of(folder: Path, identities: Sequence[Path], shares: Sequence[Path]) -> list[str]:
    """Return the words of the shares that are given, opening those that an identity opens."""
    try:
        words = [path.read_text(encoding="utf-8") for path in shares]
    except OSError as error:
        raise BackupError(f"{error.filename} cannot be read: {error.strerror}") from None
    except ValueError:
        raise BackupError("a file that was given holds no words of a share: name what its holder opened") from None
    return [*(open_share(folder, identity) for identity in identities), *words]


def read_backup(folder: Path, shares: Sequence[str]) -> dict[str, bytes]:
    """Return the root keys of a backup, from the words of two shares."""
    try:
        secret = shamir_mnemonic.combine_mnemonics(list(dict.fromkeys(" ".join(words.split()) for words in shares)))
    except shamir_mnemonic.MnemonicError:  # its words repeat those of a share
        raise BackupError(f"these shares do not open the backup: give {NEEDED} different ones of it") from None
    sealed = (folder / SEALED_FILE).read_bytes()
    try:
        content = AESGCM(secret).decrypt(sealed[:NONCE], sealed[NONCE:], _BOUND)
    except InvalidTag:
        raise BackupError("these shares are of another backup, or the backup was altered") from None
    return {name: bytes.fromhex(raw) for name, raw in json.loads(content).items()}


def mark_of_holder(identity: Path) -> str:
    """Return the mark of the holder whose secret age key this is."""
    return _mark(str(_identity(identity).to_public()).encode())


def mark_of_backup(folder: Path) -> str:
    """Return the mark of a backup: the hash of its sealed file, which no other has."""
    return _mark((folder / SEALED_FILE).read_bytes())


def marks_of(folder: Path, holders: Sequence[str]) -> str:
    """Return what an event keeps of a backup: its own mark, then those of the holders' public keys."""
    return marks(mark_of_backup(folder), *sorted(_mark(str(_recipient(text)).encode()) for text in holders))


def marks(*each: str) -> str:
    """Return marks as an event keeps them."""
    return " ".join(each)


def _mark(content: bytes) -> str:
    return sha256(content).hexdigest()


def _identity(path: Path) -> pyrage.x25519.Identity:
    try:
        lines = path.read_text(encoding="utf-8").split()
        return pyrage.x25519.Identity.from_str(next(line for line in lines if line.startswith("AGE-SECRET-KEY-")))
    except (OSError, ValueError, StopIteration, pyrage.IdentityError):
        raise BackupError(f"{path} holds no secret age key (AGE-SECRET-KEY-…)") from None


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise BackupError(f"{text[:16]}… is no age public key: a holder makes one with age-keygen") from None


def _try_pairs(words: Sequence[str], secret: bytes) -> None:
    for left in range(SHARES):
        pair = [words[left], words[(left + 1) % SHARES]]
        if shamir_mnemonic.combine_mnemonics(pair) != secret:
            raise BackupError("the shares do not give the key back: this machine computes wrongly, use another")
