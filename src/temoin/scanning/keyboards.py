"""Scanners type on a keyboard that they imagine: where the computer has another one, other characters arrive.

Each key is written as what it gives alone and with Shift, in the order of an ISO keyboard's rows. The French keyboard
is AZERTY as Windows has it. Its dead keys (`^`, `¨`) are left out: what they give depends on the next key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from temoin.scanning.scan import ScanTrouble

_US = "1!2@3#4$5%6^7&8*9(0)-_=+" + "qQwWeErRtTyYuUiIoOpP]}" + "aAsSdDfFgGhHjJkKlL;:'\"" + "zZxXcCvVbBnNmM,<.>/?"
_FR = "&1é2\"3'4(5-6è7_8ç9à0)°=+" + "aAzZeErRtTyYuUiIoOpP$£" + "qQsSdDfFgGhHjJkKlLmMù%" + "wWxXcCvVbBnN,?;.:/!§"
_TO_US = dict(zip(_FR, _US, strict=True))
_TO_FRENCH = {**dict(zip(_US, _FR, strict=True)), "\\": "<", "|": ">"}  # the key that only ISO keyboards have
_DIGITS = {digit: digit for digit in "0123456789"}
# What is the same on every keyboard, and what the page puts in for a separator that no key gives.
_SAME = {character: character for character in " \x1d\u241d"}
_MEANINGS: tuple[tuple[ScanTrouble, Mapping[str, str]], ...] = (
    (ScanTrouble.SCANNER_IS_US, _TO_US | _SAME),
    (ScanTrouble.SCANNER_IS_FRENCH, _TO_FRENCH | _SAME),
    # Digits that the scanner sends as those of the number pad arrive as they are.
    (ScanTrouble.SCANNER_IS_US, _TO_US | _SAME | _DIGITS),
    (ScanTrouble.SCANNER_IS_FRENCH, _TO_FRENCH | _SAME | _DIGITS),
)


def meanings(text: str) -> Iterator[tuple[ScanTrouble, str]]:
    """Yield what a text would be, had the scanner been set to another keyboard than the computer."""
    for trouble, meant in _MEANINGS:
        if set(text) <= meant.keys():
            yield trouble, "".join(meant[character] for character in text)
    if text.swapcase() != text:
        yield ScanTrouble.CAPS_LOCK, text.swapcase()
