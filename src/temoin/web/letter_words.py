"""The words for what the patient may know of a result: letters, and what was told at the counter or by telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from temoin.delivery.letters import Knowledge, LetterFate, LetterView, read_knowledge
from temoin.delivery.telling import TakenBack, Telling, ToldBy
from temoin.delivery.unknowing import Because
from temoin.lib.errors import NotFoundError
from temoin.lib.phones import phone_as_said
from temoin.patients.traits import EMAIL, SMS, Traits
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import TestView
from temoin.testing.reaching import lost_way, ways_to_patient
from temoin.testing.report import COUNTER
from temoin.web.wording import Mark, Words

FATE: dict[LetterFate, Mark] = {
    LetterFate.UNSENT: Mark("busy", "…", _("Message not sent yet")),
    LetterFate.RETURNED: Mark("warn", "!", _("Message refused or returned")),
    LetterFate.UNOPENED: Mark("busy", "…", _("Not opened yet")),
    LetterFate.OPENED: Mark("done", "✓", _("Opened")),
    LetterFate.LOCKED: Mark("warn", "!", _("Locked")),
    LetterFate.EXPIRED: Mark("warn", "!", _("Expired, never opened")),
    LetterFate.REPLACED: Mark("over", "–", _("Replaced")),
}
REMEDY: dict[LetterFate, Words] = {
    LetterFate.RETURNED: _("The patient cannot have read it: call, or check the address and send again."),
    LetterFate.LOCKED: _("Five wrong codes were typed: give the patient a new ticket, or print the result."),
    LetterFate.EXPIRED: _("Call the patient, give a new ticket, or print the result."),
}
TOLD: dict[str, Words] = {ToldBy.PHONE: _("Told by telephone"), ToldBy.PAPER: _("Handed over on paper")}
TAKEN_BACK: dict[TakenBack, Words] = {
    TakenBack.SLIP: _("a slip: nobody was told"),
    TakenBack.NOT_REACHED: _("somebody else was reached than the patient"),
    TakenBack.WRONG_WORDS: _("something else was said or handed over"),
}
BECAUSE: dict[Because, Words] = {
    Because.UNOPENED: _("The letter was not opened within a day."),
    Because.LOCKED: _("The letter is locked: five wrong codes."),
    Because.EXPIRED: _("The letter expired, and nobody opened it."),
    Because.RETURNED: _("The message was refused or came back."),
    Because.UNSENT: _("The message has not left for a day."),
    Because.NO_MESSAGE: _("No message could leave: the patient wants paper, or there is nowhere to write to."),
}

_OR_ASK = _("Print this result, or ask the patient and change the record first.")
# Of a way that the patient wants and that leads nowhere: no other is taken in its place.
LOST: dict[str, Words] = {
    EMAIL: _("The patient wants results by e-mail, and the record has no address: nothing will be sent."),
    SMS: _("The patient wants results by text message, and none can reach this number: nothing will be sent."),
}


@dataclass(frozen=True)
class LetterLine:
    """One letter on a page."""

    version: int
    mark: Mark
    opened_at: datetime | None
    good_until: datetime | None
    remedy: Words
    certified_until: date | None
    is_revoked: bool  # the certificate: a letter that ended takes it along


AGAIN = {EMAIL: _("Send a new link by e-mail"), SMS: _("Send a new link by text message")}


@dataclass(frozen=True)
class ToldLine:
    """One time that the patient was told."""

    telling: Telling
    words: Words
    taken_back: Words

    @property
    def stands(self) -> bool:
        """Tell whether nobody took it back."""
        return self.telling.taken_back_at is None


@dataclass(frozen=True)
class AgainLine:
    """A way by which a new link may be sent."""

    way: str
    words: Words
    address: str


def knowledge_context(seat: Seat, test: TestView) -> dict[str, object]:
    """Return what the panel of the patient's knowledge shows."""
    known = read_knowledge(by=seat, record_id=test.id)
    letters, told = list(map(_letter, known.letters)), list(map(told_line, known.told))
    again = [] if _is_on_its_way(known) or test.source != COUNTER else _again(test.traits)
    knows_nothing = not letters and not told
    lost = lost_words(test.traits, test.source) if knows_nothing else ""
    return {"letters": letters, "told": told, "knows_nothing": knows_nothing, "lost_way": lost} | {
        "again": again,
        "newest_link": known.newest_link,
    }


def lost_words(traits: Traits, source: str) -> Words:
    """Return that the patient's own way leads nowhere, "" where it does not; a file's patient is never written to."""
    way = lost_way(traits) if source == COUNTER else ""
    return format_lazy("{} {}", LOST[way], _OR_ASK) if way else ""


def _is_on_its_way(known: Knowledge) -> bool:
    return bool(known.letters) and known.letters[-1].fate is LetterFate.UNSENT


def _again(traits: Traits) -> list[AgainLine]:
    addresses = {EMAIL: traits.email, SMS: phone_as_said(traits.phone)}
    return [AgainLine(way, AGAIN[way], addresses[way]) for way in ways_to_patient(traits)]


def told_line(telling: Telling) -> ToldLine:
    """Return one time that the patient was told, in words."""
    words = TAKEN_BACK[TakenBack(telling.taken_back)] if telling.taken_back else ""
    return ToldLine(telling, TOLD.get(telling.way, telling.way), words)


def told_of(seat: Seat, record_id: UUID, telling_id: UUID) -> ToldLine:
    """Return one time that the patient of a result was told; NotFoundError."""
    for telling in read_knowledge(by=seat, record_id=record_id).told:
        if telling.id == telling_id:
            return told_line(telling)
    raise NotFoundError


def _letter(view: LetterView) -> LetterLine:
    is_waiting = view.fate in {LetterFate.UNOPENED, LetterFate.UNSENT}
    return LetterLine(
        version=view.version,
        mark=FATE[view.fate],
        opened_at=view.opened_at,
        good_until=view.expires_at if is_waiting else None,
        remedy=REMEDY.get(view.fate, ""),
        certified_until=view.certified_until,
        is_revoked=view.fate is LetterFate.REPLACED,
    )
