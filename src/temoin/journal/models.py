"""The event: who did or saw what, when, from where. It never names the patient, only identifiers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.lib.tenant import Sensitivity, TenantModel


class Event(TenantModel):
    """One act or one look. No foreign keys: the trail never blocks nor joins live rows."""

    at = models.DateTimeField()
    kind = models.TextField()
    actor_id = models.UUIDField(null=True)  # member or program of the pharmacy; null for the house and the patient
    profession = models.TextField()  # profession of the actor, or worker | portal | operator | program
    origin = models.TextField()  # page | file | worker | portal | command | api
    subject_kind = models.TextField()
    subject_id = models.UUIDField(null=True)
    detail = models.TextField(default="")  # a closed code or a number, never free text

    declares: ClassVar = {
        "at": Sensitivity.PUBLIC,
        "kind": Sensitivity.PUBLIC,
        "actor_id": Sensitivity.PUBLIC,
        "profession": Sensitivity.PUBLIC,
        "origin": Sensitivity.PUBLIC,
        "subject_kind": Sensitivity.PUBLIC,
        "subject_id": Sensitivity.PUBLIC,
        "detail": Sensitivity.PUBLIC,
    }

    class Meta:
        db_table = "journal_event"
        indexes: ClassVar = [
            # serves "what happened to this record", on the record's page and in a breach inquiry
            models.Index(fields=["pharmacy_id", "subject_id", "at"], name="journal_event_subject"),
        ]
