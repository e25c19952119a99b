"""Telling a program at an address of its own: registering, moving, turning its secret, trying, ending. One act each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, NotFoundError, refuse
from temoin.lib.ids import new_id
from temoin.lib.typed import typed_line
from temoin.pharmacies.models import Program
from temoin.pharmacies.notices import NoticeKind, owners_at_work, post_notice
from temoin.pharmacies.policies import Holder, check_own_program, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.scopes import Scope, read_scopes
from temoin.pharmacies.states import ProgramState
from temoin.webhooks.addresses import AddressRefusedError, read_target
from temoin.webhooks.models import Webhook, WebhookNotice
from temoin.webhooks.settings import OUTSIDE
from temoin.webhooks.signing import good_secrets, new_secret, version_of
from temoin.webhooks.states import ToldKind, WebhookState

_ONCE_A_DAY = 24 * 60 * 60
_FORMER = 2  # secrets that are kept beside the newest
BOTH_SECRETS = timedelta(days=7)  # after a turning: room for a program that is set up by hand


@dataclass(frozen=True)
class ShownSecret:
    """A secret as the person who asked for it receives it, once."""

    text: str = field(repr=False)


def register_webhook(*, by: Holder, program_id: UUID, address: str) -> ShownSecret:
    """Have a program told at an address; it may read tests already, so it learns nothing that it could not ask.

    A program with the scope has itself told, and no other: NotFoundError, and likewise for all that follows here.
    """
    check_right(by=by, right=Right.MANAGE_WEBHOOKS)
    address, moment, secret = _checked(address), now(), new_secret()
    webhook = Webhook(
        pharmacy_id=by.pharmacy_id, id=new_id(), program_id=program_id, started_at=moment, gathered_to=moment
    )
    with act(
        by=by, kind=EventKind.WEBHOOK_REGISTERED, subject_kind="program", subject_id=program_id, detail=str(webhook.id)
    ) as commit:
        _check_may_be_told(by, program_id)
        _tell_owners(by)
        webhook.seal({"address": address, "secret": secret, "former": "", "former_until": ""})
        commit.insert(webhook)
    return ShownSecret(secret)


def move_webhook(*, by: Holder, program_id: UUID, address: str, expected_version: str | None) -> None:
    """Have a program told elsewhere from the next try on; the secret stays.

    `expected_version` is that of the webhook that the person saw, None where nobody looked: ConflictError for another,
    as by a second press or from an old page. Likewise for turning the secret, and for the end.
    """
    check_right(by=by, right=Right.MANAGE_WEBHOOKS)
    address = _checked(address)
    with act(by=by, kind=EventKind.WEBHOOK_MOVED, subject_kind="program", subject_id=program_id) as commit:
        webhook = _changed(by, program_id, expected_version)
        _tell_owners(by)
        commit.reseal(webhook, {**webhook.unseal(), "address": address})


def turn_secret(*, by: Holder, program_id: UUID, expected_version: str | None) -> ShownSecret:
    """Give a webhook another secret; each notice bears a signature by the former one too for BOTH_SECRETS.

    Of two turnings close to each other, the program may still hold the secret from before the first.
    """
    check_right(by=by, right=Right.MANAGE_WEBHOOKS)
    secret = new_secret()
    with act(by=by, kind=EventKind.WEBHOOK_SECRET_TURNED, subject_kind="program", subject_id=program_id) as commit:
        webhook = _changed(by, program_id, expected_version)
        held, moment = webhook.unseal(), now()
        former, until = " ".join(good_secrets(held, moment)[:_FORMER]), (moment + BOTH_SECRETS).isoformat()
        commit.reseal(webhook, {**held, "secret": secret, "former": former, "former_until": until})
    return ShownSecret(secret)


def end_webhook(*, by: Holder, program_id: UUID, expected_version: str | None) -> None:
    """Tell a program nothing any more; what waits is not sent."""
    check_right(by=by, right=Right.MANAGE_WEBHOOKS)
    with act(by=by, kind=EventKind.WEBHOOK_ENDED, subject_kind="program", subject_id=program_id) as commit:
        check_own_program(by=by, program_id=program_id)
        commit.move_sealed(_seen(_active(program_id), expected_version), "end")


def try_webhook(*, by: Holder, program_id: UUID) -> None:
    """Leave a notice for the worker that tells of nothing."""
    check_right(by=by, right=Right.MANAGE_WEBHOOKS)
    number, moment = new_id(), now()
    with act(by=by, kind=EventKind.WEBHOOK_TRIED, subject_kind="program", subject_id=program_id) as commit:
        commit.insert(
            WebhookNotice(
                pharmacy_id=by.pharmacy_id,
                id=number,
                webhook_id=_changed(by, program_id, None).id,
                kind=ToldKind.TRIAL.value,
                source_id=number,
                happened_at=moment,
                due_at=moment,
            )
        )


def _checked(address: str) -> str:
    address = typed_line("address", address, of="Webhook")
    try:
        read_target(address, OUTSIDE())
    except AddressRefusedError:
        advice = _("Give an address that begins with https:// and that can be reached from the internet.")
        raise refuse("address", "malformed", advice) from None
    return address


def _tell_owners(by: Holder) -> None:
    """Write to the owners, once a day, that a program said itself where it is told: its key may be in other hands."""
    if isinstance(by, ProgramSeat) and cache.add(f"readdressed {by.program_id}", value=True, timeout=_ONCE_A_DAY):
        for owner in owners_at_work(by.pharmacy_id):
            post_notice(person_id=owner, kind=NoticeKind.PROGRAM_READDRESSED)


def _check_may_be_told(by: Holder, program_id: UUID) -> None:
    check_own_program(by=by, program_id=program_id)
    program = Program.objects.filter(id=program_id).first()
    if program is None:
        raise NotFoundError
    check_right(by=by, right=Right.READ_TEST)  # nobody has a program told what they may not read
    if program.state != ProgramState.ACTIVE.value or Scope.TESTS_READ not in read_scopes(program.scopes):
        raise ConflictError("revoked, or without the scope to read tests")


def _changed(by: Holder, program_id: UUID, expected_version: str | None) -> Webhook:
    found = _seen(_active(program_id), expected_version)
    _check_may_be_told(by, program_id)
    return found


def _seen(webhook: Webhook, expected_version: str | None) -> Webhook:
    if expected_version not in {None, version_of(webhook.unseal())}:
        raise ConflictError("this is not what the person saw")
    return webhook


def _active(program_id: UUID) -> Webhook:
    found: Webhook | None = Webhook.objects.filter(program_id=program_id, state=WebhookState.ACTIVE.value).first()
    if found is None:
        raise NotFoundError
    return found
