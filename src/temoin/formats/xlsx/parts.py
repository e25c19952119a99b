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
LONGEST_TAG = 64 * 1024  # that is kept whole until its end
DEEPEST = 64  # elements within one another; a sheet has six
MOST_NAMES = 128 * 1024  # letters of different names, which a parser keeps to its end; Excel's workbooks have a tenth
_PORTION = 64 * 1024

Start = Callable[[str, dict[str, str]], None]


class WorkbookError(Exception):
    """The workbook cannot be read; `code` names why."""

    def __init__(self, code: str, row: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.row = row


class Archive(zipfile.ZipFile):
    """A ZIP archive that counts what is unpacked of it, each time that a part is read."""

    unpacked = 0

    def portions(self, name: str) -> Iterator[bytes]:
        """Unpack a part, some of it at a time."""
        with self.open(name) as part:
            while portion := part.read(_PORTION):
                self.unpacked += len(portion)
                if self.unpacked > MOST_UNPACKED:
                    raise WorkbookError("xlsx_bomb")
                yield portion


@contextmanager
def opened_archive(stream: BinaryIO) -> Iterator[Archive]:
    """Open an archive whose parts, as it says itself, stay within bounds: more than it says is never unpacked."""
    try:
        with Archive(stream) as archive:
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


class Parser:
    """Parses parts without a DTD, hence without entities but those of XML, and keeps little until it is told of."""

    def __init__(
        self, start: Start, end: Callable[[str], None] | None = None, letters: Callable[[str], None] | None = None
    ) -> None:
        self._start, self._end = start, end
        self._depth = 0
        self._names: dict[str, str] = {}
        self._parser: Any = expat.ParserCreate(namespace_separator=" ", intern=self._names)
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._parser.EntityDeclHandler = _refuse
        self._parser.StartNamespaceDeclHandler = _pass_over  # so that prefixes are among the names
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._begin, self._finish
        if letters is not None:
            self._parser.CharacterDataHandler = letters

    def parse(self, archive: Archive, name: str) -> Iterator[None]:
        """Parse a part, and stop after each portion of it."""
        fed = 0
        for portion in archive.portions(name):
            self._parser.Parse(portion)
            fed += len(portion)
            # Whatever is between two signs of XML is kept until its end: a tag with all its attributes, a comment.
            if (
                fed - self._parser.CurrentByteIndex > LONGEST_TAG
                or sum(map(len, filter(None, self._names))) > MOST_NAMES
            ):
                raise WorkbookError("xlsx_bomb")
            yield
        self._parser.Parse(b"", True)
        yield

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise WorkbookError("xlsx_bomb")
        self._start(local(tag), attributes)

    def _finish(self, tag: str) -> None:
        self._depth -= 1
        if self._end is not None:
            self._end(local(tag))


def _refuse(*_told: object) -> None:
    raise WorkbookError("xlsx_entities")


def _pass_over(*_told: object) -> None:
    pass


def parse_whole(archive: Archive, name: str, start: Start) -> None:
    """Parse a part of which only the elements' beginnings matter; one that is not there says nothing."""
    if name in archive.namelist():
        for _ in Parser(start).parse(archive, name):
            pass


def local(tag: str) -> str:
    """Return the name of an element or attribute without its space: strict and transitional workbooks differ there."""
    return tag.rpartition(" ")[2]


def own(attributes: dict[str, str], name: str) -> str:
    """Return an attribute by its local name."""
    found = attributes.get(name)
    if found is None:
        found = next((value for key, value in attributes.items() if local(key) == name), "")
    return found
