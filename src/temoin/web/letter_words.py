"""The words for what the patient may know of a result: letters, and what was told at the counter or by telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.delivery.letters import LetterFate, LetterView, ToldBy, read_knowledge
from temoin.journal.queries import EventRow
from temoin.pharmacies.seat import Seat
from temoin.web.wording import Mark, Words

FATE: dict[LetterFate, Mark] = {
    LetterFate.UNOPENED: Mark("busy", "…", _("Not opened yet")),
    LetterFate.OPENED: Mark("done", "✓", _("Opened")),
    LetterFate.LOCKED: Mark("warn", "!", _("Locked")),
    LetterFate.EXPIRED: Mark("warn", "!", _("Expired, never opened")),
    LetterFate.REPLACED: Mark("over", "–", _("Replaced")),
}
REMEDY: dict[LetterFate, Words] = {
    LetterFate.LOCKED: _("Five wrong codes were typed: give the patient a new ticket, or print the result."),
    LetterFate.EXPIRED: _("Call the patient, give a new ticket, or print the result."),
}
TOLD: dict[str, Words] = {ToldBy.PHONE: _("Told by telephone"), ToldBy.PAPER: _("Handed over on paper")}


@dataclass(frozen=True)
class LetterLine:
    """One letter on a page."""

    version: int
    mark: Mark
    opened_at: datetime | None
    good_until: datetime | None
    remedy: Words


@dataclass(frozen=True)
class ToldLine:
    """One time that the patient was told."""

    at: datetime
    version: str
    words: Words


def knowledge_context(seat: Seat, record_id: UUID) -> dict[str, object]:
    """Return what the panel of the patient's knowledge shows."""
    known = read_knowledge(by=seat, record_id=record_id)
    letters, told = list(map(_letter, known.letters)), list(map(_told, known.told))
    return {"letters": letters, "told": told, "knows_nothing": not letters and not told}


def _letter(view: LetterView) -> LetterLine:
    return LetterLine(
        version=view.version,
        mark=FATE[view.fate],
        opened_at=view.opened_at,
        good_until=view.expires_at if view.fate is LetterFate.UNOPENED else None,
        remedy=REMEDY.get(view.fate, ""),
    )


def _told(event: EventRow) -> ToldLine:
    version, _space, way = event.detail.partition(" ")
    return ToldLine(event.at, version, TOLD.get(way, way))
