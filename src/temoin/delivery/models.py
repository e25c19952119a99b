"""The letter, which the patient's browser opens and the server cannot; and the pace of who tries to."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models

from temoin.lib.lifecycle import Lifecycle
from temoin.lib.tenant import Sensitivity, TenantModel

PUBLIC = Sensitivity.PUBLIC


class LetterState(StrEnum):
    """Whether a letter may still be opened; expiry and spent tries are counted, not states."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"


LETTER = Lifecycle("letter", LetterState, LetterState.OPEN, {"withdraw": ({LetterState.OPEN}, LetterState.WITHDRAWN)})


class Letter(TenantModel):
    """One sealed letter. Its key is derived from the link and the code: neither is here."""

    record_id = models.UUIDField()
    version = models.IntegerField()
    state = models.TextField(default=LetterState.OPEN.value)
    lookup_hash = models.BinaryField(unique=True)  # SHA-256 of 256 derived random bits: tells nobody anything
    auth_hash = models.BinaryField()
    ciphertext = models.BinaryField()
    tries_left = models.SmallIntegerField()
    wrong = models.BinaryField(default=b"")  # eight bytes of the hash of each wrong code since the last right one
    opened_count = models.IntegerField(default=0)
    expires_at = models.DateTimeField()
    certificate_id = models.UUIDField(null=True)  # revoked when the letter ends

    lifecycle: ClassVar = LETTER
    declares: ClassVar = dict.fromkeys(
        (
            "record_id",
            "version",
            "state",
            "lookup_hash",
            "auth_hash",
            "ciphertext",
            "tries_left",
            "wrong",
            "opened_count",
            "expires_at",
            "certificate_id",
        ),
        PUBLIC,
    )

    class Meta:
        db_table = "delivery_letter"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in LetterState]),
                name="delivery_letter_state",
            ),
            models.CheckConstraint(condition=models.Q(tries_left__gte=0), name="delivery_letter_tries"),
        ]
        indexes: ClassVar = [
            # serves the withdrawal of a record's open letters
            models.Index(fields=["pharmacy_id", "record_id"], name="delivery_letter_record"),
            # serves the list of patients to call
            models.Index(
                fields=["pharmacy_id", "expires_at"],
                condition=models.Q(state=LetterState.OPEN.value, opened_count=0),
                name="delivery_letter_unopened",
            ),
        ]


class Pace(models.Model):
    """How much a caller of the patients' site, a letter, or all together may still try, and when that was so.

    The name is a keyed hash, truncated: nobody's address is here, and none can be found without the portal's secret.
    """

    name = models.BinaryField(primary_key=True)
    tokens = models.FloatField()
    at = models.DateTimeField(db_index=True)  # serves the removal of what is full again

    declares: ClassVar = dict.fromkeys(("name", "tokens", "at"), PUBLIC)

    class Meta:
        db_table = "delivery_pace"

    def __str__(self) -> str:
        return bytes(self.name).hex()
