"""A received Bundle, read with care: typed access to its parts whatever the sender put there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

Json = dict[str, Any]


class ReadPart(NamedTuple):
    """One entry of the Bundle: where its resource is, its fullUrl, its resource, and the entry itself."""

    path: str
    url: str
    resource: Json
    entry: Json


def text(node: Json, name: str) -> str:
    """Return a string element, or nothing when it is missing or of another type."""
    value = node.get(name)
    return value if isinstance(value, str) else ""


def child(node: Json, name: str) -> Json:
    """Return an object element, empty when it is missing or of another type."""
    value = node.get(name)
    return value if isinstance(value, dict) else {}


def children(node: Json, name: str) -> list[Json]:
    """Return the objects of a list element, none when it is missing or of another type."""
    value = node.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def codings(node: Json, name: str) -> list[tuple[str, str]]:
    """Return the (system, code) pairs of a CodeableConcept element, or of a list of them."""
    concepts = children(node, name) if isinstance(node.get(name), list) else [child(node, name)]
    return [
        (text(coding, "system"), text(coding, "code")) for concept in concepts for coding in children(concept, "coding")
    ]


def reference(node: Json, name: str) -> str:
    return text(child(node, name), "reference")


def references(node: Json, name: str) -> list[str]:
    """Return the literal references of a list of Reference elements."""
    return [text(item, "reference") for item in children(node, name)]


def identifier(node: Json) -> str:
    """Return an Identifier as the token `system|value` that searches use, or nothing when incomplete."""
    system, value = text(node, "system"), text(node, "value")
    return f"{system}|{value}" if system and value else ""


@dataclass(frozen=True, slots=True)
class SandboxReading:
    """The Bundle, its parts in order, and the moment it was received."""

    bundle: Json
    parts: tuple[ReadPart, ...]
    received: datetime

    def of_type(self, name: str) -> list[ReadPart]:
        """Return the parts of one resource type, in order."""
        return [part for part in self.parts if part.resource.get("resourceType") == name]

    @property
    def identifier(self) -> str:
        """The Bundle's own identifier as a token."""
        return identifier(child(self.bundle, "identifier"))

    def former(self) -> str:
        """Return the token of the document that this one says it replaces."""
        for part in self.of_type("Composition"):
            for relation in children(part.resource, "relatesTo"):
                if text(relation, "code") == "replaces":
                    return _target(relation)
        return ""


def read_bundle(bundle: Json, received: datetime) -> SandboxReading:
    """Lay out a Bundle for the rules; entries that are not objects become empty parts."""
    return SandboxReading(bundle, tuple(_parts(bundle)), received)


def _parts(bundle: Json) -> Iterator[ReadPart]:
    entries = bundle.get("entry")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        known = entry if isinstance(entry, dict) else {}
        yield ReadPart(f"Bundle.entry[{index}].resource", text(known, "fullUrl"), child(known, "resource"), known)


def _target(relation: Json) -> str:
    named = identifier(child(relation, "targetIdentifier"))
    return named or identifier(child(child(relation, "targetReference"), "identifier"))
