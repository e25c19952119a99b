"""The authority over SFTP: takes files of reports, keeps one result per key, answers by file, or breaks on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from posixpath import basename
from typing import cast

import asyncssh

from temoin_sandbox.csv_rows import NotCsvError, ToldRow, read_file
from temoin_sandbox.faults import Down, FaultDesk
from temoin_sandbox.sftp_files import ANSWERS, Kept, SandboxFolders, Tree
from temoin_sandbox.sftp_keys import make_key
from temoin_sandbox.shelf import KeptItem, Shelf

USER = "temoin"
HEADER = "key,verdict,id,reason\r\n"
INNER = "error inside"  # an acceptance that a second line takes back: nothing is kept
LOOK = 0.05  # seconds between two looks while the authority is down


@dataclass(slots=True, kw_only=True)
class HeldResult(KeptItem):
    key: str
    record_id: str
    version: str
    status: str
    replaces_key: str


@dataclass(slots=True)
class ResultStore(Shelf[HeldResult]):
    connections: int = 0
    files: int = 0
    results: int = 0

    def keep(self, told: ToldRow) -> None:
        """Keep a result, or count another copy of one that is kept."""
        first = told.rows[0]
        self.put(
            told.key,
            repr(told.rows).encode(),
            lambda moment, digest: HeldResult(
                received=moment,
                digest=digest,
                key=told.key,
                record_id=first["record_id"],
                version=first["version"],
                status=first["status"],
                replaces_key=first["replaces_key"],
            ),
        )


class SftpDoor:
    """Takes each file once it has its name, and answers it."""

    def __init__(self, desk: FaultDesk) -> None:
        self.desk, self.store = desk, ResultStore()
        self.tree: Tree = {}
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._work: set[asyncio.Task[None]] = set()

    def session(self, channel: asyncssh.SSHServerChannel[bytes]) -> SandboxFolders:
        connection = cast("asyncssh.SSHServerConnection", channel.get_connection())

        def on_ask(what: str) -> None:
            self._break(connection, what)

        def took(path: bytes) -> None:
            task = asyncio.create_task(self._take(path))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
            if self.desk.strikes("error_after_store"):
                connection.abort()

        return SandboxFolders(channel, self.tree, on_ask, took)

    def opened(self, connection: asyncssh.SSHServerConnection) -> None:
        """Count a connection, or end it at once."""
        self.store.connections += 1
        self._connections.add(connection)
        if self.desk.faults.down is Down.CLOSE:
            self.desk.record("down")
            connection.abort()

    def closed(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.discard(connection)

    async def close(self) -> None:
        """End every connection, and the work on files."""
        for connection in list(self._connections):
            connection.abort()
            await connection.wait_closed()
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def _break(self, connection: asyncssh.SSHServerConnection, what: str) -> None:
        if self.desk.faults.down is Down.CLOSE:
            self.desk.record("down")
            connection.abort()
            raise asyncssh.SFTPConnectionLost("down")
        if self.desk.faults.down is Down.UNAVAILABLE:
            self.desk.record("down")
            raise asyncssh.SFTPFailure("down")
        if what == "rename" and (self.desk.strikes("throttle") or self.desk.strikes("error_before_store")):
            raise asyncssh.SFTPFailure("not now")

    async def _take(self, path: bytes) -> None:
        """Come to the file when its turn is: late, or when the authority is up again."""
        if self.desk.faults.slow:
            self.desk.record("slow")
            await asyncio.sleep(self.desk.faults.slow)
        while self.desk.faults.down is not Down.OFF:
            await asyncio.sleep(LOOK)
        kept = self.tree.pop(path, None)
        if kept is None:
            return
        self.store.files += 1
        answer = self._answer(self._judged(bytes(kept.content)))
        if answer:
            self.tree[ANSWERS + b"/" + basename(path)] = Kept(bytearray(answer))

    def _judged(self, content: bytes) -> list[tuple[str, str, str]]:
        """Keep what is right; return key, verdict and reason of each result."""
        try:
            results = read_file(content)
        except NotCsvError as error:
            self.store.refused += 1
            self.store.results += 1
            return [("*", "refused", str(error))]
        return [self._judge(told) for told in results]

    def _judge(self, told: ToldRow) -> tuple[str, str, str]:
        self.store.results += 1
        reason = told.faults[0] if told.faults else "refused on demand" if self.desk.rejects() else ""
        if reason:
            self.store.refused += 1
            return told.key, "refused", reason
        if self.desk.strikes("inner_error"):
            self.store.refused += 1
            return told.key, "accepted", INNER
        self.store.keep(told)
        return told.key, "accepted", ""

    def _answer(self, judged: Sequence[tuple[str, str, str]]) -> bytes:
        """Write the acknowledgement, unless it is to be lost or spoilt."""
        if self.desk.strikes("drop_answer"):
            return b""
        other = "not-" if self.desk.strikes("other_answer") else ""
        lines = [f"{other}{key},{verdict},{_own_id(key, verdict)},{reason}\r\n" for key, verdict, reason in judged]
        lines += [f"{key},refused,,{INNER}\r\n" for key, _, reason in judged if reason == INNER]
        answer = (HEADER + "".join(lines) * (2 if self.desk.strikes("double_answer") else 1)).encode()
        return answer[: len(answer) // 2] if self.desk.strikes("half_answer") else answer


def _own_id(key: str, verdict: str) -> str:
    return f"csv-{key}" if verdict == "accepted" else ""


@dataclass(frozen=True, slots=True)
class SftpKeys:
    """Whom the authority lets in, and by what it is known: a key made for the occasion unless one is given."""

    user: Path
    host: Path | None = None


class _Guard(asyncssh.SSHServer):
    """Lets one account in, by its key."""

    def __init__(self, door: SftpDoor, known: asyncssh.SSHKey) -> None:
        self._door, self._known = door, known
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._door.opened(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._door.closed(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key == self._known


@asynccontextmanager
async def sftp_listening(host: str, port: int, door: SftpDoor, keys: SftpKeys) -> AsyncIterator[int]:
    """Listen inside the running loop, tell the port, and end every connection at the end."""
    known = asyncssh.read_public_key(keys.user)
    server = await asyncssh.create_server(
        lambda: _Guard(door, known),
        host,
        port,
        server_host_keys=[asyncssh.read_private_key(keys.host) if keys.host else make_key()],
        sftp_factory=door.session,
        config=None,
        agent_forwarding=False,
        x11_forwarding=False,
        line_editor=False,
    )
    try:
        yield server.get_port()
    finally:
        server.close()
        await door.close()
        await server.wait_closed()
