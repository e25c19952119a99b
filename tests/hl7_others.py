"""What others do with our HL7 v2: read the document out of the French envelope, put messages into one file."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from temoin.formats.hl7v2 import Hl7Error, Route, codes, read_message
from temoin.formats.hl7v2.writing import Value, joined, moment, segment
from temoin.testing.report import ReportStatus

_STATUS = {code: status for status, (_, code) in codes.DOCUMENT_STATUS.items()}


@dataclass(frozen=True, slots=True)
class CisisEnvelope:
    """What an envelope says of the document in it."""

    key: str
    status: ReportStatus
    document: bytes


def read_envelope(data: bytes) -> CisisEnvelope:
    """Return what an envelope of ours carries; anything else raises `Hl7Error`."""
    message = read_message(data)
    carrier = next((each for each in message.named("OBX") if each.text(2) == "ED"), None)
    if carrier is None:
        raise Hl7Error("OBX", "no document is there (OBX-2 ED)")
    status = _STATUS.get(carrier.text(11))
    if status is None:
        raise Hl7Error(carrier.place(11), "is not F, C or D")
    try:
        document = b64decode(carrier.required(5, 5), validate=True)
    except ValueError:
        raise Hl7Error(carrier.place(5), "is not base 64") from None
    return CisisEnvelope(message.header.required(10), status, document)


def batch_file(messages: Sequence[bytes], route: Route, *, identifier: str, at: datetime) -> bytes:
    """Return one file with one batch (FHS, BHS, messages, BTS, FTS: HL7 2.5.1, §2.10.3)."""
    head: dict[int, Value] = {
        3: codes.APPLICATION,
        5: route.application,
        6: route.facility,
        7: moment(at),
        11: identifier,
    }
    opening = [segment(name, head, route.separators) for name in ("FHS", "BHS")]
    closing = [segment("BTS", {1: str(len(messages))}, route.separators), segment("FTS", {1: "1"}, route.separators)]
    return joined(opening) + b"".join(messages) + joined(closing)
