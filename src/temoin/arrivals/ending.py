"""The end of forms and of their keys: by the keeper, who alone deletes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from temoin.arrivals.models import ArrivalKey
from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope

OPERATOR: Final = "operator"
AFTER: Final = timedelta(days=1)  # past its month: the last forms sealed to a key have ended by then
# A form that says it lasts longer than its key ends with the key: whoever put it in must not keep the pair.
_FORMS = "DELETE FROM arrivals_arrival WHERE pharmacy_id = %s AND (expires_at <= %s OR key_id = ANY(%s))"


def end_arrivals(pharmacy_id: UUID) -> int:
    """Delete the forms whose hours are over, read or not, and the pairs of months that are; return how many forms."""
    by, moment = HouseActor(pharmacy_id, OPERATOR), now()
    with tenant_scope(pharmacy_id), connection.cursor() as cursor:
        spent = list(ArrivalKey.objects.filter(ends_at__lt=moment - AFTER).values_list("id", flat=True))
        cursor.execute(_FORMS, [pharmacy_id, moment, spent])
        ended = int(cursor.rowcount)
        if ended:
            kind = EventKind.ARRIVALS_ENDED
            with act(by=by, kind=kind, subject_kind="arrival", subject_id=None, detail=str(ended)):
                pass
        for key_id in spent:
            with act(by=by, kind=EventKind.ARRIVAL_KEY_ENDED, subject_kind="key", subject_id=key_id) as commit:
                commit.remove(ArrivalKey, key_id)
    return ended
