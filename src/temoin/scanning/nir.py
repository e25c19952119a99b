"""The NIR with its key, as people type it or a code holds it."""

from __future__ import annotations

import re

from stdnum.fr import nir as nir_check

from temoin.scanning.scan import Scan, ScanKind, ScanTrouble, fault

_MARKS = re.compile(r"[\s./-]")
_NIR = re.compile(r"[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}")
_PROVISIONAL = frozenset("3478")  # 3 and 4: being registered; 7 and 8: a number for the time until then


def check_nir(text: str) -> str:
    """Return the 15 characters of a NIR typed with or without marks between them; ValueError when its key is wrong."""
    compact = _MARKS.sub("", text).upper()
    if not _NIR.fullmatch(compact) or not nir_check.is_valid(compact):
        raise ValueError("not a NIR")
    return compact


def is_provisional(nir: str) -> bool:
    return nir[:1] in _PROVISIONAL


def read_nir(text: str) -> Scan | None:
    """Read a NIR; None for what has not its shape."""
    compact = _MARKS.sub("", text).upper()
    if not _NIR.fullmatch(compact):
        return None
    try:
        nir = check_nir(compact)
    except ValueError:
        return fault(ScanKind.NIR, ScanTrouble.NIR_KEY)
    notices = (ScanTrouble.NUMBER_PROVISIONAL,) if is_provisional(nir) else ()
    return Scan(kind=ScanKind.NIR, number=nir, notices=notices)
