"""A program's own notices: it says where it is told, and no other program's (decision 0173)."""

from __future__ import annotations

from django.http import HttpRequest

from temoin.api.bodies import Nothing
from temoin.api.guard import Operation
from temoin.api.webhook_bodies import NoticeTold, WebhookAddress, WebhookSecret, WebhooksTold, WebhookTold
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.webhooks.actions import end_webhook, move_webhook, register_webhook, try_webhook, turn_secret
from temoin.webhooks.queries import NoticeView, WebhookView, read_webhook

WEBHOOKS = "api/v1/webhooks"
# A program was shown no page: what it says holds for the address that it has now, and its key says that it is itself.
_UNSEEN = None


def webhooks(_request: HttpRequest, seat: ProgramSeat) -> WebhooksTold:
    found = read_webhook(by=seat, program_id=seat.program_id).webhook
    return WebhooksTold(webhooks=[] if found is None else [_webhook(found)])


def register(_request: HttpRequest, seat: ProgramSeat, body: WebhookAddress) -> WebhookSecret:
    made = register_webhook(by=seat, program_id=seat.program_id, address=body.address)
    return WebhookSecret(secret=made.text)


def move(_request: HttpRequest, seat: ProgramSeat, body: WebhookAddress) -> Nothing:
    move_webhook(by=seat, program_id=seat.program_id, address=body.address, expected_version=_UNSEEN)
    return Nothing()


def turn(_request: HttpRequest, seat: ProgramSeat) -> WebhookSecret:
    return WebhookSecret(secret=turn_secret(by=seat, program_id=seat.program_id, expected_version=_UNSEEN).text)


def send_trial(_request: HttpRequest, seat: ProgramSeat) -> Nothing:
    try_webhook(by=seat, program_id=seat.program_id)
    return Nothing()


def end(_request: HttpRequest, seat: ProgramSeat) -> Nothing:
    end_webhook(by=seat, program_id=seat.program_id, expected_version=_UNSEEN)
    return Nothing()


def _webhook(found: WebhookView) -> WebhookTold:
    return WebhookTold(
        address=found.address,
        has_two_secrets=found.has_two_secrets,
        waiting=found.waiting,
        troubled_since=found.matter_since,
        notices=[_notice(one) for one in found.notices],
    )


def _notice(one: NoticeView) -> NoticeTold:
    return NoticeTold(
        id=one.id,
        type=one.kind.value,
        test_id=one.record_id,
        happened_at=one.happened_at,
        attempts=one.attempts,
        tried_at=one.tried_at,
        answer=one.answer_code,
        told_at=one.told_at,
    )


OWN_WEBHOOKS: tuple[Operation, ...] = (
    Operation(
        name="webhooks",
        path=WEBHOOKS,
        view=webhooks,
        asks=Right.MANAGE_WEBHOOKS,
        answers=WebhooksTold,
        summary="Tell where the program is told of changes, and how that goes",
    ),
    Operation(
        name="register_webhook",
        path=WEBHOOKS,
        view=register,
        asks=Right.MANAGE_WEBHOOKS,
        method="POST",
        body=WebhookAddress,
        answers=WebhookSecret,
        status=201,
        summary="Be told of changes at an address, by notices that a secret signs",
    ),
    Operation(
        name="move_webhook",
        path=f"{WEBHOOKS}/address",
        view=move,
        asks=Right.MANAGE_WEBHOOKS,
        method="POST",
        body=WebhookAddress,
        answers=Nothing,
        summary="Be told at another address from the next try on",
    ),
    Operation(
        name="turn_webhook_secret",
        path=f"{WEBHOOKS}/secret",
        view=turn,
        asks=Right.MANAGE_WEBHOOKS,
        method="POST",
        answers=WebhookSecret,
        summary="Replace the secret; the former one signs too for a week",
    ),
    Operation(
        name="try_webhook",
        path=f"{WEBHOOKS}/trial",
        view=send_trial,
        asks=Right.MANAGE_WEBHOOKS,
        method="POST",
        answers=Nothing,
        summary="Be sent a notice that tells of nothing",
    ),
    Operation(
        name="end_webhook",
        path=f"{WEBHOOKS}/end",
        view=end,
        asks=Right.MANAGE_WEBHOOKS,
        method="POST",
        answers=Nothing,
        summary="Be told nothing any more; what waits is not sent",
    ),
)
