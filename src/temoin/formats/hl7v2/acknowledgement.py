"""What a receiver answers: MSA with a code and our control id, ERR with its reasons (HL7 2.5.1, §2.9, §2.15.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.syntax import Message, Segment, read_message


class AckCode(StrEnum):
    """HL7 table 0008: application (A…) and commit (C…) answers."""

    ACCEPT = "AA"
    ERROR = "AE"
    REJECT = "AR"
    COMMIT = "CA"
    COMMIT_ERROR = "CE"
    COMMIT_REJECT = "CR"


POSITIVE = frozenset({AckCode.ACCEPT, AckCode.COMMIT})
# HL7 table 0357: a record locked, an error inside the application. The message is not at fault.
PASSING = frozenset({"206", "207"})


@dataclass(frozen=True, slots=True)
class Complaint:
    """One ERR: where, which code of table 0357, how grave, and what the receiver says."""

    place: str
    code: str
    severity: str
    words: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A parsed answer."""

    code: AckCode
    control_id: str  # MSA-2: the MSH-10 answered
    own_id: str  # the answer's own MSH-10
    words: str  # MSA-3
    complaints: tuple[Complaint, ...]

    @property
    def is_positive(self) -> bool:
        """Tell whether the receiver holds the message."""
        return self.code in POSITIVE and not self._errors

    @property
    def is_contradictory(self) -> bool:
        """Tell whether the receiver says yes and names an error: whether it holds the message nobody can know."""
        return self.code in POSITIVE and bool(self._errors)

    @property
    def is_passing(self) -> bool:
        """Tell whether every error named will pass by itself, so that the same message may be taken later."""
        return self.code not in POSITIVE and bool(self._errors) and self._errors <= PASSING

    @property
    def _errors(self) -> set[str]:
        return {each.code for each in self.complaints if each.severity not in {"W", "I"}}

    @property
    def told(self) -> str:
        """Return the receiver's reasons as lines of text; they may quote the message."""
        lines = [self.words, *(" ".join(filter(None, (c.place, c.code, c.words))) for c in self.complaints)]
        return "\n".join(filter(None, lines))


def read_acknowledgement(data: bytes) -> Acknowledgement:
    """Read an answer; whatever is not exactly one acknowledgement raises `Hl7Error`."""
    message = read_message(data)
    if message.header.text(9) != "ACK":
        raise Hl7Error(message.header.place(9), "is not ACK")
    answer = message.one("MSA")
    try:
        code = AckCode(answer.text(1))
    except ValueError:
        raise Hl7Error(answer.place(1), "is not one of AA, AE, AR, CA, CE, CR") from None
    return Acknowledgement(
        code=code,
        control_id=answer.required(2),
        own_id=message.header.text(10),
        words=answer.text(3),
        complaints=_complaints(message),
    )


def _complaints(message: Message) -> tuple[Complaint, ...]:
    return tuple(_complaint(each) for each in message.named("ERR"))


def _complaint(error: Segment) -> Complaint:
    """Read an ERR of 2.5, or of before: there ERR-1 holds the place and the code together."""
    if error.text(3):
        parts = [error.text(2, component) for component in range(1, 5)]
        words = next(filter(None, (error.text(8), error.text(7), error.text(3, 2))), "")
        return Complaint("-".join(filter(None, parts)), error.text(3), error.text(4) or "E", words)
    parts = [error.text(1, component) for component in range(1, 4)]
    return Complaint("-".join(filter(None, parts)), error.text(1, 4), "E", error.text(1, 4, 2))
