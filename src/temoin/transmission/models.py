"""What reconciliation found: one row per difference of a pharmacy, one per run."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models

from temoin.lib.ids import new_id
from temoin.lib.tenant import Sensitivity, TenantModel
from temoin.transmission.differences import OF_NO_PARCEL, DifferenceKind

PUBLIC = Sensitivity.PUBLIC
KINDS = [kind.value for kind in DifferenceKind if kind not in OF_NO_PARCEL]


class Difference(TenantModel):
    """A parcel of which our books and the destination's differed, until mended."""

    destination = models.TextField()
    day = models.DateField()  # the day that was reconciled
    parcel_id = models.UUIDField()
    key = models.TextField()
    kind = models.TextField()
    found_at = models.DateTimeField()
    mended_at = models.DateTimeField(null=True)

    declares: ClassVar = dict.fromkeys(
        ("destination", "day", "parcel_id", "key", "kind", "found_at", "mended_at"), PUBLIC
    )

    class Meta:
        db_table = "transmission_difference"
        constraints: ClassVar = [
            # found again while it lasts: nothing more
            models.UniqueConstraint(
                fields=["pharmacy_id", "parcel_id", "kind"],
                condition=models.Q(mended_at__isnull=True),
                name="transmission_difference_open",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="transmission_difference_kind"),
        ]


class Ending(StrEnum):
    WHOLE = "whole"
    NOT_ASKABLE = "not_askable"  # the destination cannot be asked: acknowledgements were compared with attempts
    BROKEN_OFF = "broken_off"  # it did not answer wholly: to be done again, and somebody's matter until it does
    STOPPED = "stopped"  # the worker was: the next one begins here again, and nothing is amiss


class Reconciliation(models.Model):
    """One run for one destination and day; belongs to no pharmacy."""

    id = models.UUIDField(primary_key=True, default=new_id)
    destination = models.TextField()
    day = models.DateField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    ending = models.TextField()
    accepted = models.IntegerField()  # here, in the day
    held = models.IntegerField()  # there, in the day
    found = models.JSONField()  # differences seen for the first time, by kind
    open = models.IntegerField()  # differences of the day that stay open
    aliens = models.JSONField()  # the first keys held there and unknown here

    declares: ClassVar = dict.fromkeys(
        (
            "id",
            "destination",
            "day",
            "started_at",
            "ended_at",
            "ending",
            "accepted",
            "held",
            "found",
            "open",
            "aliens",
        ),
        PUBLIC,
    )

    class Meta:
        db_table = "transmission_reconciliation"
        indexes: ClassVar = [
            # serves the last run of a day
            models.Index(fields=["destination", "day", "started_at"], name="transmission_run_day"),
        ]

    def __str__(self) -> str:
        return f"{self.destination} {self.day}"
