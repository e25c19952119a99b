"""What came back, read: a shape, the ACKs of messages, an OperationOutcome, or the exception that a problem is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from temoin_client.exchange import ApiReply
from temoin_client.problems import (
    BY_CODE,
    FieldProblem,
    ProblemError,
    ServerAwayError,
    UnreadableAnswerError,
    WrongRequestError,
)
from temoin_client.shape import ApiShape

Shaped = TypeVar("Shaped", bound=ApiShape)

UNCHANGED = 304
FHIR = "application/fhir+json"
_NO_ERROR = "0"  # of table 0357: "message accepted"
_LOCKED = "206"  # HL7 table 0357: an earlier try is being done
_AWAY = frozenset({502, 503, 504})
_OF_THE_CALL = frozenset({401, 403, 404, 409, 429, 500, 503})


def shape_of(kind: type[Shaped], known: Shaped | None, reply: ApiReply) -> Shaped:
    """Return the shape that came, or the known one where it is still the same; raise for a problem."""
    if reply.status == UNCHANGED and known is not None:
        return known
    check(reply)
    try:
        return kind.model_validate_json(reply.body).tagged(reply.headers.get("etag", ""))
    except ValidationError as error:
        raise UnreadableAnswerError(f"Not the shape of {kind.__name__}: {error.error_count()} faults.") from None


def check(reply: ApiReply) -> None:
    """Raise what a reply says that was not done."""
    if not 200 <= reply.status < 300:
        raise problem_in(reply)


def problem_in(reply: ApiReply) -> ProblemError:
    """Return a reply that is no success as the exception of its code; of a stranger between, by its status alone."""
    told = _object_in(reply)
    if told.get("resourceType") == "OperationOutcome":
        return _refused_outcome(reply, _objects(told.get("issue")))
    error = str(told.get("error", ""))
    kind = BY_CODE.get(error) or (ServerAwayError if reply.status in _AWAY else ProblemError)
    return kind(
        status=reply.status,
        error=error or "unknown",
        problems=[
            FieldProblem(str(one.get("field", "")), str(one.get("code", "")), str(one.get("detail", "")))
            for one in _objects(told.get("problems"))
        ],
        candidates=_ids(told.get("candidates")),
        detail=str(told.get("detail", told.get("error_description", ""))),
        incident=str(told.get("incident", "")),
        retry_after=retry_after(reply),
    )


def _refused_outcome(reply: ApiReply, issues: list[dict[str, Any]]) -> ProblemError:
    """Return what FHIR says was not done: of the call itself under its own code, else of what was sent."""
    problems = _problems_of(issues)
    code = problems[0].reason if problems else ""
    if code == "key_reused" or (code in BY_CODE and reply.status in _OF_THE_CALL):
        return BY_CODE[code](
            status=reply.status,
            error=code,
            detail=problems[0].remedy,
            incident=str(issues[0].get("diagnostics", "")),
            retry_after=retry_after(reply),
        )
    return WrongRequestError(status=reply.status, error="invalid", problems=problems)


def retry_after(reply: ApiReply) -> float | None:
    """Return the seconds that `Retry-After` asks for, given as such or as a date (RFC 9110 section 10.2.3)."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class MessageVerdict:
    """What became of one HL7 v2 message: `AA` is taken; else `problems` tell places, codes of table 0357 and words.

    `notes` tell what of a message that was taken is not kept, or was taken before.
    """

    code: str
    control_id: str
    problems: tuple[FieldProblem, ...]
    notes: tuple[FieldProblem, ...] = ()

    @property
    def taken(self) -> bool:
        return self.code == "AA"


def message_verdicts(reply: ApiReply) -> list[MessageVerdict]:
    """Return one verdict for each message, in their order."""
    check(reply)
    found: list[MessageVerdict] = []
    problems: list[FieldProblem] = []
    for line in reversed(reply.body.decode("utf-8", "replace").replace("\n", "\r").split("\r")):
        fields = line.split("|")
        if fields[0] == "ERR":
            problems.insert(0, _problem_of_segment([*fields, *[""] * 9]))
        elif fields[0] == "MSA" and len(fields) > 2:
            notes = tuple(one for one in problems if one.reason == _NO_ERROR)
            wrong = tuple(one for one in problems if one.reason != _NO_ERROR)
            found.insert(0, MessageVerdict(fields[1], fields[2], wrong, notes))
            problems = []
    if not found:
        raise UnreadableAnswerError("No acknowledgement.")
    return found


def _problem_of_segment(fields: Sequence[str]) -> FieldProblem:
    """Read an ERR, as 2.5 has it, or as 2.3 to 2.4 have it with everything in its first field."""
    if fields[1]:
        parts = [*fields[1].split("^"), "", "", "", ""]
        code, _and, words = parts[3].partition("&")
        return FieldProblem(_place([parts[0], parts[1], parts[2]]), code, words.partition("&")[0])
    return FieldProblem(_place([*fields[2].split("^"), "", ""]), fields[3].partition("^")[0], fields[8])


def _place(parts: Sequence[str]) -> str:
    return "-".join(part for part in (parts[0], parts[2]) if part)


def is_locked(verdicts: Sequence[MessageVerdict]) -> bool:
    """Tell whether an earlier try of a message is still being done."""
    return any(problem.reason == _LOCKED for one in verdicts for problem in one.problems)


@dataclass(frozen=True)
class BundleOutcome:
    """What an OperationOutcome says of a Bundle: its errors, and what is told beside them."""

    problems: tuple[FieldProblem, ...]
    told: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def bundle_outcome(reply: ApiReply) -> BundleOutcome:
    """Return what was done with a Bundle, or would be wrong with it."""
    check(reply)
    issues = _objects(_object_in(reply).get("issue"))
    if not issues:
        raise UnreadableAnswerError("No OperationOutcome.")
    good = [one for one in issues if one.get("severity") == "information"]
    words = tuple(str(_object(one.get("details")).get("text", "")) for one in good)
    return BundleOutcome(tuple(_problems_of([one for one in issues if one not in good])), words)


def _problems_of(issues: Any) -> list[FieldProblem]:
    found = []
    for issue in _objects(issues):
        details = _object(issue.get("details"))
        codes = [str(one.get("code", "")) for one in _objects(details.get("coding"))]
        places = issue.get("expression")
        place = str(places[0]) if isinstance(places, list) and places else ""
        found.append(FieldProblem(place, (codes or [str(issue.get("code", ""))])[0], str(details.get("text", ""))))
    return found


def _object_in(reply: ApiReply) -> dict[str, Any]:
    """Return the JSON object of a reply; of a page of some proxy between, nothing."""
    try:
        return _object(json.loads(reply.body))
    except (ValueError, RecursionError):
        return {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _ids(value: Any) -> list[UUID]:
    try:
        return [UUID(one) for one in value] if isinstance(value, list) else []
    except (ValueError, AttributeError, TypeError):
        return []
