"""The legal hold: what may not be deleted for now, although its day is past."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.crypto.sealed import SealedField, SealedModel
from temoin.lib.tenant import Sensitivity

PUBLIC = Sensitivity.PUBLIC


class Hold(SealedModel):
    """Nothing of a patient, or of the whole pharmacy, is deleted until it is lifted, as for a court or an inquiry."""

    patient_id = models.UUIDField(null=True)  # null: all of the pharmacy
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    sealed = SealedField(holds={"reason": Sensitivity.HEALTH, "lifted": Sensitivity.HEALTH})  # why, and why no more

    declares: ClassVar = {
        "patient_id": PUBLIC,
        "placed_at": PUBLIC,
        "lifted_at": PUBLIC,
        "sealed": Sensitivity.HEALTH,
    }
    binds: ClassVar = ("patient_id", "placed_at", "lifted_at")

    class Meta:
        db_table = "retention_hold"
        constraints: ClassVar = [
            # one in force of a patient, one of the pharmacy; serves the question whether something is held
            models.UniqueConstraint(
                fields=["pharmacy_id", "patient_id"],
                condition=models.Q(lifted_at__isnull=True),
                nulls_distinct=False,
                name="retention_hold_in_force",
            )
        ]
