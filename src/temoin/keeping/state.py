"""What keys there are, and whether everything opens with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.models import DataKey, PlatformKey
from temoin.crypto.platform import forget_platform_keys, platform_key
from temoin.crypto.ring import INDEX, forget_keys, key_by_id
from temoin.crypto.root import forget_roots
from temoin.crypto.roots.provider import RootKeyError
from temoin.crypto.sealed import SealedModel
from temoin.journal.events import EventKind
from temoin.keeping.acts import key_act
from temoin.keeping.broken import tell_broken, tell_everybody
from temoin.keeping.rows import row_of, rows_by_key, sample, sealed_models
from temoin.keeping.turning import data_keys
from temoin.lib.tenant import tenant_scope


@dataclass(frozen=True)
class KeyState:
    id: UUID
    purpose: str
    number: int
    root_id: str
    rows: int | None  # None for an index key: rows do not name it
    superseded: bool


@dataclass(frozen=True)
class OpeningProof:
    """What was tried in one pharmacy, and what did not open: keys and rows by their identifiers."""

    keys: int
    rows: int
    broken: tuple[str, ...]


def key_states(pharmacy_id: UUID) -> list[KeyState]:
    """Return a pharmacy's data keys with the rows that name each."""
    keys = data_keys(pharmacy_id)
    newest = {key.purpose: key.id for key in keys}
    with tenant_scope(pharmacy_id):
        rows = rows_by_key()
    return [
        KeyState(
            id=key.id,
            purpose=key.purpose,
            number=key.number,
            root_id=key.root_id,
            rows=None if key.purpose == INDEX else rows.get(key.id, 0),
            superseded=newest[key.purpose] != key.id,
        )
        for key in keys
    ]


def verify_pharmacy(pharmacy_id: UUID, *, size: int) -> OpeningProof:
    """Unwrap every key and open `size` rows of every table, drawn anew each time (all of them when size is 0)."""
    forget_keys()
    forget_roots()
    keys = data_keys(pharmacy_id)
    with tenant_scope(pharmacy_id):
        lost = [key for key in keys if not _unwraps(key.id)]
    broken = [f"data key {key.id} ({key.purpose})" for key in lost]
    places = [(DataKey._meta.db_table, key.id) for key in lost]
    rows = 0
    for model in sealed_models():
        for row in _drawn(pharmacy_id, model, size):
            rows += 1
            if not _opens(row):
                broken.append(f"{model._meta.db_table} {row.id}")
                places.append((model._meta.db_table, row.id))
    with key_act(pharmacy_id, EventKind.KEYS_VERIFIED, detail=f"keys={len(keys)} rows={rows} broken={len(broken)}"):
        pass
    tell_broken(pharmacy_id, places)
    return OpeningProof(len(keys), rows, tuple(broken))


def broken_platform_keys() -> list[str]:
    """Return the platform keys that do not unwrap; every pharmacy is told of them."""
    forget_platform_keys()
    forget_roots()
    places = []
    for key_id in PlatformKey.objects.values_list("id", flat=True):
        try:
            platform_key(key_id)
        except (SealBrokenError, RootKeyError):
            places.append((PlatformKey._meta.db_table, key_id))
    tell_everybody(places)
    return [f"platform key {key_id}" for _, key_id in places]


def _drawn(pharmacy_id: UUID, model: type[SealedModel], size: int) -> Iterator[SealedModel]:
    with tenant_scope(pharmacy_id):
        yield from (row_of(model, row) for row in sample(model, size))


def _unwraps(key_id: UUID) -> bool:
    try:
        key_by_id(key_id)
    except (SealBrokenError, RootKeyError):
        return False
    return True


def _opens(row: SealedModel) -> bool:
    try:
        row.unseal()
    except (SealBrokenError, RootKeyError):
        return False
    return True
