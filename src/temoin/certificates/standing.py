"""Until when the certificates of a result are in force, for its pharmacy: nothing is opened."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from temoin.certificates.models import IssuedCertificate


def last_days(record_id: UUID) -> dict[UUID | None, date]:
    """Return the last day of each certificate of a record, by its identifier."""
    found = IssuedCertificate.objects.filter(record_id=record_id)
    return dict(found.values_list("id", "expires_on"))
