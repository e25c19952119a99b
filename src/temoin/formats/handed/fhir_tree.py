"""FHIR R4 as it stands in JSON, XML or NDJSON: resources of lists and texts, within bounds.

Every element is asked for through these functions: one of another shape than FHIR gives it counts as missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

import orjson
from lxml import etree

from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.tables import LARGEST_FILE
from temoin.lib.json_names import names_twice

LARGEST_BUNDLE = 16 * 1024 * 1024
MOST_ALIKE = 50  # names, addresses, identifiers, codes or references under one element
DEEPEST = 100  # elements within one another; a Bundle in use has some fifteen
NAMESPACE = "http://hl7.org/fhir"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_ATTRIBUTES = frozenset({"url", "id", "value"})

Node = Mapping[str, Any]
NOTHING: Node = {}


class BrokenError(Exception):
    """Bytes are no JSON or XML that can be read here; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Placed:
    """A resource, and where it stands."""

    path: str
    node: Node = field(repr=False)

    @property
    def kind(self) -> str:
        return text(self.node, "resourceType")


@dataclass(frozen=True, slots=True)
class SentTogether:
    """Resources that are read together: a Bundle, or loose ones; or why they cannot be read."""

    resources: tuple[Any, ...] = ()
    code: str = ""


def portions(stream: BinaryIO, *, is_xml: bool) -> Iterator[SentTogether]:
    """Yield what a file holds: one Bundle, one on each line, loose resources; FileRefusedError for what is none."""
    if is_xml:
        yield SentTogether((_whole(_xml, stream),))
        return
    start = stream.tell()
    first = _loaded(_first_line(stream))
    stream.seek(start)
    if isinstance(first, dict):
        yield from _of_lines(stream)
        return
    whole = _whole(_json, stream)
    yield SentTogether(tuple(whole) if isinstance(whole, list) else (whole,))


def _first_line(stream: BinaryIO) -> bytes:
    for line in iter(lambda: stream.readline(LARGEST_BUNDLE + 1), b""):
        if line.strip():
            return line
    return b""


def _of_lines(stream: BinaryIO) -> Iterator[SentTogether]:
    """Yield the Bundles of a file of lines, each by itself, then its loose resources, which may name each other."""
    loose: list[Any] = []
    size = kept = 0
    while line := stream.readline(LARGEST_BUNDLE + 1):
        size += len(line)
        if size > LARGEST_FILE or len(line) > LARGEST_BUNDLE:
            raise FileRefusedError("fhir_large")
        found = _loaded(line)
        if found is None:
            if line.strip():
                yield SentTogether(code="fhir_json")
        elif text(found, "resourceType") == "Bundle":
            yield SentTogether((found,))
        else:
            kept += len(line)
            if kept > LARGEST_BUNDLE:
                raise FileRefusedError("fhir_large")
            loose.append(found)
    if loose:
        yield SentTogether(tuple(loose))


def _loaded(line: bytes) -> Any:
    try:
        return _json(line) if line.strip() else None
    except BrokenError:
        return None


def _whole(read: Any, stream: BinaryIO) -> Any:
    data = stream.read(LARGEST_BUNDLE + 1)
    if len(data) > LARGEST_BUNDLE:
        raise FileRefusedError("fhir_large")
    try:
        return read(data)
    except BrokenError as error:
        raise FileRefusedError(error.code) from None


def _json(data: bytes) -> Any:
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        found = orjson.loads(data)
        if depth(found) > DEEPEST or names_twice(data):
            raise BrokenError("fhir_json")
        # A float keeps no zero at its end.
        return json.loads(data, parse_float=Decimal) if b"valueQuantity" in data else found
    except ValueError:
        raise BrokenError("fhir_json") from None


def depth(node: Any) -> int:
    """Return how many elements lie within one another, without recursion; one more than the bound says enough."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        each, level = waiting.pop()
        deepest = max(deepest, level)
        if deepest > DEEPEST:
            return deepest
        inner = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        waiting.extend((one, level + 1) for one in inner if isinstance(one, dict | list))
    return deepest


def _xml(data: bytes) -> Any:
    """Read XML without a DTD, hence without entities but those of XML itself."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise BrokenError("fhir_xml") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenError("fhir_xml")
    if etree.QName(root).namespace != NAMESPACE:
        raise BrokenError("markup")
    found = _resource(root)
    if depth(found) > DEEPEST:
        raise BrokenError("fhir_xml")
    return found


def _resource(element: Any) -> dict[str, Any]:
    return {"resourceType": etree.QName(element).localname, **_children(element)}


def _children(element: Any) -> dict[str, Any]:
    _check_plain(element)
    found: dict[str, Any] = {name: value for name, value in element.attrib.items() if name in {"url", "id"}}
    for child in element:
        if not isinstance(child.tag, str) or child.tag.startswith(_XHTML):
            continue
        found.setdefault(etree.QName(child).localname, []).append(_value(child))
    return found


def _check_plain(element: Any) -> None:
    """Refuse text, and attributes that FHIR has not: what would be read is not all that is said."""
    own = {str(name) for name in element.attrib if not str(name).startswith("{")}  # another namespace's are no values
    around = [element.text, *(child.tail for child in element)]
    if own - _ATTRIBUTES or any(part and not part.isspace() for part in around):
        raise BrokenError("fhir_xml")


def _value(element: Any) -> Any:
    name = etree.QName(element).localname
    if name in {"resource", "contained"} and len(element):
        return _resource(element[0])
    inner = _children(element)
    value = element.get("value")
    return inner if value is None else value


def many(node: Any, name: str) -> list[Any]:
    """Return what stands under a name, as a list."""
    found = node.get(name) if isinstance(node, dict) else None
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def few(node: Any, name: str) -> list[Any]:
    """Return what stands under a name of which nobody has more than some: it is looked through for each result."""
    return many(node, name)[:MOST_ALIKE]


def first(node: Any, *names: str) -> Node:
    """Return the first element on a way of names; one without anything where there is none."""
    for name in names:
        node = next((one for one in many(node, name) if isinstance(one, dict)), NOTHING)
    found: Node = node
    return found


def text(node: Any, name: str) -> str:
    """Return the first text under a name, "" for none; a number is no text, but digits are read as such."""
    found = next(iter(many(node, name)), "")
    if isinstance(found, str):
        return found.strip()
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def texts(node: Any, name: str) -> list[str]:
    return [one.strip() for one in few(node, name) if isinstance(one, str) and one.strip()]


# Elements that FHIR R4 has once: JSON may hold a list under their name, and XML the element twice.
_ONCE = frozenset(
    {
        *("status", "intent", "gender", "birthDate", "issued", "effectiveDateTime", "effectiveInstant", "system"),
        *(
            "collectedDateTime",
            "valueString",
            "family",
            "city",
            "postalCode",
            "country",
            "state",
            "use",
            "start",
            "end",
        ),
        *("active", "reference"),
    }
)


def doubled(placed: Placed) -> Iterator[str]:
    """Yield where an element that stands once says several things."""
    waiting: list[tuple[str, Any]] = [(placed.path, placed.node)]
    while waiting:
        path, node = waiting.pop()
        for name, inner in node.items() if isinstance(node, dict) else ():
            values = inner if isinstance(inner, list) else [inner]
            if name in _ONCE and any(value != values[0] for value in values):
                yield f"{path}.{name}"
            elif name != "contained":
                waiting += [(f"{path}.{name}", one) for one in values if isinstance(one, dict)]


def paths_of(node: Any, path: str, names: frozenset[str]) -> Iterator[str]:
    """Yield where any of these elements stands, at whatever depth: within the bound of depth that was judged."""
    if isinstance(node, dict):
        for name, inner in node.items():
            if name in names and inner not in ([], "", None):
                yield f"{path}.{name}"
            yield from paths_of(inner, f"{path}.{name}", names)
    elif isinstance(node, list):
        for place, inner in enumerate(node):
            if isinstance(inner, dict | list):
                yield from paths_of(inner, f"{path}[{place}]", names)
