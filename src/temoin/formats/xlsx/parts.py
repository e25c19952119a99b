"""The parts of a workbook: a ZIP archive of XML, unpacked as a stream within bounds, and parsed without a DTD."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from xml.parsers import expat

MOST_PARTS = 2_000
MOST_UNPACKED = 300 * 1024 * 1024
# Sheets shrink ten to thirty times; a bomb a thousand times. Small parts may shrink as they like.
MOST_SHRUNK, SMALL = 100, 4 * 1024 * 1024
_PORTION = 64 * 1024


class WorkbookError(Exception):
    """The workbook cannot be read; `code` names why."""

    def __init__(self, code: str, row: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.row = row


@contextmanager
def opened_archive(stream: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose parts, as it says itself, stay within bounds: more than it says is never unpacked."""
    try:
        with zipfile.ZipFile(stream) as archive:
            _check_sizes(archive)
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise WorkbookError("xlsx_broken") from error
    except expat.ExpatError as error:
        raise WorkbookError("xlsx_broken") from error


def _check_sizes(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise WorkbookError("xlsx_bomb")
    for part in parts:
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise WorkbookError("xlsx_broken")
        if part.file_size > SMALL and part.file_size > MOST_SHRUNK * max(1, part.compress_size):
            raise WorkbookError("xlsx_bomb")
        if part.flag_bits & 1:
            raise WorkbookError("xls")  # protected by a password


def new_parser() -> Any:
    """Return a parser that knows no DTD, hence no entity but those of XML itself."""
    parser: Any = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    return parser


def _refuse(*_told: object) -> None:
    raise WorkbookError("xlsx_entities")


def portions(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Unpack a part, some of it at a time."""
    with archive.open(name) as part:
        while portion := part.read(_PORTION):
            yield portion


def parse_whole(archive: zipfile.ZipFile, name: str, start: Callable[[str, dict[str, str]], None]) -> None:
    """Parse a part of which only the elements' beginnings matter; one that is not there says nothing."""
    if name not in archive.namelist():
        return
    parser = new_parser()
    parser.StartElementHandler = lambda tag, attributes: start(local(tag), attributes)
    for portion in portions(archive, name):
        parser.Parse(portion)
    parser.Parse(b"", True)


def local(tag: str) -> str:
    """Return the name of an element or attribute without its space: strict and transitional workbooks differ there."""
    return tag.rpartition(" ")[2]


def own(attributes: dict[str, str], name: str) -> str:
    """Return an attribute by its local name."""
    found = attributes.get(name)
    if found is None:
        found = next((value for key, value in attributes.items() if local(key) == name), "")
    return found
