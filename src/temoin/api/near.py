"""A refusal that tells who is a patient here is a look, and is told no further than the program may read."""

from __future__ import annotations

from temoin.patients.second_record import KnownNumberError, LikelyKnownError, note_shown
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat

TELLING = (LikelyKnownError, KnownNumberError)


def tell_no_further(seat: ProgramSeat, error: LikelyKnownError | KnownNumberError) -> None:
    """Record the look once the refused transaction is over; take the records' numbers away from who may read none."""
    note_shown(by=seat, candidates=error.candidates)
    if not has_right(by=seat, right=Right.READ_PATIENT):
        error.candidates = []
