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
    FaultCase("throttle", 1, IN_DOUBT, "unreachable"),
    FaultCase("error_before_store", 1, IN_DOUBT, "unreachable"),
    FaultCase("error_after_store", 1, IN_DOUBT, "unreachable"),
    FaultCase("slow", 0.6, IN_DOUBT, "awaiting_acknowledgement"),
    FaultCase("drop_answer", 1, IN_DOUBT, "awaiting_acknowledgement", copies=2),
    FaultCase("half_answer", 1, IN_DOUBT, "awaiting_acknowledgement", copies=2),
    FaultCase("other_answer", 1, IN_DOUBT, "awaiting_acknowledgement", copies=2),
    FaultCase("double_answer", 1, ACCEPTED, "acknowledged"),
    FaultCase("inner_error", 1, IN_DOUBT, "awaiting_acknowledgement"),
    FaultCase("reject", 1, REFUSED, "row_refused"),
    FaultCase("reject_every", 1, REFUSED, "row_refused"),
)
SPARED = frozenset(
    {"retry_after", "bounce", "mail_down", "mail_reject_recipient", "seed", "redirect", "certificate", "trickle"}
)
