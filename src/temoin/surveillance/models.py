"""The counts of a pharmacy's day, sealed: a cell of one pharmacy may be one person's."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from temoin.crypto.sealed import SealedField, SealedModel
from temoin.lib.tenant import Sensitivity, TenantModel

PUBLIC, HEALTH = Sensitivity.PUBLIC, Sensitivity.HEALTH


class CountedDay(SealedModel):
    """What a pharmacy's tests first signed on one day say in all. It is made anew whenever one of them changed."""

    day = models.DateField()  # of the signature, by the pharmacy's calendar
    mark = models.TextField()  # tells the versions signed on that day from any others: see `counting`
    sealed = SealedField(holds=dict.fromkeys(("findings", "lots", "delays", "tests"), HEALTH))

    declares: ClassVar = {"day": PUBLIC, "mark": PUBLIC, "sealed": HEALTH}
    binds: ClassVar = ("day", "mark")
    told: ClassVar = False  # it is derived: an old row put back is found by a recount from the records

    class Meta:
        db_table = "surveillance_counted_day"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "day"], name="surveillance_day_once"),
        ]


class SenderWeek(TenantModel):
    """What a pharmacy's tests first signed in one week say of the pharmacy: how many, how late, how complete.

    For the authority, which has no key: hence in clear, without any outcome, and but for the days without the figures
    of a week of few tests.
    """

    week = models.DateField()  # its Monday, by the pharmacy's calendar
    days = ArrayField(models.IntegerField())  # how many tests were first signed on each of its days
    quality = models.JSONField(null=True)  # see `sender_shares.WeekTold`; null of few tests
    receipts = models.JSONField(null=True)  # how many in each band of time to the first receipt; null of few tests
    alarms = ArrayField(models.TextField(), db_default=[])  # rules that the week exceeds

    declares: ClassVar = dict.fromkeys(("week", "days", "quality", "receipts", "alarms"), PUBLIC)

    class Meta:
        db_table = "surveillance_sender_week"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "week"], name="surveillance_sender_week_once"),
        ]


class Release(models.Model):
    """The figures of one table and period as they were published, once for each revision. They tell of no person."""

    pk = models.CompositePrimaryKey("name", "period", "revision")
    name = models.TextField()  # of the table: see `tables`
    period = models.DateField()  # its first day
    revision = models.SmallIntegerField()
    released_on = models.DateField()
    figures = models.JSONField()  # rows of words and a number
    missing = models.IntegerField(db_default=0)  # pharmacies that could not be counted, and are not in the figures

    declares: ClassVar = dict.fromkeys(("name", "period", "revision", "released_on", "figures", "missing"), PUBLIC)

    class Meta:
        db_table = "surveillance_release"

    def __str__(self) -> str:
        return f"{self.name} {self.period} {self.revision}"
