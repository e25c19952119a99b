"""The states of a webhook, and what programs are told of."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.lifecycle import Lifecycle


class WebhookState(StrEnum):
    """Whether a program is told anything."""

    ACTIVE = "active"
    ENDED = "ended"


WEBHOOK = Lifecycle("webhook", WebhookState, WebhookState.ACTIVE, {"end": ({WebhookState.ACTIVE}, WebhookState.ENDED)})


class ToldKind(StrEnum):
    """What a notice tells of; most are kinds of event."""

    RESULT_SIGNED = "result.signed"
    RESULT_CORRECTED = "result.corrected"
    RESULT_CANCELLED = "result.cancelled"
    LETTER_OPENED = "letter.opened"
    AUTHORITY_ACKNOWLEDGED = "authority.acknowledged"
    AUTHORITY_REFUSED = "authority.refused"
    PROPOSAL_REFUSED = "proposal.refused"  # a person put aside what a program proposed
    AMENDMENT_REFUSED = "amendment.refused"
    TRIAL = "trial"
