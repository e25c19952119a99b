"""The two folders of a receiver of files: one encrypted connection, kept open, on which many things are asked at once.

Only the host keys that the operator was given are trusted: no file of the machine's account is read, and nothing is
learnt at the first connection.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

import asyncssh

from temoin.transmission.channels.sftp.settings import SftpSettings

CONNECT = 5.0  # seconds
QUESTION = 30.0  # seconds for one thing asked; who has less time says so
IDLE = 20.0  # seconds; servers close silent connections, and between two batches nobody reads what ours tells
LOOK_AGAIN = 60.0  # seconds after which an open line looks again whether both folders are there
LARGEST_ANSWER = 1_000_000  # bytes of one acknowledgement file

_UNASKED = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
_DENIED = (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect)


class FolderError(Exception):
    """The receiver did not do, or not say that it did, what was asked; `args[0]` is the code."""


class FileWithheldError(FolderError):
    """One file there cannot be read; its folder can."""


@dataclass(slots=True)
class _Line:
    connection: asyncssh.SSHClientConnection
    client: asyncssh.SFTPClient
    used_at: float
    looked_at: float = -LOOK_AGAIN


class Folders:
    """What can be asked of the receiver's two folders."""

    def __init__(self, box: SftpSettings) -> None:
        self._box = box
        self._line: _Line | None = None
        self._turn = asyncio.Lock()

    async def draft(self, name: str, content: bytes) -> str:
        """Write a file under a name that nobody reads, and return it: what is cut off here was never sent."""
        path = f"{self._box.folder}/.{name}.{secrets.token_hex(4)}.part"
        async with self._asking() as client, _or_remove(client, path), client.open(path, "xb") as file:
            await file.write(content)
        return path

    async def publish(self, draft: str, name: str) -> None:
        """Give a draft its name, in place of a file that has it."""
        path = f"{self._box.folder}/{name}"
        async with self._asking() as client, _or_remove(client, draft):
            try:
                await client.posix_rename(draft, path)
            except asyncssh.SFTPOpUnsupported:  # plain SFTP 3 gives no name that is taken
                with suppress(*_UNASKED):
                    await client.remove(path)
                await client.rename(draft, path)

    async def forget(self, name: str) -> None:
        """Remove an acknowledgement that a new file of this name makes stale."""
        async with self._asking() as client:
            with suppress(*_UNASKED):
                await client.remove(f"{self._box.acknowledgements}/{name}")

    async def acknowledgement(self, name: str) -> bytes | None:
        """Return the acknowledgement of a file; None when there is none."""
        return await self._content(f"{self._box.acknowledgements}/{name}")

    async def sent(self, name: str) -> bytes | None:
        """Return a file of ours as it lies there; None when it does not."""
        return await self._content(f"{self._box.folder}/{name}")

    async def sent_at(self, name: str) -> float | None:
        """Return since when, by the receiver's clock, a file of ours lies there; None when it does not."""
        async with self._asking() as client:
            with suppress(*_UNASKED):
                attributes = await client.stat(f"{self._box.folder}/{name}")
                return float(attributes.mtime or 0)
        return None

    async def sent_files(self) -> dict[str, float]:
        """Return the files of ours that lie there, and since when."""
        return await self._list(self._box.folder)

    async def acknowledgement_files(self) -> dict[str, float]:
        return await self._list(self._box.acknowledgements)

    async def look(self) -> None:
        """Connect and look whether both folders are there; `FolderError` says what is wrong."""
        async with self._turn:
            await self._open()

    async def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.connection.abort()
            await line.connection.wait_closed()

    async def _content(self, path: str) -> bytes | None:
        async with self._asking() as client:
            try:
                async with client.open(path, "rb") as file:
                    return cast("bytes", await file.read(LARGEST_ANSWER))
            except (*_DENIED, asyncssh.SFTPFailure):  # a folder of that name, a disk that cannot read it
                raise FileWithheldError("folder_refused") from None
            except _UNASKED:
                return None

    async def _list(self, folder: str) -> dict[str, float]:
        async with self._asking() as client:
            found = [(str(each.filename), each.attrs.mtime) async for each in client.scandir(folder)]
        return {name: float(since or 0) for name, since in found if not name.startswith(".")}

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """Give the open line; one on which anything went wrong but a plain refusal is closed."""
        async with self._turn:
            line = await self._open()
        line.used_at = _time()
        try:
            async with asyncio.timeout(QUESTION):
                yield line.client
        except _DENIED + _UNASKED:
            raise FolderError("folder_refused") from None
        except FileWithheldError:
            raise
        except (asyncssh.Error, OSError):
            self._drop(line)
            raise FolderError("unreachable") from None
        except BaseException:  # a time-out: what comes late on this line is for nobody
            self._drop(line)
            raise

    def _drop(self, line: _Line) -> None:
        line.connection.abort()
        if self._line is line:
            self._line = None

    async def _open(self) -> _Line:
        line = self._line
        if line is not None and (line.connection.is_closed() or _time() - line.used_at > IDLE):
            await self.close()
        if self._line is None:
            self._line = await self._connect()
        if _time() - self._line.looked_at > LOOK_AGAIN:
            await self._look(self._line)
        return self._line

    async def _look(self, line: _Line) -> None:
        """Refuse to go on without both folders: no answer in a folder that is not there would look like patience."""
        folders = self._box.folder, self._box.acknowledgements
        try:
            async with asyncio.timeout(CONNECT):
                found = [await line.client.stat(folder) for folder in folders]
        except _DENIED + _UNASKED:
            self._drop(line)
            raise FolderError("folder_refused") from None
        except (asyncssh.Error, OSError):
            self._drop(line)
            raise FolderError("unreachable") from None
        if any(each.type == asyncssh.FILEXFER_TYPE_REGULAR for each in found):
            raise FolderError("folder_refused")
        line.looked_at = _time()

    async def _connect(self) -> _Line:
        try:
            async with asyncio.timeout(CONNECT):
                connection = await _connect(self._box)
                return _Line(connection, await connection.start_sftp_client(), _time())
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed):
            raise FolderError("host_key_refused") from None
        except asyncssh.PermissionDenied:
            raise FolderError("account_refused") from None
        except (asyncssh.Error, OSError):
            raise FolderError("unreachable") from None


@asynccontextmanager
async def _or_remove(client: asyncssh.SFTPClient, draft: str) -> AsyncIterator[None]:
    """Leave no draft behind when the receiver refuses: the next try writes another."""
    try:
        yield
    except asyncssh.SFTPError:
        with suppress(asyncssh.Error):
            await client.remove(draft)
        raise


async def _connect(box: SftpSettings) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        box.host,
        box.port,
        username=box.user,
        client_keys=[str(box.key)],
        known_hosts=(asyncssh.read_public_key_list(box.host_keys), [], []),  # bare [] would mean the account's own file
        config=None,
        agent_path=None,
        preferred_auth="publickey",
        disable_trivial_auth=True,
        x509_trusted_certs=None,
    )


def _time() -> float:
    return asyncio.get_running_loop().time()
