"""Two of the three holders of the keys' backup consent to what no single operator may do: each opens their share.

What they open must be the root keys in use, in a backup that the journal has known for days, with the public keys of
its holders: whoever makes one for the purpose, with holders of their own choice, waits in the sight of every owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from temoin.crypto.backup import NEEDED, BackupError, mark_of_backup, mark_of_holder, marks, read_backup, shares_of
from temoin.crypto.root import KEYS
from temoin.crypto.roots.file import FileRoots
from temoin.journal.checkpoint import Checkpoint
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.proofs import checkpoint_before, prove_events
from temoin.lib.clock import now
from temoin.lib.config_error import ConfigError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Pharmacy

KNOWN_FOR = timedelta(days=7)  # since a checkpoint sealed the event of the backup: time for somebody to ask about it


@dataclass(frozen=True)
class ShownBackup:
    """The backup that is shown, and the secret keys of those of its holders who consent."""

    folder: Path
    identities: Sequence[Path]


def check_two_holders(shown: ShownBackup, pharmacy_id: UUID) -> str:
    """Return the marks of two holders of the root keys in use, who have opened their shares; ConfigError otherwise."""
    if len(shown.identities) != NEEDED:
        raise ConfigError(f"Name the secret age keys of {NEEDED} holders: --identity FILE --identity FILE")
    path = KEYS().root
    if path is None:
        raise ConfigError("No root key is in a file here, and so no holder has a share: use another person's place.")
    try:
        held = read_backup(shown.folder, shares_of(shown.folder, shown.identities, []))
        backup, holders = mark_of_backup(shown.folder), [mark_of_holder(one) for one in shown.identities]
    except BackupError as error:
        raise ConfigError(f"{error}.") from None
    if not FileRoots(path).raw_keys().items() <= held.items():
        raise ConfigError("This backup is not of the root keys in use: name the newest one.")
    checkpoint = checkpoint_before(now() - KNOWN_FOR)
    if checkpoint is None or not any(_knows(one, checkpoint, backup, holders) for one in _pharmacies(pharmacy_id)):
        raise ConfigError(
            f"The sealed journal has not known this backup with these holders for {KNOWN_FOR.days} days: name one that "
            "`temoin keys backup` made earlier, or wait."
        )
    return marks(*sorted(holders))


def _pharmacies(first: UUID) -> Iterator[UUID]:
    """Yield the pharmacy, then the others: each is told of every backup that is made while it is here."""
    yield first
    yield from Pharmacy.objects.exclude(id=first).order_by("id").values_list("id", flat=True)


def _knows(pharmacy_id: UUID, checkpoint: Checkpoint, backup: str, holders: list[str]) -> bool:
    """Tell whether an event of the backup that the checkpoint covers names these holders.

    The time is the checkpoint's, which witnesses have signed; a row's own is whatever a hand on the database writes.
    """
    with tenant_scope(pharmacy_id):
        events = Event.objects.filter(kind=EventKind.ROOT_KEYS_BACKED_UP.value, digest__startswith=backup)
        named = [one.id for one in events if set(holders) <= set(one.digest.split()[1:])]
        return bool(prove_events(named, checkpoint))
