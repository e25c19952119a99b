"""A stand-in courier, which implements the interface."""

from __future__ import annotations

from dataclasses import dataclass, field

from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict

ACCEPTED = Answer(Verdict.ACCEPTED, "acknowledged", receipt={"id": "1"})


def answer(verdict: Verdict) -> Answer:
    """Return an answer that says no more than its verdict."""
    return Answer(verdict, "told")


@dataclass
class StandIn:
    """A courier that answers as told and notes what it was asked."""

    carries: Answer = ACCEPTED
    finds: Answer = field(default_factory=lambda: Answer(Verdict.UNKNOWN, "unknown_there"))
    destination: str = "fhir"
    asked: list[str] = field(default_factory=list)

    def wants(self, _notice: Notice) -> bool:
        return True

    def supersede(self, commit: object, notice: Notice) -> None:
        """Nothing to end."""

    def prepare(self, load: Load) -> Consignment | Answer:
        self.asked.append("prepare")
        return Consignment(key=load.key, body=b"{}")

    async def carry(self, _consignment: Consignment) -> Answer:
        self.asked.append("carry")
        return self.carries

    async def enquire(self, _consignment: Consignment) -> Answer:
        self.asked.append("enquire")
        return self.finds

    async def close(self) -> None:
        """Nothing is open."""
