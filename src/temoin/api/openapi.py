"""The specification of this API, made from the table of its operations (OpenAPI 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

from django.http import HttpRequest, JsonResponse
from django.urls import get_resolver
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from temoin.api.bodies import Nothing, ProblemBody
from temoin.api.fhir_bodies import FhirOutcome
from temoin.api.guard import Open, Operation
from temoin.api.outcomes import BASE
from temoin.api.outcomes import JSON as FHIR_JSON
from temoin.api.paging import PAGING
from temoin.api.write_pace import POLICY, STANDING
from temoin.pharmacies.professions import Right
from temoin.pharmacies.scopes import SCOPE_RIGHTS

_REFERENCE = "#/components/schemas/{model}"
_PLACE = re.compile(r"<(\w+):(\w+)>")
_PLACES = {
    "uuid": {"type": "string", "format": "uuid"},
    "slug": {"type": "string"},
    "int": {"type": "integer", "minimum": 0},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 16, "maxLength": 128},
    "description": "Drawn at random for each request. Sent again within a day, the same request is answered the same.",
}
_LINK = {"schema": {"type": "string"}, "description": 'The next page, `rel="next"` (RFC 8288); none on the last one.'}
_TAG = {"schema": {"type": "string"}, "description": "The version of the thing, a strong tag (RFC 9110)."}
_WEAK_TAG = {"schema": {"type": "string"}, "description": "The version of the resource, a weak tag (RFC 9110)."}
_WAIT = {"schema": {"type": "integer"}, "description": "Seconds to wait."}
_BUDGET = {
    POLICY: {"schema": {"type": "string"}, "description": "How much the program may write: `q` in `w` seconds."},
    STANDING: {"schema": {"type": "string"}, "description": "What is left, `r`, and in how many seconds all is, `t`."},
}
_TEXT = {"schema": {"type": "string"}}
_DESCRIPTION = (
    "A program registers, samples and proposes; a pharmacist signs. No address holds personal data. "
    "Problems have the shape of RFC 9457; `error` is a closed code, and `problems` names fields and remedies."
)


def specification(operations: Iterable[Operation]) -> dict[str, Any]:
    """Write operations down as OpenAPI 3.1 has it; every shape under its own name."""
    told = [operation for operation in operations if operation.is_told]
    shapes: dict[str, type[BaseModel]] = {one.__name__: one for each in told for one in _shapes(each)}
    shapes |= {one.__name__: one for one in (ProblemBody, FhirOutcome)}
    asked: list[tuple[type[BaseModel], Literal["validation"]]] = [
        (shapes[name], "validation") for name in sorted(shapes)
    ]
    _names, schemas = models_json_schema(asked, ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for operation in told:
        paths.setdefault(address_of(operation), {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Témoin", "version": "1", "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of POST /api/token."}
            },
        },
    }


def _shapes(operation: Operation) -> list[type[BaseModel]]:
    if _is_text(operation):
        return []
    return [operation.answers] if operation.body is None else [operation.answers, operation.body]


def _is_text(operation: Operation) -> bool:
    """Tell whether an answer is of no shape: lines of HL7 v2."""
    return bool(operation.media) and operation.answers is Nothing


def address_of(operation: Operation) -> str:
    """Return the address as the specification writes it: /api/v1/tests/{record_id}."""
    return "/" + _PLACE.sub(lambda found: f"{{{found[2]}}}", operation.path)


def scopes_for(right: Right) -> list[str]:
    """Return the scopes any of which opens what asks for this right."""
    return sorted(scope.value for scope, rights in SCOPE_RIGHTS.items() if right in rights)


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation),
        "security": [] if operation.asks is Open.NOTHING else [{"token": _scopes(operation)}],
    }
    if operation.media:
        sent = {"schema": _form(operation)} if operation.form else _TEXT
        told["requestBody"] = {"required": True, "content": dict.fromkeys(operation.media, sent)}
    if operation.body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": _refers(operation.body)}}
    return told


def _scopes(operation: Operation) -> list[str]:
    return scopes_for(operation.asks) if isinstance(operation.asks, Right) else []


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    places = [
        {"name": name, "in": "path", "required": True, "schema": _PLACES[kind]}
        for kind, name in _PLACE.findall(operation.path)
    ]
    asked = [
        {"name": name, "in": "query", "required": False, "schema": _value(operation, name, pattern)}
        for name, pattern in (*operation.asked, *(PAGING if operation.is_paged else ()))
    ]
    return places + asked + _conditions(operation) + ([_KEY] if (operation.is_keyed or operation.takes_key) else [])


def _value(operation: Operation, name: str, pattern: str) -> dict[str, Any]:
    text = {"type": "string", "pattern": pattern}
    return {"type": "array", "items": text, "maxItems": 2} if name in operation.twice else text


def _form(operation: Operation) -> dict[str, Any]:
    fields = {name: _value(operation, name, pattern) for name, pattern in operation.form}
    needed = {"required": list(operation.needs)} if operation.needs else {}
    return {"type": "object", "properties": fields, **needed}


def _conditions(operation: Operation) -> list[dict[str, Any]]:
    if operation.version is None:
        return []
    if not operation.is_keyed:
        return [_header("If-None-Match", "Tags that you have: for the same version the answer is 304, and is no look.")]
    needed = " Needed where it replaces a proposal that waits." if operation.replaces else ""
    return [_header("If-Match", f"The tag of the version that you saw: for another nothing is done.{needed}")]


def _header(name: str, words: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": words}


def _responses(operation: Operation) -> dict[str, Any]:
    is_fhir = address_of(operation).startswith(BASE)
    media = FHIR_JSON if is_fhir else next(iter(operation.media), "application/json")
    content = {media: _TEXT if _is_text(operation) else _refers(operation.answers)}
    done: dict[str, Any] = {"description": "Done.", "content": content}
    problems = {FHIR_JSON: _refers(FhirOutcome)} if is_fhir else {"application/problem+json": _refers(ProblemBody)}
    problem, tag = {"content": problems}, {"ETag": _WEAK_TAG if is_fhir else _TAG}
    if operation.is_paged:
        done["headers"] = {"Link": _LINK}
    if operation.version is not None:
        done["headers"] = tag
    if operation.is_write:
        done["headers"] = {**done.get("headers", {}), **_BUDGET}
    told: dict[str, Any] = {str(operation.status): done}
    if operation.version is not None and not operation.is_keyed:
        told["304"] = {"description": "You have this version.", "headers": tag}
    for status, words in _problems(operation).items():
        told[str(status)] = {"description": words, **problem}
    if "429" in told:
        told["429"] = {**told["429"], "headers": {"Retry-After": _WAIT, **(_BUDGET if operation.is_write else {})}}
    return told


def _problems(operation: Operation) -> dict[int, str]:
    """Return the statuses of problems that an operation can meet, each in words."""
    if operation.asks is Open.NOTHING:
        return {405: "This address does not take the method."}  # the specification itself needs no database
    told = _usual_problems(operation)
    if isinstance(operation.asks, Right):
        told |= {403: "The token's scopes do not reach so far.", 429: "Wait as long as Retry-After says."}
    if operation.method == "POST" or operation.is_paged or operation.asked:
        told |= {400: "What was sent cannot be taken."}
    if operation.body is not None or operation.media:
        told |= {
            408: "The body came too slowly.",
            413: f"The body is larger than {operation.largest:,} bytes: send less.",
        }
        told |= {415: f"The body is not {' or '.join(operation.media) or 'application/json'}."}
    if operation.version is not None and operation.is_keyed:
        told |= {412: "It is no longer the version that `If-Match` names."}
    if operation.replaces is not None:
        told |= {428: "It would replace something: say in `If-Match` which version you saw."}
    if operation.is_keyed or operation.takes_key:
        told |= {422: "The key was used for another request."}
    return dict(sorted(told.items()))


def _usual_problems(operation: Operation) -> dict[int, str]:
    told = {
        401: "The token is missing, wrong, over or revoked.",
        404: "No such object here: unknown and another pharmacy's are the same.",
        405: "This address does not take the method.",
        409: "The state of things does not allow it; `merged` names the record that stays.",
        500: "A defect: quote the incident.",
        503: "The database is away, or all are busy: ask again when Retry-After says.",
    }
    if operation.speaks:  # FHIR, where what was merged is gone
        del told[409]
        told |= {406: f"Only {operation.speaks} is answered here."}
        told |= {410: "The record was merged, or the test was closed without a result."} if operation.version else {}
    return told


def _refers(shape: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": _REFERENCE.format(model=shape.__name__)}}


@cache
def _written() -> dict[str, Any]:
    entries: list[Any] = get_resolver("temoin.api.urls").url_patterns
    addresses = dict.fromkeys(entry.callback for entry in entries)
    return specification(operation for address in addresses for operation in address.operations)


def openapi(_request: HttpRequest) -> JsonResponse:
    """Return the specification; it tells nothing of anybody."""
    return JsonResponse(_written())
