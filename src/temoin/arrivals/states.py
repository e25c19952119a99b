"""What can become of a form that a patient filled in, and of a poster."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.lifecycle import Lifecycle


class ArrivalState(StrEnum):
    """A form that was handed in: whoever was looked after leaves no content behind."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"  # an appointment, by its patient or by the pharmacy


ARRIVAL = Lifecycle(
    "arrival",
    ArrivalState,
    ArrivalState.WAITING,
    {
        "accept": ({ArrivalState.WAITING}, ArrivalState.ACCEPTED),
        "refuse": ({ArrivalState.WAITING}, ArrivalState.REFUSED),
        "cancel": ({ArrivalState.WAITING}, ArrivalState.CANCELLED),
    },
)


ONE_A_SEAT = "arrivals_arrival_seat"  # the constraint by which one of two who take a place gets it


class PosterState(StrEnum):
    """A poster opens the form as long as it stands."""

    STANDING = "standing"
    WITHDRAWN = "withdrawn"


POSTER = Lifecycle(
    "poster",
    PosterState,
    PosterState.STANDING,
    {"withdraw": ({PosterState.STANDING}, PosterState.WITHDRAWN)},
)
