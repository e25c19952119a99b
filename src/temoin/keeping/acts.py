"""What keeping keys tells the journal: one event per act, in each pharmacy that it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.commit import Commit
from temoin.pharmacies.models import Pharmacy

OPERATOR = "operator"
PLATFORM = "platform"  # detail of an event about the key of staff's second factors


@contextmanager
def key_act(
    pharmacy_id: UUID, kind: EventKind, *, key_id: UUID | None = None, detail: str = "", subject: str = "key"
) -> Iterator[Commit]:
    """Open an operator's act in one pharmacy."""
    actor = HouseActor(pharmacy_id, OPERATOR)
    with act(by=actor, kind=kind, subject_kind=subject, subject_id=key_id, detail=detail) as commit:
        yield commit


def tell_every_pharmacy(kind: EventKind, detail: str, *, digest: str = "") -> None:
    """Record what concerns a root key, which serves every pharmacy."""
    for pharmacy_id in every_pharmacy():
        with key_act(pharmacy_id, kind, detail=detail) as commit:
            commit.digest = digest


def every_pharmacy() -> list[UUID]:
    """Return every pharmacy, in the order of their public numbers."""
    return list(Pharmacy.objects.order_by("finess").values_list("id", flat=True))
