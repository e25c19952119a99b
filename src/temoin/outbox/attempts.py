"""The one writer of attempts: what a destination told, made fit to keep, sealed beside what was sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from temoin.lib.ids import timed_id
from temoin.outbox.courier import Answer
from temoin.outbox.kept import pack
from temoin.outbox.models import Attempt

LONGEST_DETAIL = 4000  # characters


def attempt_row(*, pharmacy_id: UUID, parcel_id: UUID, number: int, at: datetime, answer: Answer) -> Attempt:
    """Return the row of one try with a parcel of the pharmacy in scope; nothing in the answer makes it raise."""
    attempt = Attempt(
        pharmacy_id=pharmacy_id,
        id=timed_id(),
        parcel_id=parcel_id,
        number=number,
        at=at,
        verdict=answer.verdict.value,
    )
    content = {
        "code": _text(answer.code),
        "detail": _text(answer.detail),
        "receipt": {_text(name): _text(value) for name, value in answer.receipt.items()},
        "sent": pack(answer.sent),
        "came": pack(answer.came, like=answer.sent),
    }
    attempt.seal(content)
    return attempt


def _text(value: object) -> str:
    """Return what a destination wrote as text that can be sealed: it may send anything, also what is no text."""
    text = str(value) if isinstance(value, str | int) else ""  # an identifier that is an object is none
    return text[:LONGEST_DETAIL].encode(errors="replace").decode()
