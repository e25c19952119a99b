"""What each fault that the sandbox can play makes of the first try; the tests try every line."""

from __future__ import annotations

from temoin.outbox.channel import FaultCase
from temoin.outbox.states import ParcelState

ACCEPTED = ParcelState.ACCEPTED
REFUSED = ParcelState.REFUSED
WAITING = ParcelState.WAITING
IN_DOUBT = ParcelState.IN_DOUBT

FAULTS = (
    FaultCase("down", "503", WAITING, "unreachable"),
    FaultCase("down", "close", WAITING, "unreachable"),
    FaultCase("slow", 0.1, ACCEPTED, "taken_by_operator"),
    FaultCase("throttle", 1, WAITING, "secure_mailbox_refused"),
    FaultCase("error_after_store", 1, WAITING, "mail_server_refused", copies=2),
    FaultCase("drop_answer", 1, IN_DOUBT, "cut_off", copies=2),
    FaultCase("reject", 1, REFUSED, "message_refused"),
    FaultCase("reject_every", 1, REFUSED, "message_refused"),
    FaultCase("bounce", 1, ACCEPTED, "taken_by_operator"),
)
SPARED = frozenset(
    {
        "retry_after",
        "mail_down",
        "mail_reject_recipient",
        "seed",
        "redirect",
        "certificate",
        "trickle",
        "inner_error",
        "error_before_store",
        "other_answer",
        "half_answer",
        "double_answer",
    }
)
