"""Short messages to persons who work in a pharmacy: posted with the act that calls for one, written by the worker."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Member, StaffNotice
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import today


class NoticeKind(StrEnum):
    """What a person is told by mail; the message has no name in it, and leads to the site."""

    FACTORS_RESET = "factors_reset"
    FACTORS_RECOVERED = "factors_recovered"
    FAILED_TRIES = "failed_tries"
    APPROVAL_ASKED = "approval_asked"
    PROGRAM_STOPPED = "program_stopped"
    PROGRAM_UNTOLD = "program_untold"
    PROGRAM_READDRESSED = "program_readdressed"


def post_notice(*, person_id: UUID, kind: NoticeKind, count: int = 0) -> None:
    """Leave a message for the worker, in the transaction of what it tells."""
    StaffNotice.objects.bulk_create([StaffNotice(person_id=person_id, kind=kind.value, count=count, posted_at=now())])


def owners_at_work(pharmacy_id: UUID, *, but: UUID | None = None) -> list[UUID]:
    """Return the persons who own a pharmacy and work there; `but` is the member whom a message is about."""
    return _at_work(pharmacy_id, but, profession=Profession.TITULAIRE.value)


def team_at_work(pharmacy_id: UUID, *, but: UUID | None = None) -> list[UUID]:
    """Return everybody who works in a pharmacy: for a message that no owner may or can have."""
    return _at_work(pharmacy_id, but)


def _at_work(pharmacy_id: UUID, but: UUID | None, **only: str) -> list[UUID]:
    with tenant_scope(pharmacy_id):
        members = Member.objects.filter(is_active=True, **only).exclude(last_day__lt=today(pharmacy_id))
        members = members if but is None else members.exclude(id=but)
        return list(members.values_list("person_id", flat=True))
