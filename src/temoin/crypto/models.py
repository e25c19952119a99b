"""Data keys: one per pharmacy and month and turn, stored wrapped by a root key that lives outside the database."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.lib.ids import new_id
from temoin.lib.tenant import Sensitivity, TenantModel

PUBLIC = Sensitivity.PUBLIC


class DataKey(TenantModel):
    """A 256-bit key, wrapped. Destroying the row makes everything sealed under it unreadable, backups included."""

    purpose = models.TextField()  # "2026-11" for the month's sealing key, "index" for the blind indexes
    number = models.IntegerField(default=1)  # the highest of a purpose is the one in use
    created_at = models.DateTimeField()
    root_id = models.TextField()
    wrapped = models.BinaryField()

    declares: ClassVar = dict.fromkeys(("purpose", "number", "created_at", "root_id", "wrapped"), PUBLIC)

    class Meta:
        db_table = "crypto_data_key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "purpose", "number"], name="crypto_data_key_turn")
        ]


class PlatformKey(models.Model):
    """The key of secrets that belong to no pharmacy (second factors of staff), wrapped likewise."""

    id = models.UUIDField(primary_key=True, default=new_id)
    number = models.IntegerField(unique=True)
    created_at = models.DateTimeField()
    root_id = models.TextField()
    wrapped = models.BinaryField()

    declares: ClassVar = dict.fromkeys(("id", "number", "created_at", "root_id", "wrapped"), PUBLIC)

    class Meta:
        db_table = "crypto_platform_key"

    def __str__(self) -> str:
        return str(self.id)
