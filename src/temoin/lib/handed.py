"""What a room is handed of the settings when its process starts: no room looks anything up in a settings file.

Where an object can be made with its settings (a courier, a duty), it is: this is for what a library makes (a session
store, a view, a template's tag) and for functions deep in a room. The room says what it needs, and whoever read the
file gives it, in one place.
"""

from __future__ import annotations

from typing import Generic, TypeVar

V = TypeVar("V")


class Handed(Generic[V]):
    """One value, given before the first question; asking without it is a fault of the program, never a default."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._given: tuple[V, ...] = ()

    def give(self, value: V) -> None:
        """Take the value; the last one given counts."""
        self._given = (value,)

    def __call__(self) -> V:
        if not self._given:
            raise RuntimeError(f"this process was handed no {self._name}")
        return self._given[0]
