"""The CapabilityStatement: what is served as FHIR R4, and what of it is asked how. It tells nothing of anybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse

from temoin.api.fhir import XML
from temoin.api.outcomes import BASE, JSON
from temoin.api.settings import SITE
from temoin.formats.fhir import codes

_VALIDATE = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
_VERSIONS = "A GET is answered 304 where `If-None-Match` names the version."
_BY_POST = "By POST to _search alone: no address may hold it."


def _resource(kind: str, *interactions: str, **more: Any) -> dict[str, Any]:
    told = {"type": kind, "interaction": [{"code": one} for one in interactions], "versioning": "versioned"}
    return {**told, "readHistory": False, "conditionalRead": "not-match", "documentation": _VERSIONS, **more}


def _asked(name: str, kind: str, words: str) -> dict[str, str]:
    return {"name": name, "type": kind, "documentation": words}


RESOURCES = [
    {
        "type": "Bundle",
        "documentation": f"{XML} is taken too. {JSON} alone is answered.",
        "operation": [{"name": "validate", "definition": _VALIDATE}],
    },
    _resource(
        "Patient",
        *("read", "search-type"),
        searchParam=[_asked("identifier", "token", f"{codes.INS_NIR} or {codes.PATIENT_SYSTEM}. {_BY_POST}")],
    ),
    _resource(
        "DiagnosticReport",
        *("read", "search-type"),
        searchParam=[
            _asked(
                "identifier",
                "token",
                f"{codes.RECORD_SYSTEM}, or the program's own number; without it, a list. {_BY_POST}",
            ),
            _asked("_lastUpdated", "date", "The moment of the last signature: ge, gt, le, lt, with its offset."),
        ],
    ),
    _resource("Observation", "read"),
    _resource("Specimen", "read"),
]


def metadata(_request: HttpRequest) -> JsonResponse:
    """Return the CapabilityStatement."""
    rest = {
        "mode": "server",
        "security": {"description": "A token of POST /api/token, as a bearer (RFC 6750)."},
        "resource": RESOURCES,
        "interaction": [{"code": "transaction"}, {"code": "batch"}],
    }
    statement = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-30",
        "kind": "instance",
        "implementation": {"description": "Témoin", "url": SITE().staff_url + BASE},
        "fhirVersion": "4.0.1",
        "format": [JSON, XML],
        "rest": [rest],
    }
    return JsonResponse(statement, content_type=JSON)
