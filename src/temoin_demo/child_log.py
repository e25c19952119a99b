"""What a process of the demonstration wrote in its log, as its person at the terminal is told of it: the causes."""

from __future__ import annotations

import os
import re
from pathlib import Path

_OWN = re.compile(r"^temoin(?: \w+)?: (?P<words>.+)$", re.MULTILINE)  # of a command that could not begin
_ERROR = re.compile(r"^\S+ \w+ (?:ERROR|CRITICAL) [\w.]+: (?P<words>.+)$", re.MULTILINE)
_NUMBERS = re.compile(r"\b(?=[-\w:.+]*[0-9])[-\w:.+]+")  # by which the same trouble is another each time
LONGEST_LINE = 10_000  # letters
MOST = 50_000  # bytes of a look: the rest of a flood says the same


class ChildLog:
    """The log of one process, read from where its last start began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._began = self._read = 0
        self._told: set[str] = set()

    def open(self) -> int:
        """Return a handle that adds to the log; what stands there already is told by nobody."""
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._began = self._read = os.fstat(handle).st_size
        return handle

    def cause(self) -> str:
        """Return why the process ended, in the first of its words that say so."""
        said = self._since(self._began)
        if (found := _OWN.search(said) or _ERROR.search(said)) is not None:
            return found["words"]
        return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")

    def troubles(self) -> list[str]:
        """Return the errors met since the last look, each kind of them once."""
        said = self._since(self._read)
        whole = said[: said.rfind("\n") + 1]  # a line is read once it is whole, unless it never ends
        said = whole or (said if len(said) >= LONGEST_LINE else "")
        self._read += len(said.encode("utf-8", errors="surrogateescape"))
        found = []
        for match in _ERROR.finditer(said):
            kind = _NUMBERS.sub("", match["words"])
            if kind not in self._told:
                self._told.add(kind)
                found.append(match["words"])
        return found

    def _since(self, place: int) -> str:
        try:
            with self.path.open("rb") as file:
                file.seek(place)
                return file.read(MOST).decode("utf-8", errors="surrogateescape")
        except OSError:  # taken away while it runs
            return ""
