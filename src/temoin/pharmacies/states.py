"""The states of what a pharmacy hands out (invitations, access for programs), and of numbers asked about."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.lifecycle import Lifecycle


class ProgramState(StrEnum):
    """Whether a program may come in."""

    ACTIVE = "active"
    REVOKED = "revoked"


class InvitationState(StrEnum):
    """Where an invitation stands; an open one also ends with time."""

    WAITING = "waiting"  # for somebody who holds the rights that it gives
    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


_I = InvitationState
INVITATION = Lifecycle(
    "invitation",
    InvitationState,
    _I.WAITING,
    {
        "approve": ({_I.WAITING}, _I.OPEN),
        "accept": ({_I.OPEN}, _I.ACCEPTED),
        "withdraw": ({_I.WAITING, _I.OPEN}, _I.WITHDRAWN),
    },
)

PROGRAM = Lifecycle(
    "program", ProgramState, ProgramState.ACTIVE, {"revoke": ({ProgramState.ACTIVE}, ProgramState.REVOKED)}
)


class RegisterState(StrEnum):
    """What the register of professionals says of a number. There is no end: it is asked again."""

    WAITING = "waiting"  # not checked
    AGREES = "agrees"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


REGISTER_CHECK = Lifecycle(
    "number of a professional",
    RegisterState,
    RegisterState.WAITING,
    {
        "ask": (set(RegisterState), RegisterState.WAITING),
        "agree": (set(RegisterState), RegisterState.AGREES),
        "differ": (set(RegisterState), RegisterState.DIFFERS),
        "miss": (set(RegisterState), RegisterState.UNKNOWN),
    },
)
