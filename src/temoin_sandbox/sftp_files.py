"""The two folders of the authority over SFTP, in memory only: what a sender may do there, and nothing else."""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from stat import S_IFDIR, S_IFREG
from time import time
from typing import Any

from asyncssh import (
    FXF_CREAT,
    FXF_EXCL,
    FXF_TRUNC,
    FXF_WRITE,
    SFTPAttrs,
    SFTPFailure,
    SFTPFileAlreadyExists,
    SFTPName,
    SFTPNoSuchFile,
    SFTPOpUnsupported,
    SFTPPermissionDenied,
    SFTPServer,
    SSHServerChannel,
)

RESULTS, ANSWERS = b"/results", b"/acknowledgements"
MAX_FILE_BYTES = 10_000_000


@dataclass(slots=True)
class Kept:
    content: bytearray = field(default_factory=bytearray)
    at: float = field(default_factory=time)


Tree = dict[bytes, Kept]


class SandboxFolders(SFTPServer):
    """One sender's session. Every method of the library that would touch the disk is ours, or is refused."""

    def __init__(
        self, channel: SSHServerChannel[bytes], tree: Tree, on_ask: Callable[[str], None], took: Callable[[bytes], None]
    ) -> None:
        super().__init__(channel)
        self._tree, self._on_ask, self._took = tree, on_ask, took

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> Kept:
        """Open a file to read, or a draft (a hidden name) to write."""
        self._on_ask("open")
        path = _plain(path)
        kept = self._tree.get(path)
        if not pflags & FXF_WRITE:
            return self._found(path)
        if posixpath.dirname(path) != RESULTS or not posixpath.basename(path).startswith(b"."):
            raise SFTPPermissionDenied("write under a hidden name, then rename")
        if kept is None and not pflags & FXF_CREAT:
            raise SFTPNoSuchFile("no such file")
        if kept is not None and pflags & FXF_EXCL:
            raise SFTPFailure("it exists")
        if kept is None or pflags & FXF_TRUNC:
            kept = self._tree[path] = Kept()
        return kept

    def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        return bytes(file_obj.content[offset : offset + size])

    def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        if offset + len(data) > MAX_FILE_BYTES:
            raise SFTPFailure("too large")
        file_obj.content[offset : offset + len(data)] = data
        return len(data)

    def close(self, file_obj: Any) -> None:
        """Close an open file: nothing is held for it."""

    def fstat(self, file_obj: Any) -> SFTPAttrs:
        return _attributes(file_obj)

    def stat(self, path: bytes) -> SFTPAttrs:
        self._on_ask("stat")
        if _plain(path) in {RESULTS, ANSWERS, b"/"}:
            return SFTPAttrs(permissions=S_IFDIR | 0o700)
        return _attributes(self._found(_plain(path)))

    lstat = stat

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        self._on_ask("list")
        for name, kept in list(self._tree.items()):
            if posixpath.dirname(name) == _plain(path):
                yield SFTPName(posixpath.basename(name), attrs=_attributes(kept))

    def realpath(self, path: bytes) -> bytes:
        return _plain(path)

    def remove(self, path: bytes) -> None:
        """Remove a draft or an acknowledgement, never a file that was sent."""
        self._on_ask("remove")
        path = _plain(path)
        self._found(path)
        if posixpath.dirname(path) == RESULTS and not posixpath.basename(path).startswith(b"."):
            raise SFTPPermissionDenied("it was sent")
        del self._tree[path]

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Publish a draft under a name that is free."""
        if _plain(newpath) in self._tree:
            raise SFTPFileAlreadyExists("it exists")
        self.posix_rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Publish a draft, in place of a file of the same name."""
        self._on_ask("rename")
        old, new = _plain(oldpath), _plain(newpath)
        kept = self._found(old)
        if {posixpath.dirname(old), posixpath.dirname(new)} != {RESULTS} or not new.endswith(b".csv"):
            raise SFTPPermissionDenied("a draft becomes a file named .csv")
        del self._tree[old]
        self._tree[new] = Kept(kept.content)
        self._took(new)

    def _found(self, path: bytes) -> Kept:
        kept = self._tree.get(path)
        if kept is None:
            raise SFTPNoSuchFile("no such file")
        return kept


def _refused(*_: Any, **__: Any) -> Any:
    raise SFTPOpUnsupported("not here")


REFUSED = (
    *("open56", "fsetstat", "fstatvfs", "link", "lock", "lsetstat", "mkdir", "readlink", "rmdir", "setstat"),
    *("statvfs", "symlink", "unlock", "fsync"),
)
for _name in REFUSED:
    setattr(SandboxFolders, _name, staticmethod(_refused))


def _plain(path: bytes) -> bytes:
    return posixpath.normpath(posixpath.join(b"/", path))


def _attributes(kept: Kept) -> SFTPAttrs:
    return SFTPAttrs(size=len(kept.content), permissions=S_IFREG | 0o600, mtime=int(kept.at), atime=int(kept.at))
