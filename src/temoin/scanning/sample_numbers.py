"""The number of a sample, typed or scanned from the label of its cassette."""

from __future__ import annotations

from temoin.lib.sample_number import is_sound, written_number
from temoin.scanning.scan import Scan, ScanKind, ScanTrouble, fault


def read_sample_number(text: str) -> Scan | None:
    """Read a sample number; None for what does not look like one."""
    number = written_number(text)
    if not number:
        return None
    if not is_sound(number):
        return fault(ScanKind.SAMPLE, ScanTrouble.SAMPLE_CHECK)
    return Scan(kind=ScanKind.SAMPLE, number=number)
