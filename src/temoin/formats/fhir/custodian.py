"""Which site answers for a document, as a server shows it back: its FINESS number, and nothing else of the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from temoin.formats.fhir.codes import FINESS


def custodian_finess(document: dict[str, Any]) -> str:
    """Return the FINESS number of the custodian; "" where it has none or the document is not of that shape."""
    entries = list(_dicts(document.get("entry")))
    heads = (head for entry in entries for head in _dicts([entry.get("resource")]))
    custodian = next((head.get("custodian") for head in heads if head.get("resourceType") == "Composition"), None)
    reference = custodian.get("reference") if isinstance(custodian, dict) else None
    if not isinstance(reference, str):
        return ""
    for entry in entries:
        if entry.get("fullUrl") == reference:
            for organization in _dicts([entry.get("resource")]):
                return _number(organization)
    return ""


def _number(organization: dict[str, Any]) -> str:
    for one in _dicts(organization.get("identifier")):
        if one.get("system") == FINESS and isinstance(one.get("value"), str):
            return str(one["value"])
    return ""


def _dicts(values: Any) -> Iterator[dict[str, Any]]:
    return (value for value in values if isinstance(value, dict)) if isinstance(values, list) else iter(())
