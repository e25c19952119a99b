"""The frame of the minimal lower layer protocol (HL7 MLLP release 1): VT, message, FS, CR."""

from __future__ import annotations

from typing import Final

from temoin.formats.hl7v2.errors import Hl7Error

START: Final = b"\x0b"
STOP: Final = b"\x1c"
END: Final = STOP + b"\r"


def framed(message: bytes) -> bytes:
    """Put a message into its frame; `Hl7Error` when it holds what would end the frame early."""
    if START in message or STOP in message:
        raise Hl7Error("frame", "the message holds a character of the frame")
    return START + message + END


def unframed(data: bytes) -> bytes:
    """Return what stands in a frame that was read up to its FS: receivers write before its VT, or leave the VT out."""
    return data.rpartition(START)[2]
