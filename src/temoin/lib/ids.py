"""Identifiers: random 128-bit values, and types for the nouns whose identifiers stand side by side in signatures.

Rows that only ever come on top are given identifiers that begin with a time: neighbours in time are neighbours in the
indexes, which a random identifier touches at a new page each. An identifier tells no more of the time than the column
beside it does in clear (decision 0088).
"""

import os
from datetime import datetime
from typing import NewType
from uuid import UUID, uuid4

from temoin.lib.clock import coarse, now

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


def timed_id() -> UUID:
    """Draw the identifier of a row whose very time stands beside it: UUIDv7 (RFC 9562), 74 bits of it random."""
    return _beginning_with(now())


def hourly_id() -> UUID:
    """Draw the identifier of a row beside which the hour stands in clear: it begins with that hour and no more."""
    return _beginning_with(coarse(now()))


def _beginning_with(moment: datetime) -> UUID:
    milliseconds = int(moment.timestamp() * 1000)
    value = milliseconds << 80 | int.from_bytes(os.urandom(10))
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 7 << 76 | 2 << 62)
