"""Where a program is told, under which secrets, and the notices: numbers and times, nothing of a person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.crypto.sealed import SealedField, SealedModel
from temoin.lib.tenant import Sensitivity, TenantModel
from temoin.webhooks.states import WEBHOOK, ToldKind, WebhookState

PUBLIC = Sensitivity.PUBLIC
_UNTOLD = models.Q(told_at__isnull=True)


class Webhook(SealedModel):
    """The address at which a program is told: sealed with the secrets, since it may hold a word that opens it."""

    lifecycle: ClassVar = WEBHOOK

    program_id = models.UUIDField()
    state = models.TextField(default=WebhookState.ACTIVE.value)
    started_at = models.DateTimeField()
    gathered_to = models.DateTimeField()  # what happened before was made into notices
    matter_since = models.DateTimeField(null=True)  # since when a person should look, while it goes on trying
    sealed = SealedField(
        # `former` are the secrets before the last turnings, the newest first, "" for none; good until `former_until`
        holds=dict.fromkeys(("address", "secret", "former", "former_until"), Sensitivity.PERSONAL)
    )

    declares: ClassVar = {
        **dict.fromkeys(("program_id", "state", "started_at", "gathered_to", "matter_since"), PUBLIC),
        "sealed": Sensitivity.PERSONAL,
    }
    binds: ClassVar = ("program_id", "state", "started_at")

    class Meta:
        db_table = "webhooks_webhook"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pharmacy_id", "program_id"],
                condition=models.Q(state=WebhookState.ACTIVE.value),
                name="webhooks_webhook_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in WebhookState]), name="webhooks_webhook_state"
            ),
        ]


class WebhookNotice(TenantModel):
    """One thing to tell one program. Its number is the same on each try."""

    webhook_id = models.UUIDField()
    kind = models.TextField()
    record_id = models.UUIDField(null=True)  # null for a trial
    version = models.IntegerField(null=True)
    happened_at = models.DateTimeField()
    source_id = models.UUIDField()  # the event, parcel or letter that it is made of
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    answer_code = models.TextField(default="")  # closed code of the last answer
    told_at = models.DateTimeField(null=True)

    declares: ClassVar = dict.fromkeys(
        (
            *("webhook_id", "kind", "record_id", "version", "happened_at", "source_id"),
            *("attempts", "due_at", "tried_at", "answer_code", "told_at"),
        ),
        PUBLIC,
    )

    class Meta:
        db_table = "webhooks_notice"
        constraints: ClassVar = [
            # gathered again, as the worker does to miss no late commit: nothing more
            models.UniqueConstraint(
                fields=["pharmacy_id", "webhook_id", "source_id", "happened_at"], name="webhooks_notice_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in ToldKind]), name="webhooks_notice_kind"
            ),
        ]
        indexes: ClassVar = [
            # serves the claim: what is due for one webhook
            models.Index(fields=["pharmacy_id", "webhook_id", "due_at"], condition=_UNTOLD, name="webhooks_notice_due"),
            # serves the order within a test
            models.Index(
                fields=["pharmacy_id", "webhook_id", "record_id", "happened_at"],
                condition=_UNTOLD,
                name="webhooks_notice_order",
            ),
            # serves the owner's page, and the end of notices
            models.Index(fields=["pharmacy_id", "webhook_id", "happened_at"], name="webhooks_notice_latest"),
        ]
