"""Which state of the pharmacy's list a screen shows: told without opening a record, so that a glance is no look."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.db import connection

from temoin.catalogue.states import IN_USE
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.lists import PAGE
from temoin.testing.states import UNDER_WAY

# `xmin` is the transaction that wrote a row: whatever changed in it, sealed or not.
_VERSION = """
WITH under_way AS (
    SELECT id, patient_id, xmin FROM testing_record WHERE pharmacy_id = %(pharmacy)s AND state = ANY(%(under_way)s)
), done AS (
    SELECT id, patient_id, xmin FROM testing_record WHERE pharmacy_id = %(pharmacy)s AND state <> ALL(%(under_way)s)
     ORDER BY registered_at DESC, id OFFSET %(first)s LIMIT %(most)s
), amended AS (
    SELECT id, patient_id, xmin FROM testing_record WHERE pharmacy_id = %(pharmacy)s AND amends = version
), listed AS (
    SELECT * FROM under_way UNION ALL SELECT * FROM done UNION ALL SELECT * FROM amended
)
SELECT listed.id, listed.xmin::text, patient.xmin::text,
       (SELECT string_agg(parcel.destination || parcel.sequence || parcel.state, ' ' ORDER BY parcel.id)
          FROM outbox_parcel parcel WHERE parcel.pharmacy_id = %(pharmacy)s AND parcel.chain_id = listed.id)
  FROM listed LEFT JOIN patients_patient patient
    ON patient.pharmacy_id = %(pharmacy)s AND patient.id = listed.patient_id
 ORDER BY listed.id
"""


# What a patient who waits would be sampled with: a lot received, opened, closed or recalled changes it.
_LOTS = """
SELECT id, xmin::text FROM catalogue_lot WHERE pharmacy_id = %(pharmacy)s AND state = ANY(%(in_use)s) ORDER BY id
"""


def version_of_list(*, by: Seat, page: int = 0) -> str:
    """Return a digest that changes with the list: no patient data, as with `read_parcels`."""
    check_right(by=by, right=Right.READ_TEST)
    asked: dict[str, Any] = {
        "pharmacy": by.pharmacy_id,
        "under_way": list(UNDER_WAY),
        "first": page * PAGE,
        "most": PAGE + 1,
        "in_use": [state.value for state in IN_USE],
    }
    with tenant_scope(by.pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_VERSION, asked)
        rows = cursor.fetchall()
        cursor.execute(_LOTS, asked)
        return sha256(repr([rows, cursor.fetchall()]).encode()).hexdigest()
