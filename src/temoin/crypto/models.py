"""Data keys: one per pharmacy and month, stored wrapped by the root key that lives outside the database."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.lib.tenant import Sensitivity, TenantModel


class DataKey(TenantModel):
    """A 256-bit key, wrapped. Destroying the row makes everything sealed under it unreadable, backups included."""

    purpose = models.TextField()  # "2026-11" for the month's sealing key, "index" for the blind indexes
    wrapped = models.BinaryField()

    declares: ClassVar = {"purpose": Sensitivity.PUBLIC, "wrapped": Sensitivity.PUBLIC}

    class Meta:
        db_table = "crypto_data_key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "purpose"], name="crypto_data_key_purpose")
        ]
