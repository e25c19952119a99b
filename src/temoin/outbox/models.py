"""Parcels, the attempts made with them, what was exchanged, the lanes, and when the worker's duties are due."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from temoin.crypto.sealed import Reader, SealedField, SealedModel
from temoin.lib.tenant import Sensitivity
from temoin.outbox.states import PARCEL, SETTLED, ParcelState

PUBLIC = Sensitivity.PUBLIC


class Parcel(SealedModel):
    """One thing to carry to one destination. Its idempotency key is fixed when it is posted (law 5)."""

    destination = models.TextField()
    subject_id = models.UUIDField()  # the record version it tells
    chain_id = models.UUIDField()  # the record: parcels of one chain keep their order
    sequence = models.IntegerField()  # version number within the chain
    key = models.TextField()
    state = models.TextField(default=ParcelState.WAITING.value)
    attempts = models.IntegerField(default=0)
    posted_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    answer_code = models.TextField(default="")  # closed code of the last answer
    same_count = models.IntegerField(default=0)  # how often in a row that was the answer,
    same_since = models.DateTimeField(null=True)  # and since when
    matter_since = models.DateTimeField(null=True)  # since when a person should look, while it goes on trying
    sealed = SealedField(
        null=True, holds={"fragment": Sensitivity.PERSONAL, "letter": Sensitivity.PUBLIC}
    )  # what only the courier knows; destroyed at settlement, or once it cannot come back

    lifecycle: ClassVar = PARCEL
    stirs: ClassVar = True
    declares: ClassVar = {
        "destination": PUBLIC,
        "subject_id": PUBLIC,
        "chain_id": PUBLIC,
        "sequence": PUBLIC,
        "key": PUBLIC,
        "state": PUBLIC,
        "attempts": PUBLIC,
        "posted_at": PUBLIC,
        "due_at": PUBLIC,
        "lease_until": PUBLIC,
        "settled_at": PUBLIC,
        "answer_code": PUBLIC,
        "same_count": PUBLIC,
        "same_since": PUBLIC,
        "matter_since": PUBLIC,
        "sealed": Sensitivity.PERSONAL,
    }
    binds: ClassVar = ("destination", "subject_id", "chain_id", "sequence", "key")
    told: ClassVar = False  # an old link of the same parcel opens a letter that was withdrawn, or none

    class Meta:
        db_table = "outbox_parcel"
        constraints: ClassVar = [
            # the key comes first: what a destination says it holds is found by it, whichever the pharmacy
            models.UniqueConstraint(fields=["key", "destination", "pharmacy_id"], name="outbox_parcel_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ParcelState]),
                name="outbox_parcel_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(SETTLED), settled_at__isnull=False)
                | models.Q(~models.Q(state__in=sorted(SETTLED)), settled_at__isnull=True),
                name="outbox_parcel_settled",
            ),
        ]
        indexes: ClassVar = [
            # serves the claim: what is due at one destination, oldest first
            models.Index(
                fields=["destination", "due_at"],
                condition=models.Q(state__in=["waiting", "sending", "in_doubt"]),
                name="outbox_parcel_due",
            ),
            # serves the work list of a pharmacy and its alarm: what has not arrived, whatever has
            models.Index(
                fields=["pharmacy_id", "posted_at"],
                condition=models.Q(state__in=["waiting", "sending", "in_doubt", "refused"]),
                name="outbox_parcel_open",
            ),
            # serves the order of versions and the record's page
            models.Index(fields=["pharmacy_id", "chain_id", "destination", "sequence"], name="outbox_parcel_chain"),
            # serves the operator's count of what waits for a person
            models.Index(
                fields=["destination", "posted_at"],
                condition=models.Q(state="refused"),
                name="outbox_parcel_refused",
            ),
            # serves the operator's count of what goes on trying and is a person's matter all the same
            models.Index(
                fields=["destination", "matter_since"],
                condition=models.Q(matter_since__isnull=False),
                name="outbox_parcel_matter",
            ),
            # serves the reconciliation of a day; some pages for millions of rows, and next to nothing per settlement
            BrinIndex(fields=["settled_at"], name="outbox_parcel_settled_on", autosummarize=True),
        ]


class Attempt(SealedModel):
    """One try with a parcel and its outcome; the authority's receipt is the last one's. It lives as long as the parcel.

    What was sent and what came back is a row of `Sides`, which lives for days.
    """

    parcel_id = models.UUIDField()
    number = models.IntegerField()
    at = models.DateTimeField()
    verdict = models.TextField()
    sealed = SealedField(holds={"code": PUBLIC, "receipt": Sensitivity.PERSONAL})

    declares: ClassVar = {
        "parcel_id": PUBLIC,
        "number": PUBLIC,
        "at": PUBLIC,
        "verdict": PUBLIC,
        "sealed": Sensitivity.PERSONAL,
    }
    binds: ClassVar = ("parcel_id", "number", "at", "verdict")
    schema: ClassVar = 2
    readers: ClassVar = {1: Reader(), 2: Reader()}
    told: ClassVar = False  # written once: there is no former row

    class Meta:
        db_table = "outbox_attempt"
        indexes: ClassVar = [
            # serves the parcel's history
            models.Index(fields=["pharmacy_id", "parcel_id", "number"], name="outbox_attempt_parcel"),
        ]


class Sides(SealedModel):
    """Both sides of one attempt, whose identifier they have: what was sent, what came back, and the answer in words.

    Evidence for as long as somebody may have to ask what went wrong, and the result once more: hence a row of its own,
    which ends before the attempt does.
    """

    parcel_id = models.UUIDField()
    at = models.DateTimeField()
    sealed = SealedField(
        holds=dict.fromkeys(("detail", "sent", "came"), Sensitivity.HEALTH),  # see `kept`
    )

    declares: ClassVar = {"parcel_id": PUBLIC, "at": PUBLIC, "sealed": Sensitivity.HEALTH}
    binds: ClassVar = ("parcel_id", "at")
    told: ClassVar = False  # written once: there is no former row

    class Meta:
        db_table = "outbox_sides"
        indexes: ClassVar = [
            # serves the page of one sending, and the end of the parcel
            models.Index(fields=["pharmacy_id", "parcel_id"], name="outbox_sides_parcel"),
        ]


class DueDuty(models.Model):
    """When a duty of the worker is due, and until when one worker holds it; see `duties`."""

    name = models.TextField(primary_key=True)
    due_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)  # null: it went well the last time
    failure = models.TextField(db_default="")  # the kind of the last error

    declares: ClassVar = dict.fromkeys(("name", "due_at", "held_until", "failing_since", "failure"), PUBLIC)

    class Meta:
        db_table = "outbox_duty"

    def __str__(self) -> str:
        return self.name


class LaneState(models.Model):
    """What all workers know of a destination; see `circuit`."""

    destination = models.TextField(primary_key=True)
    troubles = models.IntegerField(db_default=0)
    code = models.TextField(db_default="")  # closed code of the last trouble
    paused_until = models.DateTimeField(null=True)
    probe_until = models.DateTimeField(null=True)
    tokens = models.FloatField(db_default=0.0)
    taken_at = models.DateTimeField(null=True)
    asleep = models.BooleanField(db_default=False)  # a parcel that is posted rings: see `bell`

    declares: ClassVar = dict.fromkeys(
        ("destination", "troubles", "code", "paused_until", "probe_until", "tokens", "taken_at", "asleep"), PUBLIC
    )

    class Meta:
        db_table = "outbox_lane"

    def __str__(self) -> str:
        return self.destination


class SetAside(models.Model):
    """An item of foreign input that could not be taken; see `set_aside`."""

    pk = models.CompositePrimaryKey("place", "item")
    place = models.TextField()  # the duty or the destination whose loop met it
    item = models.TextField()  # where it lies there: the number of a mail, the name of a file
    error = models.TextField()  # the kind of error
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.IntegerField(db_default=1)

    declares: ClassVar = dict.fromkeys(("place", "item", "error", "first_at", "last_at", "times"), PUBLIC)

    class Meta:
        db_table = "outbox_set_aside"

    def __str__(self) -> str:
        return f"{self.place} {self.item}"
