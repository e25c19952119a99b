"""Legal holds, which keep data past their day; and cases of patients' rights, with the day by which to answer."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from temoin.crypto.sealed import Reader, SealedField, SealedModel
from temoin.lib.tenant import Sensitivity
from temoin.retention.case_states import CASE, CaseKind, CaseState

PUBLIC = Sensitivity.PUBLIC


def _without_review(value: dict[str, Any]) -> dict[str, Any]:
    return {"review_on": "", **value}


class Hold(SealedModel):
    """Nothing of a patient, or of the whole pharmacy, is deleted until it is lifted, as for a court or an inquiry."""

    patient_id = models.UUIDField(null=True)  # null: all of the pharmacy
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    sealed = SealedField(
        holds={"reason": Sensitivity.HEALTH, "lifted": Sensitivity.HEALTH, "review_on": PUBLIC}
    )  # why, why no more, and the day on which an owner looks again: it lifts nothing by itself

    declares: ClassVar = {
        "patient_id": PUBLIC,
        "placed_at": PUBLIC,
        "lifted_at": PUBLIC,
        "sealed": Sensitivity.HEALTH,
    }
    binds: ClassVar = ("patient_id", "placed_at", "lifted_at")
    schema: ClassVar = 2
    readers: ClassVar = {1: Reader(upgrade=_without_review), 2: Reader()}

    class Meta:
        db_table = "retention_hold"
        constraints: ClassVar = [
            # one in force of a patient, one of the pharmacy; serves the question whether something is held
            models.UniqueConstraint(
                fields=["pharmacy_id", "patient_id"],
                condition=models.Q(lifted_at__isnull=True),
                nulls_distinct=False,
                name="retention_hold_in_force",
            )
        ]


class RightsCase(SealedModel):
    """What a patient asked for by right, until when the pharmacy must answer, and its answer."""

    patient_id = models.UUIDField()
    kind = models.TextField()
    state = models.TextField(default=CaseState.OPEN.value)
    received_on = models.DateField()
    due_on = models.DateField()  # a month later; two more once the patient was told why
    # The very instant, as its event tells anyway, or when the file of a pharmacy that leaves was begun: what is signed
    # after it stays.
    answered_at = models.DateTimeField(null=True)
    sealed = SealedField(holds=dict.fromkeys(("asked", "answer", "why_later"), Sensitivity.HEALTH))

    lifecycle: ClassVar = CASE
    declares: ClassVar = {
        **dict.fromkeys(("patient_id", "kind", "state", "received_on", "due_on", "answered_at"), PUBLIC),
        "sealed": Sensitivity.HEALTH,
    }
    binds: ClassVar = ("patient_id", "kind", "state", "received_on", "due_on", "answered_at")

    class Meta:
        db_table = "retention_case"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in CaseState]), name="retention_case_state"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in CaseKind]), name="retention_case_kind"
            ),
            # one of a kind and patient is open at a time: a double click asks once
            models.UniqueConstraint(
                fields=["pharmacy_id", "patient_id", "kind"],
                condition=models.Q(state=CaseState.OPEN.value),
                name="retention_case_open",
            ),
        ]
        indexes: ClassVar = [
            # serves the work list, the first due first
            models.Index(
                fields=["pharmacy_id", "due_on"],
                condition=models.Q(state=CaseState.OPEN.value),
                name="retention_case_due",
            ),
            # serves the patient's page, and the round that ends what a patient had erased
            models.Index(fields=["pharmacy_id", "patient_id"], name="retention_case_patient"),
        ]
