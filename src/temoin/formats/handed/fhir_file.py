"""A file of foreign FHIR R4: a Bundle or loose resources in JSON or XML, or a line of JSON for each."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from temoin.formats.csv.tables import Encoding
from temoin.formats.handed.fhir import told_results
from temoin.formats.handed.fhir_tree import NAMESPACE, portions
from temoin.formats.handed.hl7 import Passed
from temoin.formats.handed.told import ToldResult


def is_json(head: bytes) -> bool:
    """Tell whether the first bytes of a file are those of JSON."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return text.startswith(b"{") or (text.startswith(b"[") and text[1:].lstrip()[:1] in {b"{", b"]", b""})


def is_fhir_xml(head: bytes) -> bool:
    """Tell whether the first bytes of a file are those of XML that names FHIR."""
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<") and NAMESPACE.encode() in head


def _told(stream: BinaryIO, encoding: Encoding, passed: Passed, *, is_xml: bool) -> Iterator[ToldResult]:
    """Yield what a file tells, numbered from 1 on; FHIR is UTF-8 by itself, and XML says what else it is."""
    del encoding
    for row, told in enumerate(_results(stream, passed, is_xml=is_xml), start=1):
        told.row = row
        yield told


def _results(stream: BinaryIO, passed: Passed, *, is_xml: bool) -> Iterator[ToldResult]:
    for sent in portions(stream, is_xml=is_xml):
        if sent.code:
            yield ToldResult(0, problems=[("", sent.code)])
        else:
            yield from told_results(sent.resources, passed)


told_of_json = partial(_told, is_xml=False)
told_of_xml = partial(_told, is_xml=True)
