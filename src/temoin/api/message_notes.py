"""What a program is told of a message that was taken: what of it is not kept, and what was taken before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from temoin.formats.handed.hl7_orders import TestOrder
from temoin.formats.hl7v2.order_response import OrderAnswer
from temoin.formats.hl7v2.syntax import Segment
from temoin.intake.messages import OrdersTold, RowsTold
from temoin.intake.ordering import OrderDone
from temoin.intake.proposing import ProposedRow
from temoin.intake.resent import Void
from temoin.testing.sent import Stands

MOST: Final = 20  # a message may name things without end
_STANDING = {
    Stands.WAITS: gettext_lazy("Handed in before, and not proposed again: it waits for a signature."),
    Stands.PUT_ASIDE: gettext_lazy("Handed in before, and not proposed again: a person put it aside."),
    Stands.SIGNED: gettext_lazy("Handed in before, and not proposed again: it is signed."),
    Stands.CANCELLED: gettext_lazy("Handed in before, and not proposed again: it was cancelled."),
    Stands.ENDED: gettext_lazy("Handed in before, and not proposed again: its test ended without a result."),
}
_VOID = {
    Void.PROPOSED: gettext_lazy("It is signed: its cancellation is proposed, which a pharmacist signs or refuses."),
    Void.TAKEN_BACK: gettext_lazy("Nobody had signed it: it is taken back."),
}


# HL7 tables 0119 and 0038.
NEW_DONE, CANCEL_DONE = "OK", "CR"
_STATUS = {
    Stands.WAITS: "IP",
    Stands.PUT_ASIDE: "SC",
    Stands.SIGNED: "CM",
    Stands.CANCELLED: "CA",
    Stands.ENDED: "CA",
}


@dataclass(frozen=True, slots=True)
class MessageNote:
    """One thing to know: a place in the message or "", words without any value, and whether something is left out."""

    place: str
    words: str
    is_warning: bool = True


def notes_of(read: RowsTold, done: Iterable[ProposedRow] = ()) -> list[MessageNote]:
    """Return what is told of a message beside that it was taken, the first of each where there is too much."""
    told = [(one, _STANDING[one.again] if one.again else _VOID[one.void] if one.void else "") for one in done]
    again = [
        MessageNote(one.row.written.get("accession_number", ""), str(words), is_warning=False)
        for one, words in told
        if words
    ]
    return [*_bounded(again), *_bounded(_left_out(read))]


def notes_of_orders(read: OrdersTold, done: Iterable[OrderDone]) -> list[MessageNote]:
    """Return what is told of orders beside that they were taken."""
    known = [_ordered_before(one.order, one.again) for one in done if one.again]
    return [*_bounded(known), *_bounded(_left_out(read))]


def order_answer(done: OrderDone, people: Sequence[Segment]) -> OrderAnswer:
    """Return what the response says of an order: that it is done, and how its test stands."""
    order = done.order
    person = next((one for one in reversed(people) if one.line < order.row), None)
    control, status = (NEW_DONE, "SC") if order.is_new else (CANCEL_DONE, "CA")
    test = str(done.test_id) if done.test_id else ""
    return OrderAnswer(control, _STATUS[done.again] if done.again else status, order.number, test, person)


def _ordered_before(order: TestOrder, stands: Stands) -> MessageNote:
    """Return what is told of an order that came again: whoever reads no more than AA would await its test."""
    is_closed = order.is_new and stands in {Stands.ENDED, Stands.CANCELLED}
    words = _("This order was done before: nothing was done again.")
    if is_closed:
        words = _("This order was done before, and its test is closed: a new order needs a number of its own.")
    return MessageNote(order.written.get("accession_number", ""), words, is_warning=is_closed)


def _left_out(read: RowsTold | OrdersTold) -> list[MessageNote]:
    unread = [MessageNote(name, _("Not read: %(columns)s.") % {"columns": name}) for name in read.unread]
    return unread + [MessageNote(name, _("Not kept: %(columns)s.") % {"columns": name}) for name in read.not_kept]


def _bounded(notes: list[MessageNote]) -> Iterator[MessageNote]:
    yield from notes[:MOST]
    if more := notes[MOST:]:
        yield MessageNote("", _("And %(count)d more of this.") % {"count": len(more)}, more[0].is_warning)
