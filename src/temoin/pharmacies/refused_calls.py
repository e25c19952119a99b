"""Calls of programs that were refused: the journal of the pharmacy is told, and no flood fills it.

The first refusal of a kind in a day is an event, then the tenth, the hundredth and so on, each with how many there
were: whoever calls a million times writes seven lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast
from uuid import UUID

from django.core.cache import cache

from temoin.journal.act import HouseActor, act, record_denial
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Pharmacy, Program
from temoin.pharmacies.policies import Holder
from temoin.pharmacies.token_pace import Counting

DAY = 24 * 60 * 60  # seconds
SHOWN = timedelta(days=30)


class RefusedFor(StrEnum):
    """What was wrong with a call."""

    ASSERTION = "assertion"  # no proof of the program's key, or one shown before
    SCOPE = "scope"  # proved, and asked for more than it was given
    CERTIFICATE = "certificate"  # of a line: of another key, or of a program that was revoked
    TOKEN = "token"  # noqa: S105 none that the pharmacy gave, of another certificate, or of a program that was revoked


@dataclass(frozen=True)
class Refusals:
    """What the journal says of a program's refused calls of one kind on its latest such day."""

    why: RefusedFor
    count: int  # there were at least so many
    at: datetime


def note_refused_program(*, client_id: str, why: RefusedFor) -> None:
    """Count a refusal of the program that a caller names, unproved; a name that is nobody's is forgotten."""
    try:
        pharmacy_id, program_id = (UUID(part) for part in client_id.split("."))
    except ValueError:
        return
    _note(pharmacy_id, program_id, why)


def note_refused_token(*, pharmacy_id: UUID, program_id: UUID | None) -> None:
    """Count a token that let nobody in, of a pharmacy that it names, and of a program where that is known."""
    _note(pharmacy_id, program_id, RefusedFor.TOKEN)


def note_denied_call(*, by: Holder, right: str) -> None:
    """Record that a program asked for what its token has no scope for."""
    if _worth_telling(f"denied {by.actor_id} {right}"):
        record_denial(by=by, right=right)


def refusals_of(program_ids: Iterable[UUID]) -> Mapping[UUID, list[Refusals]]:
    """Return what the journal of the pharmacy in scope says of programs in the last days, the latest first."""
    events = Event.objects.filter(
        kind=EventKind.PROGRAM_REFUSED.value, subject_id__in=list(program_ids), at__gt=now() - SHOWN
    )
    found: dict[UUID, dict[RefusedFor, Refusals]] = {}
    for subject_id, detail, at in events.order_by("-at").values_list("subject_id", "detail", "at"):
        why, _space, count = detail.partition(" ")
        found.setdefault(subject_id, {}).setdefault(RefusedFor(why), Refusals(RefusedFor(why), int(count), at))
    return {subject_id: list(each.values()) for subject_id, each in found.items()}


def _note(pharmacy_id: UUID, program_id: UUID | None, why: RefusedFor) -> None:
    if not _is_known(pharmacy_id, program_id):
        return
    count = _worth_telling(f"refused {pharmacy_id} {program_id} {why}")
    if count:
        by, detail = HouseActor(pharmacy_id, "api"), f"{why} {count}"
        with act(by=by, kind=EventKind.PROGRAM_REFUSED, subject_kind="program", subject_id=program_id, detail=detail):
            pass


def _is_known(pharmacy_id: UUID, program_id: UUID | None) -> bool:
    with tenant_scope(pharmacy_id):
        if program_id is None:
            return bool(Pharmacy.objects.filter(id=pharmacy_id).exists())
        return bool(Program.objects.filter(id=program_id).exists())


def _worth_telling(key: str) -> int:
    """Count one more of a day and return how many there are; 0 when that is no power of ten."""
    count = cast("Counting", cache).count(key, DAY)
    return count if str(count).strip("0") == "1" else 0
