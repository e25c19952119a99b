"""The strength that the CNIL asks of a password (deliberation 2022-100).

The site restricts access after failures, so the bar is 50 bits, counted as the CNIL's own calculator does:
log2(N^L), where L is the length and N the number of characters in the classes that are used.
"""

from __future__ import annotations

import math
import string

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MINIMUM_BITS = 50
SPECIALS = 37  # as many as the CNIL's calculator counts
MOST_REPEATS = 3

_CLASSES = (
    (frozenset(string.ascii_lowercase), 26),
    (frozenset(string.ascii_uppercase), 26),
    (frozenset(string.digits), 10),
)


def entropy_bits(password: str) -> float:
    """Return log2(N^L); whatever is no ASCII letter or digit counts as a special character."""
    size = sum(weight for members, weight in _CLASSES if members & set(password))
    if set(password) - frozenset().union(*(members for members, _weight in _CLASSES)):
        size += SPECIALS
    return len(password) * math.log2(size) if size else 0.0


def counted_part(password: str) -> str:
    """Return the password without idle repeats: a fourth equal character in a row is not a choice."""
    kept = ""
    for character in password:
        if not kept.endswith(character * MOST_REPEATS):
            kept += character
    return kept


class SlowHasher(Argon2PasswordHasher):
    """Argon2id with three passes over 100 MiB. A hash made with fewer is replaced at its owner's next sign-in."""

    time_cost = 3
    memory_cost = 102_400  # KiB


class EntropyValidator:
    """Refuses a password of less than 50 bits."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError, with what to do, when the password is too easy to guess."""
        if entropy_bits(counted_part(password)) < MINIMUM_BITS:
            raise ValidationError(self.get_help_text(), code="password_entropy")

    def get_help_text(self) -> str:
        return _(
            "Mix upper case, lower case, digits and other characters, or choose a longer password: "
            "this one would be too easy to guess."
        )
