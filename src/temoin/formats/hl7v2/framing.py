"""The frame of the minimal lower layer protocol (HL7 MLLP release 1): VT, message, FS, CR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from temoin.formats.hl7v2.errors import Hl7Error

START: Final = b"\x0b"
STOP: Final = b"\x1c"
END: Final = STOP + b"\r"
_BETWEEN: Final = b"\r\n \t"  # of what stands between two frames, what is no part of one


def framed(message: bytes) -> bytes:
    """Put a message into its frame; `Hl7Error` when it holds what would end the frame early."""
    if START in message or STOP in message:
        raise Hl7Error("frame", "the message holds a character of the frame")
    return START + message + END


def unframed(data: bytes) -> bytes:
    """Return what stands in a frame that was read up to its FS: receivers write before its VT, or leave the VT out."""
    return data.rpartition(START)[2]


class FrameReader:
    """The frames of one connection, as its bytes come.

    FS ends a frame, whether CR follows or not. What stands before a VT belongs to no frame; a second VT begins anew,
    for its sender gave up the first. Without any VT it is read all the same: what is no message is refused as one.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._held = bytearray()
        self._looked = 0

    @property
    def is_begun(self) -> bool:
        """Tell whether part of a frame is here, and the rest is waited for."""
        return bool(self._held)

    def came(self, data: bytes) -> Iterator[bytes]:
        """Take bytes and yield what stands in each frame that is whole; `Hl7Error` when one is too long."""
        self._held += data
        while (stop := self._held.find(STOP, self._looked)) >= 0:
            if stop > self._largest:
                break
            inside = unframed(bytes(self._held[:stop]))
            del self._held[: stop + 1]
            self._looked = 0
            if inside.strip(_BETWEEN):
                yield inside
        if not self._looked:
            self._held = self._held.lstrip(_BETWEEN)
        self._looked = len(self._held)
        if self._looked > self._largest:
            raise Hl7Error("frame", "is too long")
