"""The cases for a receiver of HL7 v2 over MLLP: what our courier relies on, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import uuid4

from temoin.formats.hl7v2 import Route, report_message
from temoin.testing.report import Report
from temoin_conformance.cases import FailedError, NotApplicableError, TrialCase, TrialExchange, require
from temoin_conformance.documents import DocumentStory
from temoin_conformance.endpoint import LOOPBACK, Endpoint
from temoin_conformance.mllp_wire import opened, read

ROUTE = Route()


@dataclass
class Hl7Desk:
    """What the cases of one trial share."""

    endpoint: Endpoint
    story: DocumentStory
    log: list[TrialExchange] = field(default_factory=list)

    def send(self, report: Report) -> str:
        """Send a message as the courier does, and require that it is taken."""
        with opened(self.endpoint, self.log) as line:
            return _taken(line.exchange(report_message(report, ROUTE)), report.key)

    def refused(self, message: bytes) -> str:
        """Send what must not be taken; an answer that says so, or the end of the connection, is right."""
        with opened(self.endpoint, self.log) as line:
            try:
                told = read(line.exchange(message))
            except FailedError:
                if self.log[-1].came == "nothing":
                    return "the connection was ended"
                raise
        require(not told.is_positive and not told.is_contradictory, f"It answered {told.code.value}.")
        return f"refused with {told.code.value}"


def _taken(data: bytes, key: str) -> str:
    told = read(data)
    require(told.control_id == key, "MSA-2 is not the MSH-10 of the message.")
    require(not told.is_contradictory, f"It answered {told.code.value} and named an error.")
    require(told.is_positive, f"It answered {told.code.value}.")
    return f"{told.code.value} for this MSH-10"


def _tls(desk: Hl7Desk) -> str:
    if not desk.endpoint.is_encrypted:
        if desk.endpoint.host in LOOPBACK:
            raise NotApplicableError("The endpoint is on this machine, without TLS.")
        raise FailedError("Results would travel in clear: the address must be mllps.")
    with opened(desk.endpoint, desk.log) as line:
        require(line.tls in {"TLSv1.2", "TLSv1.3"}, f"It speaks {line.tls}.")
        return f"{line.tls}, certificate valid for {desk.endpoint.host}"


def _first(desk: Hl7Desk) -> str:
    return desk.send(desk.story.first)


def _again(desk: Hl7Desk) -> str:
    return desk.send(desk.story.first)


def _correction(desk: Hl7Desk) -> str:
    return desk.send(desk.story.correction)


def _cancellation(desk: Hl7Desk) -> str:
    return desk.send(desk.story.cancellation)


def _one_line(desk: Hl7Desk) -> str:
    with opened(desk.endpoint, desk.log) as line:
        for report in (desk.story.first, desk.story.correction):
            told = _taken(line.exchange(report_message(report, ROUTE)), report.key)
        require(not line.surplus(), "More came than one answer to each message.")
    return told


def _malformed(desk: Hl7Desk) -> str:
    header = report_message(replace(desk.story.first, key=str(uuid4())), ROUTE).partition(b"\r")[0]
    return desk.refused(header + b"\rthis is no segment\r")


def _wrong_message(desk: Hl7Desk) -> str:
    message = report_message(replace(desk.story.first, key=str(uuid4())), ROUTE)
    return desk.refused(message.replace(b"ORU^R01^ORU_R01", b"ADT^A01^ADT_A01"))


def _question(_desk: Hl7Desk) -> str:
    raise NotApplicableError("MLLP has no such question: after an unclear answer the same message is sent again.")


REFUSAL = "AE, AR, CE or CR, or the end of the connection."
CASES: tuple[TrialCase[Hl7Desk], ...] = (
    TrialCase("tls", "A connection.", "TLS 1.2 or later, and a certificate valid for this host.", _tls),
    TrialCase(
        "first version", "An ORU^R01 in a frame of MLLP.", "A framed AA or CA whose MSA-2 is its MSH-10.", _first
    ),
    TrialCase("the same again", "The same message.", "The same; one message is kept per MSH-10.", _again),
    TrialCase("correction", "A message of the same OBR-3, OBR-25 `C`, with its own MSH-10.", "As before.", _correction),
    TrialCase(
        "cancellation", "A message of the same OBR-3, OBR-25 `X`, with its own MSH-10.", "As before.", _cancellation
    ),
    TrialCase(
        "two on one line",
        "Two messages, the second after the first's answer.",
        "One answer to each.",
        _one_line,
    ),
    TrialCase(
        "malformed message",
        "A header, and no segment after it.",
        REFUSAL,
        _malformed,
    ),
    TrialCase("wrong message", "The message as ADT^A01.", REFUSAL, _wrong_message),
    TrialCase("question by key", "Nothing.", "Nothing: MLLP cannot be asked.", _question),
    TrialCase("holdings", "Nothing.", "Nothing: MLLP cannot be asked.", _question),
)
