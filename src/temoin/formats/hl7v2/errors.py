"""What is wrong with a message, by segment and field; never with a value of it, which is health data."""

from __future__ import annotations


class Hl7Error(ValueError):
    """A message cannot be read or written; `place` is for instance "MSH-9", or "line 3" outside any segment."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason
