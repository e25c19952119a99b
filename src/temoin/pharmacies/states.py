"""The states of what a pharmacy hands out: invitations to its people, and access for its programs."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.lifecycle import Lifecycle


class InvitationState(StrEnum):
    """Where an invitation stands; an open one also ends with time."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


_I = InvitationState
INVITATION = Lifecycle(
    "invitation",
    InvitationState,
    _I.OPEN,
    {"accept": ({_I.OPEN}, _I.ACCEPTED), "withdraw": ({_I.OPEN}, _I.WITHDRAWN)},
)
