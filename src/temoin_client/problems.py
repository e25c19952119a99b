"""What can go wrong, as exceptions: each has the server's closed code, and what is wrong with which field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong: where, why as a closed code, and what to do about it in words."""

    field: str
    reason: str
    remedy: str


class CallError(Exception):
    """A call was not done, or nobody knows whether it was."""

    # Of a call that does something. Made again with this key, it is done once: now or before.
    key: str = ""


class UnansweredError(CallError):
    """No answer came until the deadline. What was asked may have been done."""


class UnreadableAnswerError(CallError):
    """An answer came that is none of this API."""


class ProblemError(CallError):
    """The server said no (RFC 9457): `error` is closed, `problems` tell fields, reasons and remedies."""

    def __init__(
        self,
        *,
        status: int,
        error: str,
        problems: Sequence[FieldProblem] = (),
        candidates: Sequence[UUID] = (),
        detail: str = "",
        incident: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status, self.error, self.problems = status, error, tuple(problems)
        self.candidates, self.detail, self.incident = tuple(candidates), detail, incident
        self.retry_after = retry_after
        told = [f"{one.field}: {one.reason}: {one.remedy}" for one in self.problems]
        super().__init__("; ".join([f"{status} {error}", *filter(None, [detail, incident]), *told]))


class WrongRequestError(ProblemError):
    """What was sent cannot be taken: see `problems`."""


class TokenLostError(ProblemError):
    """A fresh token was refused, too: the program was revoked, or nobody vouches for it any more."""


class TokenNotGivenError(ProblemError):
    """The key, the client id or the scopes do not bring a token."""


class ScopeMissingError(ProblemError):
    """The program's scopes do not reach so far."""


class NotHereError(ProblemError):
    """Unknown, or another pharmacy's."""


class WrongStateError(ProblemError):
    """The state of things does not allow it."""


class PerhapsKnownError(ProblemError):
    """`candidates` are perhaps the same person: somebody compares, then uses one or puts them aside."""


class MergedRecordError(ProblemError):
    """`candidates` holds the record that stays."""


class StillBeingDoneError(ProblemError):
    """A call with the same key is still being done."""


class ChangedSinceError(ProblemError):
    """It is no longer the version of `if_match`: read it again."""


class VersionAskedError(ProblemError):
    """It would replace something: say in `if_match` which version you saw."""


class OtherRequestError(ProblemError):
    """The key was used for another request."""


class TooMuchError(ProblemError):
    """Wait as long as `retry_after` says."""


class ServerDefectError(ProblemError):
    """A defect of the server: quote the `incident`."""


class ServerAwayError(ProblemError):
    """The server, or its database, is away."""


BY_CODE: dict[str, type[ProblemError]] = {
    "invalid": WrongRequestError,
    "invalid_request": WrongRequestError,
    "unsupported_media_type": WrongRequestError,
    "method_not_allowed": WrongRequestError,
    "invalid_token": TokenLostError,
    "insufficient_scope": ScopeMissingError,
    "not_found": NotHereError,
    "gone": NotHereError,
    "not_acceptable": WrongRequestError,
    "conflict": WrongStateError,
    "likely_known": PerhapsKnownError,
    "merged": MergedRecordError,
    "in_progress": StillBeingDoneError,
    "changed": ChangedSinceError,
    "if_match_required": VersionAskedError,
    "key_reused": OtherRequestError,
    "reads_too_much": TooMuchError,
    "writes_too_much": TooMuchError,
    "slow_down": TooMuchError,
    "server_error": ServerDefectError,
    "away": ServerAwayError,
}
