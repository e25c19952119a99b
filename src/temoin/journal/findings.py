"""What a verification finds: which event, and what is wrong with it, in words for whoever must act."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What can be wrong."""

    ALTERED = "altered"
    MISSING = "missing"
    CUT = "cut"
    ADDED = "added"
    REORDERED = "reordered"
    BACKDATED = "backdated"
    LEAF_MISSING = "leaf missing"
    CHECKPOINT = "checkpoint"
    WITNESS = "witness"
    RECORD = "record"
    LISTING = "listing"
    AUTHORITY = "authority"


MEANING = {
    Fault.ALTERED: "the event is not the one that was sealed",
    Fault.MISSING: "the event was sealed and is not there any more",
    Fault.CUT: "the event states a loss that is not there so, or not in every pharmacy",
    Fault.ADDED: "the event is not sealed, and none that waits for the next seal",
    Fault.REORDERED: "the event was sealed at another place",
    Fault.BACKDATED: "the event says a time at which it was not sealed",
    Fault.LEAF_MISSING: "the place in the tree is empty",
    Fault.CHECKPOINT: "the checkpoint does not fit",
    Fault.WITNESS: "a witness has seen another journal",
    Fault.RECORD: "a row is not the one that its event wrote",
    Fault.AUTHORITY: "who somebody is, what they may or whose row this is differs from what the events say",
    Fault.LISTING: "what a list showed is not what its event committed to",
}


@dataclass(frozen=True)
class JournalFinding:
    """One thing wrong."""

    fault: Fault
    index: int | None = None
    event_id: str = ""
    pharmacy_id: str = ""
    note: str = ""

    def __str__(self) -> str:
        place = "" if self.index is None else f" {self.index}"
        named = f" event {self.event_id} of pharmacy {self.pharmacy_id}" if self.event_id else ""
        return f"{self.fault}{place}{named}: {self.note or MEANING[self.fault]}"
