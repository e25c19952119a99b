"""The event, which never names the patient, and what seals events: leaves, nodes and checkpoints of one tree."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from temoin.journal.events import LISTINGS, LOOKS
from temoin.lib.tenant import Sensitivity, TenantModel

PUBLIC = Sensitivity.PUBLIC


class Event(TenantModel):
    """One act or one look. No foreign keys: the trail never blocks nor joins live rows."""

    at = models.DateTimeField(db_default=Now())  # by the database: no role may give a time
    kind = models.TextField()
    actor_id = models.UUIDField(null=True)  # member or program of the pharmacy; null for the house and the patient
    profession = models.TextField()  # profession of the actor, or worker | portal | operator | program
    origin = models.TextField()  # page | file | worker | portal | command | api
    subject_kind = models.TextField()
    subject_id = models.UUIDField(null=True)
    outcome = models.TextField(default="done")  # done | denied
    reason = models.TextField(default="")  # of a denial: the right that was missing
    detail = models.TextField(default="")  # a closed code or a number, never free text
    # SHA-256 of a signed version, or of whom a list showed; keys, or marks of them
    digest = models.TextField(default="")
    wrote = models.TextField(default="", db_default="")  # how the act left what is sealed: `crypto.told`

    declares: ClassVar = {
        "at": PUBLIC,
        "kind": PUBLIC,
        "actor_id": PUBLIC,
        "profession": PUBLIC,
        "origin": PUBLIC,
        "subject_kind": PUBLIC,
        "subject_id": PUBLIC,
        "outcome": PUBLIC,
        "reason": PUBLIC,
        "detail": PUBLIC,
        "digest": PUBLIC,
        "wrote": PUBLIC,
    }

    class Meta:
        db_table = "journal_event"
        indexes: ClassVar = [
            # serves "what happened to this record", on the record's page and in a breach inquiry
            models.Index(fields=["pharmacy_id", "subject_id", "at"], name="journal_event_subject"),
            # serves the owner's page "who looked at what", a day at a time
            models.Index(fields=["pharmacy_id", "at"], name="journal_event_day"),
            # serves the count of the patients whom somebody saw in the last hour (`oversight.reading`)
            models.Index(
                fields=["pharmacy_id", "actor_id", "at"],
                name="journal_event_looker",
                condition=models.Q(kind__in=[*LOOKS, *LISTINGS]),
            ),
            # serves "who saw", from a listing to the looks that showed it
            models.Index(
                fields=["pharmacy_id", "digest"],
                name="journal_event_listing",
                condition=models.Q(kind__in=[*LISTINGS]),
            ),
            # serves "which keys were destroyed", against which their ledger is held (`keeping.forgotten`)
            models.Index(
                fields=["pharmacy_id", "subject_id"],
                name="journal_event_key_ended",
                condition=models.Q(kind="data_key.destroyed"),
            ),
        ]


class Leaf(models.Model):
    """The place of an event in the tree. Only the sealer writes it; the tree is one for all pharmacies."""

    index = models.BigIntegerField(primary_key=True)
    pharmacy_id = models.UUIDField()
    event_id = models.UUIDField()
    hash = models.BinaryField()

    declares: ClassVar = dict.fromkeys(("index", "pharmacy_id", "event_id", "hash"), PUBLIC)

    class Meta:
        db_table = "journal_leaf"
        constraints: ClassVar = [models.UniqueConstraint(fields=["pharmacy_id", "event_id"], name="journal_leaf_once")]

    def __str__(self) -> str:
        return str(self.index)


class TreeNode(models.Model):
    """The root of a complete subtree of 256, 65,536, … leaves: no proof reads the whole journal."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    declares: ClassVar = dict.fromkeys(("level", "index", "hash"), PUBLIC)

    class Meta:
        db_table = "journal_node"

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class SealedTree(models.Model):
    """A signed checkpoint, and how far the sealer had read when it made it."""

    size = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    note = models.TextField()
    cluster = models.TextField()  # system identifier of the PostgreSQL cluster whose transactions are counted below
    watermark = models.BigIntegerField()  # every event of an earlier transaction has its leaf

    declares: ClassVar = dict.fromkeys(("size", "at", "note", "cluster", "watermark"), PUBLIC)

    class Meta:
        db_table = "journal_checkpoint"

    def __str__(self) -> str:
        return str(self.size)


class Cosignature(models.Model):
    """A witness's signature line on a checkpoint."""

    pk = models.CompositePrimaryKey("witness", "size")
    witness = models.TextField()
    size = models.BigIntegerField()
    line = models.TextField()

    declares: ClassVar = dict.fromkeys(("witness", "size", "line"), PUBLIC)

    class Meta:
        db_table = "journal_cosignature"
        indexes: ClassVar = [
            # serves "the last checkpoint that a witness has signed", for the proofs of a patient's list
            models.Index(fields=["size"], name="journal_cosignature_size"),
        ]

    def __str__(self) -> str:
        return f"{self.witness} {self.size}"


class WitnessState(models.Model):
    """How far a witness has followed, and since when it has not: what an operator asks."""

    witness = models.TextField(primary_key=True)
    size = models.BigIntegerField(default=0)
    followed_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    trouble = models.TextField(default="")  # a closed code

    declares: ClassVar = dict.fromkeys(("witness", "size", "followed_at", "failing_since", "trouble"), PUBLIC)

    class Meta:
        db_table = "journal_witness"

    def __str__(self) -> str:
        return self.witness


class Listing(TenantModel):
    """What a list or a search showed: one row beside its event, which carries the digest of it (`journal.listings`)."""

    subjects = ArrayField(models.UUIDField())

    declares: ClassVar = {"subjects": PUBLIC}

    class Meta:
        db_table = "journal_listing"
        indexes: ClassVar = [
            # serves "who saw this result", the lists included
            GinIndex(fields=["subjects"], name="journal_listing_subjects")
        ]


class Alert(TenantModel):
    """Something that the owners must be told of; the worker writes to them and notes it."""

    at = models.DateTimeField()
    kind = models.TextField()  # of the event that stands beside it
    subject_kind = models.TextField()
    subject_id = models.UUIDField(null=True)
    told_at = models.DateTimeField(null=True)

    declares: ClassVar = dict.fromkeys(("at", "kind", "subject_kind", "subject_id", "told_at"), PUBLIC)

    class Meta:
        db_table = "journal_alert"
        indexes: ClassVar = [
            # serves the worker's look for what nobody was told of
            models.Index(fields=["at"], name="journal_alert_untold", condition=models.Q(told_at=None))
        ]
