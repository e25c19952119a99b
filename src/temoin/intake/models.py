"""What a pharmacy lets its files of results say, and how far the last of them has come."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.crypto.sealed import Reader, SealedField, SealedModel
from temoin.lib.tenant import Sensitivity, TenantModel


class FileTerms(SealedModel):
    """The terms of one pharmacy: its only row, whose id is that of the pharmacy.

    Sealed, because a row that the database alone vouches for would let its writer choose whose results are signed here.
    """

    version = models.IntegerField(default=1)  # counts the changes, so that two at once do not lose one
    sealed = SealedField(
        holds={
            "laboratories": Sensitivity.PERSONAL,
            "date_order": Sensitivity.PUBLIC,
            "columns": Sensitivity.PUBLIC,
        }
    )

    schema: ClassVar[int] = 2
    readers: ClassVar = {1: Reader(upgrade=lambda held: {"columns": {}, **held}), 2: Reader()}

    # A laboratory may bear the name of its biologist.
    declares: ClassVar = {"version": Sensitivity.PUBLIC, "sealed": Sensitivity.PERSONAL}
    binds: ClassVar = ("version",)

    class Meta:
        db_table = "intake_file_terms"


class FileProgress(TenantModel):
    """How far the file has come that a pharmacy began last: its only row, whose id is that of the pharmacy.

    For people to look at. What was taken in is what the journal and the records tell.
    """

    begun_at = models.DateTimeField()
    noted_at = models.DateTimeField()
    rows = models.IntegerField()
    done = models.IntegerField()
    refused = models.IntegerField()
    is_trial = models.BooleanField()
    is_ended = models.BooleanField()

    declares: ClassVar = dict.fromkeys(
        ("begun_at", "noted_at", "rows", "done", "refused", "is_trial", "is_ended"), Sensitivity.PUBLIC
    )

    class Meta:
        db_table = "intake_file_progress"
