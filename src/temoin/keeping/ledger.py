"""The key ledger: which data keys were destroyed, in a file outside the database, so that a restored one obeys it.

A line is written before the key is destroyed, and read back: where the destruction then fails, the next round ends it.
Each begins on a line of its own, whatever a crash or a full disk left of the one before it. A line destroys
nothing that is needed: what still names the key is moved under the key in use first (`keeping.ending`), so that a line
that somebody made up costs no value.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from temoin.lib.clock import now
from temoin.lib.handed import Handed

LEDGER: Handed[Path] = Handed("place of the key ledger")

# Asked as the sealer, who sees every pharmacy.
KEYS_ENDED = "SELECT subject_id FROM journal_event WHERE kind = 'data_key.destroyed' AND subject_id IS NOT NULL"


@dataclass(frozen=True)
class DestroyedKey:
    """A key that must not exist any more."""

    pharmacy_id: str
    key_id: str
    purpose: str
    at: str


class LedgerError(OSError):
    """The ledger does not hold what was written into it: the key must not be destroyed yet."""


def remember_destroyed(pharmacy_id: UUID, key_id: UUID, purpose: str) -> None:
    """Write a key down, on disk when this returns; once of each. LedgerError when it cannot be read back."""
    if _is_remembered(key_id):
        return
    line = json.dumps(asdict(DestroyedKey(str(pharmacy_id), str(key_id), purpose, now().isoformat())))
    with os.fdopen(_opened(), "wb") as file:
        file.write(f"\n{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    if not _is_remembered(key_id):
        raise LedgerError(f"{LEDGER()} does not hold what was written into it")


def _opened() -> int:
    """Open the ledger to add to it. A new one is its folder's owner's, whoever began it, and everybody may read it, as
    whoever verifies backups must: it names keys, and opens nothing."""
    path = LEDGER()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except FileExistsError:
        return os.open(path, os.O_WRONLY | os.O_APPEND)
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(handle, folder.st_uid, folder.st_gid)
    os.fchmod(handle, 0o644)
    return handle


def _is_remembered(key_id: UUID) -> bool:
    return str(key_id) in {one.key_id for one in remembered_keys()}


def remembered_keys() -> list[DestroyedKey]:
    """Return the keys that were destroyed."""
    return keys_in(LEDGER())


def keys_in(ledger: Path) -> list[DestroyedKey]:
    """Return the keys that a ledger names; a line that was cut by a crash names none and is passed over."""
    try:
        lines = ledger.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [one for line in lines if (one := _read(line)) is not None]


def count_forgotten(ended: Iterable[UUID], ledger: Path) -> int:
    """Count the keys that were destroyed and of which a ledger has no line; OSError when it cannot be read."""
    remembered = {one.key_id for one in keys_in(ledger)}
    return len({str(key_id) for key_id in ended} - remembered)


def _read(line: str) -> DestroyedKey | None:
    try:
        return DestroyedKey(**json.loads(line))
    except (ValueError, TypeError):
        return None
