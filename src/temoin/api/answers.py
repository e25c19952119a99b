"""Every answer of the API as JSON: problems by RFC 9457 with closed codes, never a value of what was asked.

The token's address answers as OAuth has it (RFC 6749 section 5.2).
"""

from __future__ import annotations

import logging
import secrets
import sys
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from temoin.api.bodies import ProblemBody, ProblemTold
from temoin.api.near import TELLING
from temoin.api.reading import NotWantedError, WrongTypeError
from temoin.api.versions import MatchNeededError, UnmatchedError
from temoin.api.write_pace import WritesTooMuchError
from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import as_told, as_turned_away, is_away
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError, TemoinError
from temoin.patients.queries import MergedError
from temoin.patients.second_record import LikelyKnownError
from temoin.pharmacies.program_calls import InProgressError, KeyReusedError
from temoin.pharmacies.programs import ScopeRefusedError
from temoin.testing.signed import NeverError

log = logging.getLogger("temoin.api")

PROBLEM = "application/problem+json"
_CODES: tuple[tuple[type[TemoinError], HTTPStatus, str], ...] = (
    (DeniedError, HTTPStatus.FORBIDDEN, "insufficient_scope"),
    (NeverError, HTTPStatus.GONE, "gone"),
    (NotFoundError, HTTPStatus.NOT_FOUND, "not_found"),
    (LikelyKnownError, HTTPStatus.CONFLICT, "likely_known"),
    (WrongTypeError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
    (NotWantedError, HTTPStatus.NOT_ACCEPTABLE, "not_acceptable"),
    (InvalidError, HTTPStatus.BAD_REQUEST, "invalid"),
    (InProgressError, HTTPStatus.CONFLICT, "in_progress"),
    (MergedError, HTTPStatus.CONFLICT, "merged"),
    (KeyReusedError, HTTPStatus.UNPROCESSABLE_ENTITY, "key_reused"),
    (ConflictError, HTTPStatus.CONFLICT, "conflict"),
    (UnmatchedError, HTTPStatus.PRECONDITION_FAILED, "changed"),
    (MatchNeededError, HTTPStatus.PRECONDITION_REQUIRED, "if_match_required"),
    (WritesTooMuchError, HTTPStatus.TOO_MANY_REQUESTS, "writes_too_much"),
)

# What a program does next, where no field is at fault.
_REMEDIES: dict[type[TemoinError], Promise] = {
    UnmatchedError: _("Read it again, then send its ETag in If-Match: in its quotes, without W/."),
    MatchNeededError: _("Say in If-Match which version you saw: its ETag, as it was answered."),
    KeyReusedError: _("This key was used for another call: draw another one for each."),
}
_IN_BODIES = {"lot": "lot_id", "consent": "notice_version"}

# The program proved its key before it reads this: no stranger learns it. ASCII, as RFC 6749 asks of a description.
UNVOUCHED = "Whoever vouched for this program no longer may: ask an owner of the pharmacy to vouch for it."

AWAY = "The database is away for a moment. What was recorded is kept; ask again after the time in Retry-After."


def answer(content: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(content, status=status)


def problem(status: HTTPStatus, error: str, **more: Any) -> JsonResponse:
    """Return a problem in the shape of RFC 9457, with the members that say something."""
    told = ProblemBody(title=status.phrase, status=status, error=error, **more)
    return JsonResponse(told.model_dump(mode="json", exclude_defaults=True), status=status, content_type=PROBLEM)


def told_problem(error: TemoinError) -> dict[str, Any]:
    """Return the members that say what a room refused; what no room raises is a defect, and raised on."""
    status, code = next(((status, code) for kind, status, code in _CODES if isinstance(error, kind)), (None, ""))
    if status is None:
        raise error
    members: dict[str, Any] = {"status": status, "error": code}
    if isinstance(error, InvalidError):
        members["problems"] = [
            ProblemTold(field=_named(one.field), code=one.code, detail=str(one.message)) for one in error.problems
        ]
    if isinstance(error, TELLING):
        members["candidates"] = error.candidates
    if isinstance(error, MergedError):
        members["candidates"] = [error.stays]
    return members


def _named(field: str) -> str:
    """Return a field by its name in a body, where the pages' forms call it otherwise."""
    return _IN_BODIES.get(field, field.replace("outcome-", "outcomes.", 1) if field.startswith("outcome-") else field)


def error_answer(error: TemoinError) -> JsonResponse:
    """Return the answer for an error that a room raised."""
    if isinstance(error, ScopeRefusedError):
        return answer({"error": "invalid_scope"}, HTTPStatus.BAD_REQUEST)
    remedy = next((str(words) for kind, words in _REMEDIES.items() if isinstance(error, kind)), "")
    return problem(**told_problem(error), detail=remedy)


def bad_token() -> JsonResponse:
    """Return the one answer to a missing, wrong, ended or revoked token."""
    response = problem(HTTPStatus.UNAUTHORIZED, "invalid_token")
    response["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response


def unvouched_client() -> JsonResponse:
    """Return the answer to a program that proved its key while nobody vouches for it (RFC 6749 section 5.2)."""
    return answer({"error": "unauthorized_client", "error_description": UNVOUCHED}, 400)


def unvouched_token() -> JsonResponse:
    """Return the answer to a token whose program lost who vouched for it after it was given."""
    response = problem(HTTPStatus.UNAUTHORIZED, "invalid_token", detail=UNVOUCHED)
    response["WWW-Authenticate"] = f'Bearer error="invalid_token", error_description="{UNVOUCHED}"'
    return response


def bad_client() -> JsonResponse:
    """Return the one answer to whatever is wrong with an assertion."""
    return answer({"error": "invalid_client"}, 401)


def too_many() -> JsonResponse:
    """Return the answer to who asks for tokens too fast."""
    response = answer({"error": "slow_down"}, 429)
    response["Retry-After"] = "60"
    return response


def reads_too_much() -> JsonResponse:
    """Return the answer to a program that read or searched unusually much in an hour."""
    response = problem(HTTPStatus.TOO_MANY_REQUESTS, "reads_too_much")
    response["Retry-After"] = "600"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:  # noqa: ARG001 Django names them
    """Return the one 404: unknown, malformed and another pharmacy's are the same."""
    return problem(HTTPStatus.NOT_FOUND, "not_found")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:  # noqa: ARG001 likewise
    """Return the answer to what is no request of this API."""
    return problem(HTTPStatus.BAD_REQUEST, "invalid_request")


def method_not_allowed(methods: tuple[str, ...]) -> JsonResponse:
    """Return the answer of an address that does not take this method."""
    response = problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed")
    response["Allow"] = ", ".join(methods)
    return response


def away() -> JsonResponse:
    """Return the answer while the database is away."""
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "away", detail=AWAY)


def failed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 Django names it
    """Return the answer to a defect of ours: a number to quote, and nothing else."""
    error = sys.exc_info()[1]
    if is_away(error):
        return as_turned_away(away(), error)
    note_broken_seal(error, origin="api")
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=True)
    return as_told(problem(HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", incident=incident))
