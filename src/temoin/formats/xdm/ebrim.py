"""Pieces of an ebRIM 3.0 registry, as IHE (ITI TF-3 §4.2) writes the metadata of documents with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from temoin.formats.cda.elements import Element, written
from temoin.lib.text import shortened

LCM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
XML_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
LONGEST: Final = 256  # characters of a value (rim.xsd, LongName; ITI TF-3 §4.2.3.1)
APPROVED: Final = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"

_OBJECT = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:"


def add(parent: Element, name: str, /, **attributes: str) -> Element:
    values = {key: written(value) for key, value in attributes.items()}
    return etree.SubElement(parent, f"{{{RIM}}}{name}", values)


def add_slot(parent: Element, name: str, *values: str) -> None:
    """Append a named list of values; nothing when there is none."""
    told = [value for value in values if value]
    if told:
        listed = add(add(parent, "Slot", name=name), "ValueList")
        for value in told:
            add(listed, "Value").text = written(value)


def add_name(parent: Element, words: str) -> None:
    localized = add(add(parent, "Name"), "LocalizedString", value=words, charset="UTF-8")
    localized.set(XML_LANGUAGE, "fr-FR")


def add_classification(
    parent: Element, scheme: str, slots: Mapping[str, Sequence[str]], *, code: str = "", words: str = ""
) -> None:
    """Append a code, or an author, who has neither code nor words."""
    owner = parent.attrib["id"]
    classification = add(
        parent,
        "Classification",
        id=_symbol(parent),
        objectType=f"{_OBJECT}Classification",
        classificationScheme=scheme,
        classifiedObject=owner,
        nodeRepresentation=code,
    )
    for name, values in slots.items():
        add_slot(classification, name, *values)
    if words:
        add_name(classification, words)


def add_node(parent: Element, node: str) -> None:
    """Append the classification that says which kind of object this is."""
    owner = parent.attrib["id"]
    kind = f"{_OBJECT}Classification"
    add(parent, "Classification", id=_symbol(parent), objectType=kind, classifiedObject=owner, classificationNode=node)


def _symbol(parent: Element) -> str:
    # A name for the length of the file: one that began with "urn:uuid:" would have to be a UUID.
    return f"{etree.QName(parent).localname}.{len(parent)}"


def add_identifier(parent: Element, scheme: str, value: str, words: str) -> None:
    owner = parent.attrib["id"]
    identifier = add(
        parent,
        "ExternalIdentifier",
        id=_symbol(parent),
        objectType=f"{_OBJECT}ExternalIdentifier",
        registryObject=owner,
        identificationScheme=scheme,
        value=value,
    )
    add_name(identifier, words)


def add_association(parent: Element, kind: str, source: str, target: str) -> Element:
    return add(
        parent,
        "Association",
        id=_symbol(parent),
        objectType=f"{_OBJECT}Association",
        associationType=kind,
        sourceObject=source,
        targetObject=target,
    )


def escaped(value: str) -> str:
    """Return a text as one component of an HL7 v2 field, which several metadata are made of."""
    return value.translate({92: "\\E\\", 94: "\\S\\", 38: "\\T\\", 124: "\\F\\", 126: "\\R\\"})


def fitted(value: str, room: int) -> str:
    """Return as much of a text as one component has room for; the document beside the metadata has it whole."""
    return escaped(shortened(value, max(room, 0), lambda text: len(escaped(text))))
