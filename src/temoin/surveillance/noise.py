"""Noise for counts that leave: whole numbers drawn exactly, without a floating point that could give them away.

P(z) is proportional to exp(-epsilon |z|), so that a count and its neighbour give any figure with chances that differ
by a factor of exp(epsilon) at most. Drawn after Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential
Privacy" (2020), algorithms 1 and 2: comparisons of whole numbers alone.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol


class Chance(Protocol):
    """Where chance comes from: `secrets.SystemRandom` in use, a seeded generator in tests."""

    def randrange(self, stop: int, /) -> int:
        """Return a whole number from 0 to one below `stop`, each as likely."""


def draw_noise(epsilon: Fraction, chance: Chance) -> int:
    """Return what is added to a count."""
    steps, scale = epsilon.numerator, epsilon.denominator
    while True:
        within = chance.randrange(scale)
        if not _happens(within, scale, chance):
            continue
        whole = 0
        while _happens(1, 1, chance):
            whole += 1
        size = (within + scale * whole) // steps
        is_negative = chance.randrange(2) == 1
        if not (is_negative and size == 0):
            return -size if is_negative else size


def _happens(part: int, whole: int, chance: Chance) -> bool:
    """Tell whether something of chance exp(-part/whole) happens; part is at most whole."""
    tries = 1
    while chance.randrange(whole * tries) < part:
        tries += 1
    return tries % 2 == 1
