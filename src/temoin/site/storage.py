"""The default file storage, which stores nothing: no file of results on disk, ever (law 7)."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.files.storage import Storage


class NoFiles(Storage):
    """Refuses every file, so that no library can start keeping some."""

    def _open(self, name: str, mode: str = "rb") -> NoReturn:
        raise PermissionError("no file is kept on disk")

    def _save(self, name: str, content: Any) -> NoReturn:
        raise PermissionError("no file is kept on disk")

    def exists(self, name: str) -> bool:
        return False
