"""Kit lots in a pharmacy's stock."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.catalogue.states import LOT, LotState
from temoin.lib.tenant import Sensitivity, TenantModel

PUBLIC = Sensitivity.PUBLIC


class Lot(TenantModel):
    """A lot of a kit, as printed on its box, and what the pharmacy did with it."""

    kit = models.TextField()  # code in the catalogue
    number = models.TextField()
    expiry = models.DateField()  # last day of use
    udi = models.TextField(default="")
    received_at = models.DateTimeField()
    state = models.TextField(default=LotState.RECEIVED.value)
    tests = models.IntegerField(null=True)  # received in all, as far as somebody told
    opened_at = models.DateTimeField(null=True)
    opened_where = models.TextField(default="")  # the workstation, under the name that people gave it
    closed_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True)
    recall_reference = models.TextField(default="")  # of the manufacturer's notice

    controls = models.IntegerField(default=0)  # run with it, each of which used a kit up
    positive_ok_on = models.DateField(null=True)  # by the pharmacy's calendar; none of both after a wrong one
    negative_ok_on = models.DateField(null=True)
    control_failed = models.BooleanField(default=False)  # until both are right again

    lifecycle: ClassVar = LOT
    stirs: ClassVar = True
    declares: ClassVar = {
        "kit": PUBLIC,
        "number": PUBLIC,
        "expiry": PUBLIC,
        "udi": PUBLIC,
        "received_at": PUBLIC,
        "state": PUBLIC,
        "tests": PUBLIC,
        "opened_at": PUBLIC,
        "opened_where": PUBLIC,
        "closed_at": PUBLIC,
        "recalled_at": PUBLIC,
        "recall_reference": PUBLIC,
        "controls": PUBLIC,
        "positive_ok_on": PUBLIC,
        "negative_ok_on": PUBLIC,
        "control_failed": PUBLIC,
    }

    class Meta:
        db_table = "catalogue_lot"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "kit", "number"], name="catalogue_lot_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in LotState]),
                name="catalogue_lot_state",
            ),
        ]
