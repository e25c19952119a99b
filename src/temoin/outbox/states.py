"""What can become of a parcel."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.lifecycle import Lifecycle


class ParcelState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


S = ParcelState

PARCEL = Lifecycle(
    "parcel",
    ParcelState,
    S.WAITING,
    {
        "claim": ({S.WAITING}, S.SENDING),
        "accept": ({S.SENDING, S.IN_DOUBT}, S.ACCEPTED),
        "refuse": ({S.SENDING, S.IN_DOUBT}, S.REFUSED),
        "postpone": (
            {S.SENDING, S.IN_DOUBT},
            S.WAITING,
        ),  # surely not there: not sent, or the authority says unknown
        "doubt": ({S.SENDING, S.IN_DOUBT}, S.IN_DOUBT),
        "return": ({S.ACCEPTED}, S.REFUSED),  # a notice that came later: what was taken could not be delivered
        "release": ({S.REFUSED}, S.WAITING),  # a person mended the cause
        "replace": (
            {S.WAITING, S.SENDING, S.IN_DOUBT, S.REFUSED},
            S.REPLACED,
        ),  # a newer version makes this one pointless
        "prove": ({S.WAITING, S.IN_DOUBT}, S.ACCEPTED),  # the destination shows that it holds it
        "resend": ({S.ACCEPTED}, S.WAITING),  # the destination does not hold it, whatever it answered
        "withdraw": ({S.REFUSED}, S.WITHDRAWN),  # a person decided that it need not arrive
    },
)

# Nothing more will happen to these by themselves; the next version of the same result may pass.
SETTLED = frozenset({S.ACCEPTED, S.REFUSED, S.REPLACED, S.WITHDRAWN})
# What a person may have to look at: still to arrive, or refused. The work list reads these and nothing else.
OPEN = frozenset({S.WAITING, S.SENDING, S.IN_DOUBT, S.REFUSED})


class Withdrawal(StrEnum):
    """Why a person takes a refused parcel off the list. A closed list: the journal keeps it in clear."""

    TOLD_OTHERWISE = "told_otherwise"  # by the authority's own page, by telephone
    NOT_DUE = "not_due"  # this receiver does not take this test, or this result
    CANCELLED = "cancelled"  # the result is void, and this receiver never had it
    NOT_REAL = "not_real"  # training, or a demonstration
