"""The one writer of attempts: what a destination told, made fit to keep, and beside it both sides as they were."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from temoin.lib.commit import Commit
from temoin.lib.ids import timed_id
from temoin.outbox.courier import Answer
from temoin.outbox.kept import pack
from temoin.outbox.models import Attempt, Sides

LONGEST_DETAIL = 4000  # characters


def add_attempt(
    commit: Commit, *, pharmacy_id: UUID, parcel_id: UUID, number: int, at: datetime, answer: Answer
) -> None:
    """Add one try with a parcel of the pharmacy in scope to a commit; nothing in the answer makes it raise."""
    place = {"pharmacy_id": pharmacy_id, "id": timed_id(), "parcel_id": parcel_id, "at": at}
    attempt = Attempt(**place, number=number, verdict=answer.verdict.value)
    receipt = {_text(name): _text(value) for name, value in answer.receipt.items()}
    attempt.seal({"code": _text(answer.code), "receipt": receipt})
    commit.insert(attempt)
    if answer.detail or answer.sent or answer.came:
        sides = Sides(**place)
        sides.seal(_both_sides(answer))
        commit.insert(sides)


def _both_sides(answer: Answer) -> dict[str, str]:
    return {
        "detail": _text(answer.detail),
        "sent": pack(answer.sent),
        "came": pack(answer.came, like=answer.sent),
    }


def _text(value: object) -> str:
    """Return what a destination wrote as text that can be sealed: it may send anything, also what is no text."""
    text = str(value) if isinstance(value, str | int) else ""  # an identifier that is an object is none
    return text[:LONGEST_DETAIL].encode(errors="replace").decode()
