"""State tables as data: which state may follow which, by which verb; the drawing in docs is made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)

ALL: list[Lifecycle[StrEnum]] = []


@dataclass(frozen=True)
class Move(Generic[S]):
    """A verb, the states it may start from and the one it leads to."""

    sources: frozenset[S]
    target: S


class Lifecycle(Generic[S]):
    """The states of one noun and the verbs between them."""

    def __init__(self, noun: str, states: type[S], start: S, moves: Mapping[str, tuple[set[S], S]]) -> None:
        self.noun = noun
        self.states = states
        self.start = start
        self.moves = {verb: Move(frozenset(sources), target) for verb, (sources, target) in moves.items()}
        ALL.append(self)  # type: ignore[arg-type]

    def move(self, verb: str) -> Move[S]:
        """Return the move of this verb; a KeyError is a defect of ours."""
        return self.moves[verb]

    def allows(self, verb: str, state: str) -> bool:
        """Tell whether `verb` may be done from `state`."""
        return state in self.moves[verb].sources

    @property
    def ends(self) -> frozenset[S]:
        """The states that no verb leaves."""
        return frozenset(self.states) - {source for move in self.moves.values() for source in move.sources}

    def mermaid(self) -> str:
        """Draw the table for the documentation."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start.value}"]
        for verb, move in sorted(self.moves.items()):
            lines += [f"    {source.value} --> {move.target.value}: {verb}" for source in sorted(move.sources)]
        lines += [f"    {state.value} --> [*]" for state in sorted(self.ends)]
        return "\n".join(lines)
