"""The sample number, which ties a cassette on the tray to its record: four digits and one that checks them.

No application identifier of GS1 begins with 5 or 6, so that no part of a box's code is taken for a number. The check
digit is Damm's (2004): one wrong digit, or two that changed places, never fit it.
"""

from __future__ import annotations

import re
from functools import cache

from stdnum import damm

FIRST, LAST = 5000, 6999
MARK = "T"  # before the digits in a drawing: a key that begins no result, and stands at one place on all keyboards
_NUMBER = re.compile(f"{MARK}?([56][0-9]{{4}})", re.IGNORECASE)


@cache
def all_numbers() -> tuple[str, ...]:
    return tuple(f"{four}{damm.calc_check_digit(str(four))}" for four in range(FIRST, LAST + 1))


def written_number(text: str) -> str:
    """Return the five digits of what looks like a sample number; "" for what does not."""
    found = _NUMBER.fullmatch(text)
    return found[1] if found else ""


def is_sound(number: str) -> bool:
    """Tell whether the check digit fits."""
    return bool(damm.is_valid(number))
