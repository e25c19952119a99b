"""Which pharmacies are training counters: their very number says so, in each row and each seal that bears it.

A training counter's number is made of its pharmacy's by RFC 9562's version 5; every other is drawn (version 4). So no
column, no setting and no lookup makes a real pharmacy one, or one real (law 12).
"""

from __future__ import annotations

from uuid import UUID, uuid5

_VERSION = 5
# In SQL, of a column `pharmacy_id`: a CHECK with it keeps a table's rows out of every training counter.
NOT_OF_TRAINING = f"get_byte(uuid_send(pharmacy_id), 6) >> 4 <> {_VERSION}"


def training_of(pharmacy_id: UUID) -> UUID:
    """Return the number of a pharmacy's training counter, opened or not."""
    return uuid5(pharmacy_id, "training")


def is_training(pharmacy_id: UUID) -> bool:
    return pharmacy_id.version == _VERSION
