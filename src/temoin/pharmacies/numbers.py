"""Numbers of the national registers: FINESS of a pharmacy, RPPS of a professional, and their check digits."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from temoin.lib.errors import refuse

TRAINING_MARK = "X"  # before the number of the pharmacy whose training counter it is: no FINESS number begins so
_FINESS = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}")
_RPPS = re.compile(r"[0-9]{11}")
# Seen on the numbers of Corsica at hand, and in no official text: a failure there is told and not refused.
_CORSICA = str.maketrans("AB", "12")


def check_finess(text: str) -> str:
    """Return the nine characters of a FINESS number; InvalidError when it cannot be one."""
    finess = re.sub(r"[\s.-]", "", text).upper()
    if not _FINESS.fullmatch(finess) or (finess.isdecimal() and not luhn.is_valid(finess)):
        raise refuse(
            "finess", "malformed", _("This is not a FINESS number: nine characters, and the last one checks them.")
        )
    return finess


def is_doubtful_finess(finess: str) -> bool:
    """Tell whether a well-formed number fails the check that most pass: worth a second look."""
    return not luhn.is_valid(finess.translate(_CORSICA))


def check_rpps(text: str) -> str:
    """Return the eleven digits of an RPPS number, typed with or without spaces; InvalidError otherwise."""
    rpps = re.sub(r"[\s.-]", "", text)
    if not _RPPS.fullmatch(rpps):
        raise refuse("rpps", "malformed", _("An RPPS number has eleven digits."))
    return rpps


def is_doubtful_rpps(rpps: str) -> bool:
    """Tell whether a number fails its check digit. Told and not refused: the register's own examples fail it."""
    return bool(rpps) and not luhn.is_valid(rpps)
