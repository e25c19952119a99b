"""What somebody can do about one sending: each way is offered where it makes sense and is theirs to take."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.oversight.work_list import Sending
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.web.wording import ParcelLine, goes_to_an_address


@dataclass(frozen=True, kw_only=True)
class Ways:
    is_overtaken: bool  # a newer version goes there: nothing but to withdraw this one is left
    sends_again: bool
    mends_address: bool  # the patient's address, then again: no result is corrected for that
    mends_result: bool  # the patient's record, then the result
    withdraws: bool
    opens_answers: bool


def ways_of(seat: Seat, sending: Sending, line: ParcelLine) -> Ways:
    by_address = goes_to_an_address(sending.view.destination)
    is_overtaken = sending.is_overtaken and line.is_refused
    mends = line.is_refused and sending.can_correct and Right.CORRECT_RESULT in seat.rights
    return Ways(
        is_overtaken=is_overtaken,
        sends_again=line.sends_again and not by_address and not is_overtaken,
        mends_address=line.sends_again and by_address and not sending.is_overtaken,
        mends_result=mends and not by_address,
        withdraws=line.is_refused and Right.WITHDRAW_PARCEL in seat.rights,
        opens_answers=line.releases and bool(sending.attempts),
    )
