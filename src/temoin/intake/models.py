"""What a pharmacy lets its files of results say: whose results they may bring, and how they write their dates."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.crypto.sealed import SealedField, SealedModel
from temoin.lib.tenant import Sensitivity


class FileTerms(SealedModel):
    """The terms of one pharmacy: its only row, whose id is that of the pharmacy.

    Sealed, because a row that the database alone vouches for would let its writer choose whose results are signed here.
    """

    version = models.IntegerField(default=1)  # counts the changes, so that two at once do not lose one
    sealed = SealedField(holds={"laboratories": Sensitivity.PERSONAL, "date_order": Sensitivity.PUBLIC})

    # A laboratory may bear the name of its biologist.
    declares: ClassVar = {"version": Sensitivity.PUBLIC, "sealed": Sensitivity.PERSONAL}
    binds: ClassVar = ("version",)

    class Meta:
        db_table = "intake_file_terms"
