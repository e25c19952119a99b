"""A document for servers that know R4 alone: without the extensions that stand for elements of a later version.

The European guide asks for them, and a server that validates without the packages of cross-version extensions refuses
every document for their sake.
"""

from __future__ import annotations

from typing import Any

LATER = "http://hl7.org/fhir/5.0/"


def plain(value: Any) -> Any:
    """Return the value without them, at any depth."""
    if isinstance(value, list):
        return [plain(each) for each in value if not _is_later(each)]
    if not isinstance(value, dict):
        return value
    kept = {name: plain(each) for name, each in value.items()}
    return {name: each for name, each in kept.items() if each not in ([], {}) or value[name] in ([], {})}


def _is_later(value: Any) -> bool:
    return isinstance(value, dict) and str(value.get("url", "")).startswith(LATER)
