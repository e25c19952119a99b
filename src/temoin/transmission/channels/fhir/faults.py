"""What each fault that the sandbox can play makes of the first try; the tests try every line."""

from __future__ import annotations

from temoin.outbox.channel import FaultCase
from temoin.outbox.states import ParcelState

ACCEPTED = ParcelState.ACCEPTED
REFUSED = ParcelState.REFUSED
WAITING = ParcelState.WAITING
IN_DOUBT = ParcelState.IN_DOUBT

FAULTS = (
    FaultCase("down", "503", IN_DOUBT, "http_503"),
    FaultCase("down", "close", IN_DOUBT, "no_answer"),
    FaultCase("slow", 1, IN_DOUBT, "no_answer"),
    FaultCase("trickle", 0.02, IN_DOUBT, "no_answer"),
    FaultCase("redirect", "301", WAITING, "redirected"),
    FaultCase("redirect", "307", WAITING, "redirected"),
    FaultCase("certificate", "wrong-host", WAITING, "certificate_refused"),
    FaultCase("certificate", "expired", WAITING, "certificate_refused"),
    FaultCase("inner_error", 1, IN_DOUBT, "unreadable_answer"),
    FaultCase("error_before_store", 1, IN_DOUBT, "http_500"),
    FaultCase("error_after_store", 1, IN_DOUBT, "http_500"),
    FaultCase("drop_answer", 1, IN_DOUBT, "no_answer"),
    FaultCase("reject", 1, REFUSED, "http_422"),
    FaultCase("reject_every", 1, REFUSED, "http_422"),
    FaultCase("throttle", 1, WAITING, "http_429"),
    FaultCase("other_answer", 1, IN_DOUBT, "unreadable_answer"),
    FaultCase("half_answer", 1, IN_DOUBT, "no_answer"),
    FaultCase("double_answer", 1, ACCEPTED, "acknowledged"),
)
SPARED = frozenset({"retry_after", "bounce", "mail_down", "mail_reject_recipient", "seed"})
