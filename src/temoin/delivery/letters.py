"""What became of the letters of a result, and whether its patient was told by other means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from temoin.certificates.standing import last_days
from temoin.delivery.letter_box import REPLACED
from temoin.delivery.models import Letter, LetterState
from temoin.delivery.telling import Telling, tellings_of
from temoin.journal.events import EventKind
from temoin.journal.queries import events_about
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.outbox.channel import Audience
from temoin.outbox.open_channels import names_of
from temoin.outbox.queries import ends_of, newest_link
from temoin.outbox.states import ParcelState
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.queries import record_in_scope


class LetterFate(StrEnum):
    """Where a letter stands."""

    UNSENT = "unsent"  # its message has not left yet
    RETURNED = "returned"  # its message was refused, or came back
    UNOPENED = "unopened"
    OPENED = "opened"
    LOCKED = "locked"  # its tries are used up
    EXPIRED = "expired"  # and nobody opened it
    REPLACED = "replaced"


# What became of a message that the patient cannot have read, whatever the letter says.
UNDELIVERED = {
    ParcelState.WAITING: LetterFate.UNSENT,
    ParcelState.SENDING: LetterFate.UNSENT,
    ParcelState.IN_DOUBT: LetterFate.UNSENT,
    ParcelState.REFUSED: LetterFate.RETURNED,
    ParcelState.WITHDRAWN: LetterFate.RETURNED,
}


@dataclass(frozen=True)
class LetterView:
    """One letter of a result."""

    version: int
    fate: LetterFate
    expires_at: datetime
    opened_at: datetime | None  # the first time
    certified_until: date | None = None  # the last day of the certificate inside it; None: it has none


@dataclass(frozen=True)
class Knowledge:
    """What the patient of a result may know of it: the letters in order, and each time that somebody told them."""

    letters: list[LetterView]
    told: list[Telling]
    newest_link: str  # the last parcel that brings a link, "" for none


def read_knowledge(*, by: Holder, record_id: UUID) -> Knowledge:
    """Return what the patient may know: states and times, no patient data; NotFoundError."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        record_in_scope(record_id)
        return Knowledge(letters_of(record_id), tellings_of([record_id]), newest_link(record_id))


def opened_versions(record_id: UUID) -> set[int]:
    """Return the versions of a record whose letter was opened."""
    return set(Letter.objects.filter(record_id=record_id, opened_count__gt=0).values_list("version", flat=True))


def letters_of(record_id: UUID) -> list[LetterView]:
    """Return the letters of a record in scope, in order."""
    found = Letter.objects.filter(record_id=record_id).order_by("version", "expires_at")
    columns = "id", "certificate_id", "version", "state", "tries_left", "opened_count", "expires_at"
    rows = list(found.values_list(*columns))
    opened: dict[UUID | None, datetime] = {}
    for event in events_about([row[0] for row in rows], [EventKind.LETTER_OPENED.value]):
        if event.detail != REPLACED:
            opened.setdefault(event.subject_id, event.at)
    messages = _messages(record_id)
    certified = last_days(record_id)
    return [
        LetterView(
            version,
            _fate(standing, messages.get(version)),
            standing[-1],
            opened.get(letter_id),
            certified.get(certificate_id),
        )
        for letter_id, certificate_id, version, *standing in rows
    ]


def _messages(record_id: UUID) -> dict[int, ParcelState]:
    """Return, by version, where the last message with a link is."""
    return {
        sequence: state
        for destination, sequence, state in ends_of(record_id)
        if destination in names_of(Audience.PATIENT)
    }


def _fate(standing: Sequence[Any], message: ParcelState | None) -> LetterFate:
    """Tell where a letter stands: what its patient did says more than what became of its message."""
    state, tries_left, opened_count, expires_at = standing
    if state == LetterState.WITHDRAWN:
        return LetterFate.REPLACED
    if not tries_left:
        return LetterFate.LOCKED
    if opened_count:
        return LetterFate.OPENED
    if message in UNDELIVERED:
        return UNDELIVERED[message]
    return LetterFate.EXPIRED if expires_at <= now() else LetterFate.UNOPENED
