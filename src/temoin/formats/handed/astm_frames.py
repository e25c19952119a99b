"""The line of an analyser (ASTM E1381, CLSI LIS01-A2) as its receiver speaks it: bytes in, signs and messages out.

The last frame of a message is answered once what took the message has said so: an analyser that was told ACK forgets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"
_STX, _ETX, _LF, _CR = b"\x02", 0x03, b"\n", b"\r"
_SIGN = re.compile(rb"[\x02\x04\x05]")  # STX, EOT, ENQ: what begins something
_IN_FRAME = re.compile(rb"[\x02\x04\x05\n]")  # what ends a frame: whole, or because its sender stopped in its midst
_FRAME = re.compile(rb"\x02([0-7])(.*)([\x03\x17])([0-9A-Fa-f]{2})\r\n", re.DOTALL)
LARGEST_FRAME: Final = 64_000
LARGEST_MESSAGE: Final = 1024 * 1024
MOST_FRAMES: Final = 5_000  # 240 characters each, as the standard has it; each is looked at with all before it


class AstmReceiver:
    """The receiving side of one line. What stands between two transfers is nobody's."""

    def __init__(self) -> None:
        self._held, self._records = b"", bytearray()
        self._is_open = False
        self._next, self._count = 1, 0  # the number of the frame that is awaited, and how many there were
        self._is_refused = False  # what is held: its sender was told
        self.dropped = 0  # messages of which frames were acknowledged, and that never had their terminator

    @property
    def is_begun(self) -> bool:
        """Tell whether a transfer is open."""
        return self._is_open

    def came(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Yield signs to send, and messages to take (true); `answer` says what became of one before the next comes."""
        held, self._held, place = self._held + data, b"", 0
        while (found := _SIGN.search(held, place)) is not None:
            place = found.end()
            if found[0] != _STX or not self._is_open:
                yield from self._sign(found[0])
                continue
            end = _IN_FRAME.search(held, place)
            if end is None:
                self._held = held[found.start() :]
                break
            place = end.start() if end[0] == _STX else end.end()
            if end[0] == _LF:
                yield from self._frame(held[found.start() : place])
            elif end[0] == ENQ:  # or a byte that was spoilt: either sender tries again after NAK, and nothing is lost
                yield NAK, False
            elif end[0] == EOT:
                self._end_transfer()
        if len(self._held) > LARGEST_FRAME:
            raise ValueError("a frame is too long")

    def answer(self, *, is_taken: bool) -> bytes:
        """Return the sign for the frame that ended a message."""
        self._is_refused = not is_taken
        if not is_taken:
            return NAK
        self._accept(b"")
        self._records = bytearray()
        return ACK

    def _sign(self, sign: bytes) -> Iterator[tuple[bytes, bool]]:
        if sign == ENQ:  # in the midst of a transfer too: its sender began anew
            self._end_transfer()
            self._is_open = True
            yield ACK, False
        elif sign == EOT:  # what has no terminator was not sent whole, and is sent again
            self._end_transfer()

    def _frame(self, frame: bytes) -> Iterator[tuple[bytes, bool]]:
        found = _FRAME.fullmatch(frame)
        if found is None or sum(frame[1:-4]) % 256 != int(found[4], 16):
            yield NAK, False
            return
        number, text = int(found[1]), found[2]
        if number == (self._next - 1) % 8 and self._count:
            yield ACK, False  # it came before, and our answer was lost
        elif number != self._next:
            yield NAK, False
        elif found[3][0] == _ETX and _ends(whole := bytes(self._records) + text):
            yield whole, True
        else:
            is_cut = found[3][0] == _ETX and text and not text.endswith(_CR)
            self._accept(text + _CR if is_cut else text)  # no record goes on after ETX: some leave out what ends it
            if len(self._records) > LARGEST_MESSAGE or self._count > MOST_FRAMES:
                raise ValueError("a message is too long")
            yield ACK, False

    def _accept(self, text: bytes) -> None:
        self._records += text
        self._next, self._count = (self._next + 1) % 8, self._count + 1

    def _end_transfer(self) -> None:
        self.dropped += bool(self._records) and not self._is_refused
        self._is_open = self._is_refused = False
        self._records, self._next, self._count = bytearray(), 1, 0


def _ends(records: bytes) -> bool:
    """Tell whether the last record is the terminator."""
    return records.rstrip(b"\r\n").rpartition(b"\r")[2].startswith(b"L")
