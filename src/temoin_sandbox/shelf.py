"""What a door of the sandbox keeps: one of each name, how often it came, and whether with other content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from hashlib import sha256
from time import time
from typing import Any, Generic, TypeVar


@dataclass(slots=True, kw_only=True)
class KeptItem:
    """One thing kept, without a trait of the person."""

    received: str
    digest: str
    copies: int = 1  # times it came
    differing: int = 0  # of these, with other content


Kept = TypeVar("Kept", bound=KeptItem)


@dataclass(slots=True)
class Shelf(Generic[Kept]):
    """Things by their name, in order of receipt; what came = stored + duplicates + refused."""

    held: dict[str, Kept] = field(default_factory=dict)
    stored: int = 0
    duplicates: int = 0
    differing: int = 0
    refused: int = 0

    def put(self, name: str, content: bytes, make: Callable[[str, str], Kept]) -> None:
        """Keep what `make` makes of moment and digest, or count another copy of what is kept under this name."""
        digest = sha256(content).hexdigest()
        known = self.held.get(name)
        if known is None:
            moment = datetime.fromtimestamp(time(), UTC).isoformat(timespec="milliseconds")
            self.held[name] = make(moment, digest)
            self.stored += 1
            return
        known.copies += 1
        self.duplicates += 1
        known.differing += known.digest != digest
        self.differing += known.digest != digest

    def counts(self) -> dict[str, int]:
        numbers = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: number for name, number in numbers.items() if isinstance(number, int)}

    def to_list(self) -> list[dict[str, Any]]:
        return [asdict(each) for each in self.held.values()]
