"""Whatever is said at the addresses of FHIR is FHIR: an OperationOutcome, also in the place of every problem."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language

from temoin.api import answers
from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.fhir import MEDIA_TYPE
from temoin.intake.problems import RowProblem

BASE, JSON = "/api/v1/fhir", MEDIA_TYPE

# What a code of ours is among FHIR's kinds of issues; "value" for any other.
_KINDS = {
    "untold": "required",
    "no_result": "required",
    "fhir_reference": "not-found",
    "fhir_modifier": "extension",
    "fhir_bundle": "not-supported",
    "fhir_method": "not-supported",
    "hl7_type": "not-supported",
    "not_production": "business-rule",
    "status_differs": "conflict",
    "values_differ": "conflict",
    "other_subject": "conflict",
    "tests_differ": "conflict",
    "told_twice": "duplicate",
    "state": "code-invalid",
    "part_cancelled": "business-rule",
    "cancel_of_another": "business-rule",
    "never_seen": "not-found",
    "number_used": "duplicate",
    "correction_of_another": "business-rule",
    "never_sent": "not-found",
    "order_used": "duplicate",
    "order_filled": "duplicate",
    "order_sampled": "business-rule",
    "over": "business-rule",
    "others_wait": "business-rule",
    "replaced": "business-rule",
    "cancelled": "business-rule",
    "not_own": "business-rule",
    "no_lot": "business-rule",
    "several_lots": "business-rule",
    "likely_known": "duplicate",
    "fhir_json": "structure",
    "fhir_xml": "structure",
    "fhir_resource": "structure",
    "fhir_large": "too-long",
    "failed": "exception",
}


def issue_of(problem: RowProblem) -> dict[str, Any]:
    told: dict[str, Any] = {
        "severity": "error",
        "code": _KINDS.get(problem.code, "value"),
        "details": {"coding": [{"code": problem.code}], "text": f"{problem.reason} {problem.remedy}".strip()},
    }
    return {**told, "expression": [problem.column]} if problem.column else told


def issue_of_file(error: FileRefusedError) -> dict[str, Any]:
    lang = get_language() or "fr"
    return issue_of(RowProblem(0, "", error.code, error.message(lang), error.remedy(lang)))


def good(words: str) -> dict[str, Any]:
    return {"severity": "information", "code": "informational", "details": {"text": words}}


def outcome(issues: Sequence[dict[str, Any]], status: HTTPStatus) -> HttpResponse:
    return HttpResponse(_content(issues), status=status, content_type=JSON)


def _content(issues: Sequence[dict[str, Any]]) -> bytes:
    return orjson.dumps({"resourceType": "OperationOutcome", "issue": list(issues)})


# What the status of a problem is among FHIR's kinds of issues.
_KINDS_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: "invalid",
    HTTPStatus.UNAUTHORIZED: "login",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "not-supported",
    HTTPStatus.NOT_ACCEPTABLE: "not-supported",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-long",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not-supported",
    HTTPStatus.REQUEST_TIMEOUT: "timeout",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.GONE: "deleted",
    HTTPStatus.UNPROCESSABLE_ENTITY: "duplicate",  # of an Idempotency-Key
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
    HTTPStatus.INTERNAL_SERVER_ERROR: "exception",
    HTTPStatus.SERVICE_UNAVAILABLE: "transient",
}


def in_fhir(request: HttpRequest, told: HttpResponseBase) -> HttpResponseBase:
    """Turn a problem into an OperationOutcome at the addresses of FHIR; status and headers stay."""
    return _in_language_of(request.path_info, told)


def worded(path: str, status: int, words: str) -> tuple[str, bytes] | None:
    """Return content type and body of what the server itself refuses at an address of the API."""
    if not path.startswith("/api/"):
        return None
    code = "invalid_request" if status == HTTPStatus.BAD_REQUEST else words.replace(" ", "_")
    told = answers.problem(HTTPStatus(status), code)
    _in_language_of(path, told)
    return told["Content-Type"], told.content


def _in_language_of(path: str, told: HttpResponseBase) -> HttpResponseBase:
    is_here = path == BASE or path.startswith(f"{BASE}/")
    if not is_here or told.headers.get("Content-Type") != answers.PROBLEM or not isinstance(told, HttpResponse):
        return told
    problem = orjson.loads(told.content)
    if problem["error"] == "merged":  # FHIR has no word for it but that the resource is no more
        told.status_code = HTTPStatus.GONE
    told.content = _content(_issues(problem, _KINDS_OF_STATUS[HTTPStatus(told.status_code)]))
    told["Content-Type"] = JSON
    return told


def _issues(problem: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    stays = [f"Patient/{one}" for one in problem.get("candidates", ())]
    beside = {"diagnostics": " ".join([*stays, problem.get("incident", "")]).strip()}
    whole = {"code": problem["error"], "detail": problem.get("detail", problem["title"])}
    return [
        {
            "severity": "error",
            "code": kind,
            "details": {"coding": [{"code": one["code"]}], "text": one["detail"]},
            **({"expression": [f"http.{one['field']}"]} if one.get("field") else {}),
            **({} if beside["diagnostics"] == "" else beside),
        }
        for one in problem.get("problems", [whole])
    ]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """Return the one 404, in the language of the address."""
    return in_fhir(request, answers.not_found(request, exception))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """Return the answer to what is no request of this API, in the language of the address."""
    return in_fhir(request, answers.bad_request(request, exception))


def failed(request: HttpRequest) -> HttpResponseBase:
    """Return the answer to a defect of ours, in the language of the address."""
    return in_fhir(request, answers.failed(request))
