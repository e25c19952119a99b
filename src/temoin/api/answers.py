"""Every answer of the API as JSON: closed codes, never a value of what was asked."""

from __future__ import annotations

import logging
import secrets
import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import as_told, as_turned_away, is_away
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError, TemoinError
from temoin.pharmacies.programs import ScopeRefusedError

log = logging.getLogger("temoin.api")

# RFC 6749 section 5.2 and RFC 6750 section 3.1 name the codes that they define.
_CODES: tuple[tuple[type[TemoinError], int, str], ...] = (
    (ScopeRefusedError, 400, "invalid_scope"),
    (DeniedError, 403, "insufficient_scope"),
    (NotFoundError, 404, "not_found"),
    (ConflictError, 409, "conflict"),
)

# The program proved its key before it reads this: no stranger learns it. ASCII, as RFC 6749 asks of a description.
UNVOUCHED = "Whoever vouched for this program no longer may: ask an owner of the pharmacy to vouch for it."

AWAY = "The database is away for a moment. What was recorded is kept; ask again after the time in Retry-After."


def answer(content: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(content, status=status)


def error_answer(error: TemoinError) -> JsonResponse:
    """Return the answer for an error that a room raised."""
    if isinstance(error, InvalidError):
        problems = [{"field": problem.field, "code": problem.code} for problem in error.problems]
        return answer({"error": "invalid", "problems": problems}, 400)
    for kind, status, code in _CODES:
        if isinstance(error, kind):
            return answer({"error": code}, status)
    raise error


def bad_token() -> JsonResponse:
    """Return the one answer to a missing, wrong, ended or revoked token."""
    response = answer({"error": "invalid_token"}, 401)
    response["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response


def unvouched_client() -> JsonResponse:
    """Return the answer to a program that proved its key while nobody vouches for it (RFC 6749 section 5.2)."""
    return answer({"error": "unauthorized_client", "error_description": UNVOUCHED}, 400)


def unvouched_token() -> JsonResponse:
    """Return the answer to a token whose program lost who vouched for it after it was given."""
    response = answer({"error": "invalid_token", "error_description": UNVOUCHED}, 401)
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
    """Return the answer to a program that saw unusually many patients in an hour."""
    response = answer({"error": "reads_too_much"}, 429)
    response["Retry-After"] = "600"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:  # noqa: ARG001 Django names them
    """Return the one 404: unknown, malformed and another pharmacy's are the same."""
    return answer({"error": "not_found"}, 404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:  # noqa: ARG001 likewise
    """Return the answer to what is no request of this API."""
    return answer({"error": "invalid_request"}, 400)


def method_not_allowed(methods: tuple[str, ...]) -> JsonResponse:
    """Return the answer of an address that does not take this method."""
    response = answer({"error": "method_not_allowed"}, 405)
    response["Allow"] = ", ".join(methods)
    return response


def away() -> JsonResponse:
    """Return the answer while the database is away, as problem details (RFC 9457)."""
    told = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "error": "away", "detail": AWAY}
    return JsonResponse(told, status=503, content_type="application/problem+json")


def failed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 Django names it
    """Return the answer to a defect of ours: a number to quote, and nothing else."""
    error = sys.exc_info()[1]
    if is_away(error):
        return as_turned_away(away(), error)
    note_broken_seal(error, origin="api")
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=True)
    return as_told(answer({"error": "server_error", "incident": incident}, 500))
