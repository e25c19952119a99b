"""What is asked about webhooks: the owner's page, and counts for the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Program
from temoin.pharmacies.policies import Holder, check_own_program, check_right, has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.scopes import Scope, read_scopes
from temoin.pharmacies.states import ProgramState
from temoin.webhooks.models import Webhook, WebhookNotice
from temoin.webhooks.signing import good_secrets, version_of
from temoin.webhooks.states import ToldKind, WebhookState

SHOWN = 20


@dataclass(frozen=True)
class NoticeView:
    """A notice and its last try."""

    id: UUID
    kind: ToldKind
    record_id: UUID | None
    happened_at: datetime
    attempts: int
    tried_at: datetime | None
    answer_code: str
    told_at: datetime | None


@dataclass(frozen=True)
class WebhookView:
    """Where a program is told, and how that goes."""

    address: str
    has_two_secrets: bool
    matter_since: datetime | None
    waiting: int
    notices: list[NoticeView]
    version: str  # what a form carries of it


@dataclass(frozen=True)
class ToldProgram:
    """A program as the page of its webhook shows it; `webhook` is None where it is told nothing."""

    id: UUID
    name: str
    may_be_told: bool
    webhook: WebhookView | None


def read_webhook(*, by: Holder, program_id: UUID) -> ToldProgram:
    """Return a program and its webhook; NotFoundError for another pharmacy's, and another than who asks."""
    check_right(by=by, right=Right.MANAGE_WEBHOOKS)
    check_own_program(by=by, program_id=program_id)
    with tenant_scope(by.pharmacy_id):
        program = Program.objects.filter(id=program_id).first()
        if program is None:
            raise NotFoundError
        may = program.state == ProgramState.ACTIVE.value and Scope.TESTS_READ in read_scopes(program.scopes)
        may = may and has_right(by=by, right=Right.READ_TEST)
        active = Webhook.objects.filter(program_id=program_id, state=WebhookState.ACTIVE.value)
        return ToldProgram(program.id, program.name, may, next(iter(each_opened(active, _view)), None))


def programs_untold(*, by: Holder) -> set[UUID]:
    """Return the programs that have not taken their notices for a day."""
    check_right(by=by, right=Right.MANAGE_WEBHOOKS)
    with tenant_scope(by.pharmacy_id):
        failing = Webhook.objects.filter(state=WebhookState.ACTIVE.value, matter_since__isnull=False)
        return set(failing.values_list("program_id", flat=True))


def _view(webhook: Webhook) -> WebhookView:
    held = webhook.unseal()
    notices = WebhookNotice.objects.filter(webhook_id=webhook.id)
    return WebhookView(
        address=held["address"],
        has_two_secrets=len(good_secrets(held, now())) > 1,
        matter_since=webhook.matter_since,
        waiting=notices.filter(told_at__isnull=True).count(),
        notices=[_notice(one) for one in notices.order_by("-happened_at", "-id")[:SHOWN]],
        version=version_of(held),
    )


def _notice(one: WebhookNotice) -> NoticeView:
    kind = ToldKind(one.kind)
    return NoticeView(
        one.id, kind, one.record_id, one.happened_at, one.attempts, one.tried_at, one.answer_code, one.told_at
    )


_STANDING = """
SELECT count(*) FILTER (WHERE hook.matter_since IS NOT NULL), coalesce(sum(waiting.number), 0)
  FROM webhooks_webhook AS hook, LATERAL (
       SELECT count(*) AS number FROM webhooks_notice AS notice
        WHERE notice.pharmacy_id = hook.pharmacy_id AND notice.webhook_id = hook.id
          AND notice.told_at IS NULL) AS waiting
 WHERE hook.state = 'active'
"""


def webhook_standing() -> tuple[int, int]:
    """Return how many webhooks are a person's matter, and how many notices wait: of all pharmacies, for the worker."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        ((matters, waiting),) = cursor.fetchall()
    return int(matters), int(waiting)
