"""The alarms that are raised, and when the owners of a pharmacy were last told that somebody is to be called."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.lib.ids import new_id
from temoin.lib.tenant import Sensitivity

PUBLIC = Sensitivity.PUBLIC


class Alarm(models.Model):
    """An alarm that is raised: somebody was told that results wait. It goes when they have arrived."""

    id = models.UUIDField(primary_key=True, default=new_id)
    pharmacy_id = models.UUIDField(null=True)  # null: the operator's, over all pharmacies
    began_at = models.DateTimeField()
    told_at = models.DateTimeField()  # the last message

    declares: ClassVar = dict.fromkeys(("id", "pharmacy_id", "began_at", "told_at"), PUBLIC)

    class Meta:
        db_table = "oversight_alarm"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id"], nulls_distinct=False, name="oversight_alarm_once")
        ]

    def __str__(self) -> str:
        return str(self.id)


class CallWatch(models.Model):
    """Until when a pharmacy's list of patients to call was looked at for its owners, and when they were last told."""

    pharmacy_id = models.UUIDField(primary_key=True)
    looked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # null: nobody was to be called at the last look

    declares: ClassVar = dict.fromkeys(("pharmacy_id", "looked_at", "told_at"), PUBLIC)

    class Meta:
        db_table = "oversight_call_watch"

    def __str__(self) -> str:
        return str(self.pharmacy_id)
