"""Kit lots in a pharmacy's stock."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.lib.tenant import Sensitivity, TenantModel

PUBLIC = Sensitivity.PUBLIC


class Lot(TenantModel):
    """A lot of a kit, as printed on its box."""

    kit = models.TextField()  # code in the catalogue
    number = models.TextField()
    expiry = models.DateField()  # last day of use
    udi = models.TextField(default="")
    received_at = models.DateTimeField()

    declares: ClassVar = {
        "kit": PUBLIC,
        "number": PUBLIC,
        "expiry": PUBLIC,
        "udi": PUBLIC,
        "received_at": PUBLIC,
    }

    class Meta:
        db_table = "catalogue_lot"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "kit", "number"], name="catalogue_lot_once")
        ]
