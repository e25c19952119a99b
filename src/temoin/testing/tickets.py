"""The counter ticket: its code, which the patient takes home, and the key that it gives the letters of its record."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from temoin.crypto.letter import draw_code, draw_salt, stretch
from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.queries import events_about
from temoin.lib.clock import coarse, now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.outbox.queries import newest_link
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record, Ticket, code_index


def new_ticket(pharmacy_id: UUID, record_id: UUID, code: str = "", *, is_stretched: bool = True) -> Ticket:
    """Make a record's ticket, with the code that the patient has already where one is given.

    The key of one that is not stretched yet is made of the code when it is first asked for, or when the code goes: of
    thousands that come at once it would take most of the time.
    """
    drawn, moment = _drawn(code, is_stretched=is_stretched), coarse(now())
    index = code_index(drawn["code"])
    ticket = Ticket(pharmacy_id=pharmacy_id, id=new_id(), record_id=record_id, drawn_at=moment, code_index=index)
    ticket.seal(drawn)
    return ticket


def renew_code(commit: Commit, ticket: Ticket) -> None:
    """Add to an act that a ticket has another code; the former one opens no letter sealed from now on."""
    drawn = _drawn()
    commit.reseal(ticket, drawn, has_code=True, drawn_at=coarse(now()), code_index=code_index(drawn["code"]))


def _drawn(code: str = "", *, is_stretched: bool = True) -> dict[str, str]:
    code, salt = code or draw_code(), draw_salt()
    return {"code": code, "salt": salt.hex(), "key": stretch(code, salt).hex() if is_stretched else ""}


def _key_of(held: Mapping[str, str]) -> bytes:
    return bytes.fromhex(held["key"]) or stretch(held["code"], bytes.fromhex(held["salt"]))


def read_ticket(*, by: Seat, record_id: UUID) -> str:
    """Return the code of the counter ticket; NotFoundError where there is none, or none any more."""
    check_right(by=by, right=Right.REGISTER_TEST)
    with tenant_scope(by.pharmacy_id):
        ticket = ticket_in_scope(record_id)
        if not ticket.has_code:
            raise NotFoundError
        record_look(by=by, kind=EventKind.TICKET_PRINTED, subject_kind="record", subject_id=record_id)
        return str(ticket.unseal()["code"])


def has_ticket(*, by: Holder, record_id: UUID) -> bool:
    """Tell whether the code is still there to be printed: no patient data, as with `read_parcels`."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        if not Record.objects.filter(id=record_id).exists():
            raise NotFoundError
        return has_code(record_id)


def link_shown(*, by: Holder, record_id: UUID) -> str:
    """Return the number of the last link to a result, by which a form says what it was shown; "" for none."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return newest_link(record_id)


def ticket_waits(*, by: Holder, record_id: UUID) -> bool:
    """Tell whether the code is there and nobody ever had it shown: a signature would send it off unseen."""
    if not has_ticket(by=by, record_id=record_id):
        return False
    with tenant_scope(by.pharmacy_id):
        had = [EventKind.TICKET_PRINTED.value, EventKind.ARRIVAL_ACCEPTED.value]  # on paper, or on their own telephone
        return not events_about([record_id], had)


def has_code(record_id: UUID) -> bool:
    """Tell whether a record of the pharmacy in scope still has its code."""
    return bool(Ticket.objects.filter(record_id=record_id, has_code=True).exists())


def has_key(record_id: UUID) -> bool:
    """Tell whether letters can be sealed for the patient of a record of the pharmacy in scope."""
    return bool(Ticket.objects.filter(record_id=record_id).exists())


def code_key(record_id: UUID) -> tuple[bytes, bytes]:
    """Return the salt and the key of the letters of a record, for the act that seals one; NotFoundError."""
    opened = ticket_in_scope(record_id).unseal()
    return bytes.fromhex(opened["salt"]), _key_of(opened)


def destroy_code(commit: Commit, record_id: UUID, seen: bytes) -> None:
    """Add to an act that the code in this sealed value is forgotten; its key goes on sealing the letters of the record.

    ConflictError when the ticket was sealed anew meanwhile: a code drawn since may not be printed yet.
    """
    ticket = ticket_in_scope(record_id)
    if bytes(ticket.sealed) != seen:
        raise ConflictError("the ticket was sealed anew meanwhile")
    held = ticket.unseal()
    commit.reseal(ticket, held | {"code": "", "key": _key_of(held).hex()}, has_code=False, code_index=None)


def ticket_in_scope(record_id: UUID) -> Ticket:
    """Return the record's ticket for an act that records its own event."""
    ticket: Ticket | None = Ticket.objects.filter(record_id=record_id).first()
    if ticket is None:
        raise NotFoundError
    return ticket
