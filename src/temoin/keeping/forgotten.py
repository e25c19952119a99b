"""Destroyed keys that the ledger does not know: whoever restores without them has keys back that must not be.

The journal names each key that was destroyed, so a ledger that was lost, or an old copy of it, is seen while the
database is there, and made whole from it.
"""

from __future__ import annotations

from uuid import UUID

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.keeping.ledger import remember_destroyed, remembered_keys
from temoin.lib.tenant import tenant_scope

FROM_JOURNAL = "journal"  # in the place of a purpose, which the keeper does not read there


def remember_forgotten(pharmacy_id: UUID) -> int:
    """Write down what the journal says was destroyed and the ledger does not know; return how many keys."""
    remembered = {one.key_id for one in remembered_keys()}
    with tenant_scope(pharmacy_id):
        ended = Event.objects.filter(kind=EventKind.DATA_KEY_DESTROYED, subject_id__isnull=False)
        missing = {key_id for key_id in ended.values_list("subject_id", flat=True) if str(key_id) not in remembered}
    for key_id in missing:
        remember_destroyed(pharmacy_id, key_id, FROM_JOURNAL)
    return len(missing)
