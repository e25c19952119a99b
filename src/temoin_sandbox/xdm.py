"""An IHE XDM package as the operator and the doctor's software check it; shares no code with the sender."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1

from lxml import etree

_SET = "IHE_XDM/SUBSET01/"
_FILES = {"INDEX.HTM", "README.TXT", f"{_SET}METADATA.XML"}
_RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}
_CDA = {"h": "urn:hl7-org:v3"}
_ENTRY = "//r:ExtrinsicObject"
_MATRICULES = tuple(f"1.2.250.1.213.1.4.{arc}" for arc in (8, 9, 10, 11))
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
LARGEST = 5_000_000  # bytes of all files together


@dataclass(frozen=True, slots=True)
class XdmDocument:
    """The document of a package, and what of it the message must agree with."""

    identifier: str
    code: str
    matricule: str  # "" when the identity is not qualified
    version: str
    recipients: tuple[str, ...]  # mailboxes of those the document is for


def unpack(data: bytes) -> tuple[XdmDocument | None, list[str]]:
    """Return the document and what is wrong with its package, by name."""
    try:
        files = _files(data)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return None, ["zip"]
    documents = [name for name in files if name not in _FILES]
    if not set(files) >= _FILES or len(documents) != 1 or not documents[0].startswith(_SET):
        return None, ["zip-files"]
    content = files[documents[0]]
    try:
        metadata = etree.fromstring(files[f"{_SET}METADATA.XML"], _PARSER)
        root = etree.fromstring(content, _PARSER)
    except etree.XMLSyntaxError:
        return None, ["xml"]
    document = _document(root)
    name = documents[0].removeprefix(_SET)
    return document, [*_document_faults(root, document), *_metadata_faults(metadata, document, content, name)]


def _files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(each.file_size for each in archive.infolist()) > LARGEST:
            raise ValueError("too large")
        return {name: archive.read(name) for name in archive.namelist()}


def _document(root: etree._Element) -> XdmDocument:
    def told(path: str) -> str:
        return str(root.xpath(f"string({path})", namespaces=_CDA))

    numbers = [str(each) for each in _all(root, "h:recordTarget/h:patientRole/h:id", _CDA, "root", "extension")]
    matricules = [each.partition("|")[2] for each in numbers if each.partition("|")[0] in _MATRICULES]
    boxes = _all(root, "h:informationRecipient/h:intendedRecipient/h:telecom", _CDA, "value")
    return XdmDocument(
        identifier=told("h:id/@root"),
        code=told("h:code/@code"),
        matricule=matricules[0] if matricules else "",
        version=told("h:versionNumber/@value"),
        recipients=tuple(each.removeprefix("mailto:") for each in boxes),
    )


def _all(root: etree._Element, path: str, names: dict[str, str], *attributes: str) -> list[str]:
    found: list[etree._Element] = root.xpath(path, namespaces=names)
    return ["|".join(each.get(name, "") for name in attributes) for each in found]


def _document_faults(root: etree._Element, document: XdmDocument) -> Iterator[str]:
    if etree.QName(root).localname != "ClinicalDocument" or document.code != "96173-0" or not document.identifier:
        yield "document"
    replaces = bool(root.xpath("h:relatedDocument[@typeCode='RPLC']", namespaces=_CDA))
    if (document.version > "1") != replaces:
        yield "document-version"


def _metadata_faults(metadata: etree._Element, document: XdmDocument, content: bytes, name: str) -> Iterator[str]:
    def slot(wanted: str) -> str:
        path = f"string({_ENTRY}/r:Slot[@name='{wanted}']/r:ValueList/r:Value)"
        return str(metadata.xpath(path, namespaces=_RIM))

    def identifier(wanted: str) -> str:
        path = f"string({_ENTRY}/r:ExternalIdentifier[r:Name/r:LocalizedString/@value='{wanted}']/@value)"
        return str(metadata.xpath(path, namespaces=_RIM))

    digest = sha1(content, usedforsecurity=False).hexdigest()
    if len(metadata.xpath(_ENTRY, namespaces=_RIM)) != 1:
        yield "metadata-entry"
    if (slot("hash"), slot("size"), slot("URI")) != (digest, str(len(content)), name):
        yield "metadata-hash"
    if identifier("XDSDocumentEntry.uniqueId") != document.identifier:
        yield "metadata-identifier"
    if document.matricule and not identifier("XDSDocumentEntry.patientId").startswith(f"{document.matricule}^"):
        yield "metadata-patient"
