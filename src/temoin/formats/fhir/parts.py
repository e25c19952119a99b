"""Ways into a parsed FHIR document: its resources, and their codings and identifiers by system."""

from collections.abc import Iterable
from typing import Any

from temoin.formats.fhir.elements import Element


class DocumentError(ValueError):
    """The bytes are not a document of ours; the message names the element and never its value."""


class Parts:
    """The resources of one document: by type where there is exactly one, and by the address others use."""

    def __init__(self, bundle: Element) -> None:
        if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "document":
            raise DocumentError("not a Bundle of type document")
        self.bundle = bundle
        self._by_url: dict[str, Element] = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
        self.composition = self.only("Composition")
        self.report = self.only("DiagnosticReport")

    def only(self, kind: str) -> Element:
        found = [each for each in self._by_url.values() if each["resourceType"] == kind]
        if len(found) != 1:
            raise DocumentError(f"{kind}: exactly one is expected")
        return found[0]

    def at(self, element: Element, kind: str) -> Element:
        """Follow a reference and check what is there."""
        resource = self._by_url.get(element["reference"])
        if resource is None or resource["resourceType"] != kind:
            raise DocumentError(f"a reference to {kind} leads nowhere")
        return resource


def coded(concepts: Iterable[Element], system: str) -> Element:
    """Return the first coding of a system among concepts, or an empty one."""
    for each in concepts:
        for coding in each.get("coding", ()):
            if coding["system"] == system:
                return dict(coding)
    return {}


def identified(identifiers: Iterable[Element], *systems: str) -> str:
    """Return the value of the first identifier of these systems, or an empty text."""
    for each in identifiers:
        if each.get("system") in systems:
            return str(each["value"])
    return ""


def extended(element: Element, url: str) -> Element:
    """Return the extension of that address, or an empty one."""
    for each in element.get("extension", ()):
        if each["url"] == url:
            return dict(each)
    return {}


def contact(resource: Element, system: str) -> str:
    for each in resource.get("telecom", ()):
        if each["system"] == system:
            return str(each["value"])
    return ""


def named(resource: Element, use: str) -> dict[str, Any]:
    for each in resource["name"]:
        if each.get("use") == use:
            return dict(each)
    return {}
