"""Passwords hashed quickly, for tests that try many: the passes of the product, over a hundredth of its memory."""

from __future__ import annotations

from temoin.signin.passwords import SlowHasher

AS_WRITTEN = (SlowHasher.time_cost, SlowHasher.memory_cost)


def hash_quickly() -> None:
    """Change the hasher of this process; those that tests start hash as in production."""
    SlowHasher.memory_cost = 1024
