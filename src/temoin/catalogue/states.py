"""What can become of a lot of kits."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.lifecycle import Lifecycle


class LotState(StrEnum):
    """Where a lot stands; whether it may be used depends on its expiry too: see `usable`."""

    RECEIVED = "received"
    OPEN = "open"
    CLOSED = "closed"
    RECALLED = "recalled"


L = LotState

LOT = Lifecycle(
    "lot",
    LotState,
    L.RECEIVED,
    {
        "open": ({L.RECEIVED, L.CLOSED}, L.OPEN),
        "close": ({L.RECEIVED, L.OPEN}, L.CLOSED),
        "recall": ({L.RECEIVED, L.OPEN, L.CLOSED}, L.RECALLED),
        "lift": ({L.RECALLED}, L.CLOSED),
    },
)

IN_USE = (L.RECEIVED, L.OPEN)
