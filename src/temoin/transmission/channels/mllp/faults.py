"""What each fault that the sandbox can play makes of the first try; the tests try every line."""

from __future__ import annotations

from temoin.outbox.channel import FaultCase
from temoin.outbox.states import ParcelState

ACCEPTED = ParcelState.ACCEPTED
REFUSED = ParcelState.REFUSED
WAITING = ParcelState.WAITING
IN_DOUBT = ParcelState.IN_DOUBT

FAULTS = (
    FaultCase("down", "503", WAITING, "hl7_cr"),
    FaultCase("down", "close", IN_DOUBT, "no_acknowledgement"),
    FaultCase("slow", 1, IN_DOUBT, "no_acknowledgement"),
    FaultCase("trickle", 0.02, IN_DOUBT, "no_acknowledgement"),
    FaultCase("certificate", "wrong-host", WAITING, "certificate_refused"),
    FaultCase("certificate", "expired", WAITING, "certificate_refused"),
    FaultCase("inner_error", 1, IN_DOUBT, "contradictory_acknowledgement"),
    FaultCase("error_before_store", 1, WAITING, "hl7_cr"),
    FaultCase("error_after_store", 1, WAITING, "hl7_cr"),
    FaultCase("drop_answer", 1, IN_DOUBT, "no_acknowledgement"),
    FaultCase("reject", 1, REFUSED, "hl7_ce"),
    FaultCase("reject_every", 1, REFUSED, "hl7_ce"),
    FaultCase("throttle", 1, WAITING, "hl7_cr"),
    FaultCase("other_answer", 1, IN_DOUBT, "answer_for_another_key"),
    FaultCase("half_answer", 1, IN_DOUBT, "no_acknowledgement"),
    FaultCase("double_answer", 1, ACCEPTED, "acknowledged"),
)
SPARED = frozenset({"retry_after", "bounce", "mail_down", "mail_reject_recipient", "seed", "redirect"})
