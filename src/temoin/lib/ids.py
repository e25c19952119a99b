"""Identifiers: random 128-bit values, and types for the nouns whose identifiers stand side by side in signatures."""

from typing import NewType
from uuid import UUID, uuid4

PharmacyId = NewType("PharmacyId", UUID)
PersonId = NewType("PersonId", UUID)
MemberId = NewType("MemberId", UUID)
PatientId = NewType("PatientId", UUID)
LotId = NewType("LotId", UUID)
RecordId = NewType("RecordId", UUID)
VersionId = NewType("VersionId", UUID)
ParcelId = NewType("ParcelId", UUID)


def new_id() -> UUID:
    """Draw a random identifier: neither its order nor its value tells anything (unlike a sequence or UUIDv7)."""
    return uuid4()
