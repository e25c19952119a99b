"""A receiver of files on the disk of the test, which plays its part with plain file operations."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from temoin.transmission.channels.sftp.courier import SftpCourier
from temoin.transmission.channels.sftp.settings import SftpSettings
from temoin.transmission.rules.loading import load_rule_sets
from temoin_sandbox.sftp_keys import KeyFiles

HEADER = "key,verdict,id,reason\r\n"


@dataclass(frozen=True)
class Desk:
    """The two folders as the receiver has them."""

    root: Path
    denied: set[str] = field(default_factory=set)  # files that it gives nobody to read

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def answers(self) -> Path:
        return self.root / "answers"

    def make(self) -> Desk:
        self.results.mkdir()
        self.answers.mkdir()
        return self

    def answer(self, name: str, *lines: str) -> None:
        (self.answers / name).write_bytes((HEADER + "".join(f"{line}\r\n" for line in lines)).encode())

    def lying(self) -> list[str]:
        return sorted(path.name for path in self.results.iterdir())


def box_of(keys: KeyFiles, port: int, *, folder: str = "/results", answers: str = "/answers") -> SftpSettings:
    return SftpSettings(
        host="127.0.0.1",
        port=port,
        user="temoin",
        key=keys.user,
        host_keys=keys.host_public,
        folder=folder,
        acknowledgements=answers,
        enabled=True,
        rules=load_rule_sets()["demonstration"],
    )


class Disk(asyncssh.SFTPServer):
    """Serves a folder of the test's disk."""

    root = Path()
    denied: frozenset[str] | set[str] = frozenset()

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if Path(path.decode()).name in self.denied:
            raise asyncssh.SFTPPermissionDenied("not for you")
        return super().open(path, pflags, attrs)

    def __init__(self, channel: asyncssh.SSHServerChannel) -> None:
        super().__init__(channel, chroot=str(self.root).encode())


class PlainDisk(Disk):
    """Knows SFTP 3 and nothing more: no name that is taken is given."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("unknown")


class Guests:
    """Who is connected, so that nobody is when the test ends."""

    def __init__(self) -> None:
        self.here: list[asyncssh.SSHServerConnection] = []

    def arrive(self) -> asyncssh.SSHServer:
        guest = asyncssh.SSHServer()
        guest.connection_made = self.here.append
        return guest

    async def leave(self) -> None:
        for guest in self.here:
            guest.abort()
            await guest.wait_closed()


@asynccontextmanager
async def peer(desk: Desk, keys: KeyFiles, *, kind: type[Disk] = Disk) -> AsyncIterator[SftpCourier]:
    """Serve the desk, and give a courier that carries to it."""
    served = type("Served", (kind,), {"root": desk.root, "denied": desk.denied})
    guests = Guests()
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=guests.arrive,
        server_host_keys=[str(keys.host)],
        authorized_client_keys=str(keys.user_public),
        sftp_factory=served,
        config=None,
    )
    courier = SftpCourier(box_of(keys, server.get_port()), demo=True)
    try:
        yield courier
    finally:
        await courier.close()
        server.close()
        await guests.leave()
        await server.wait_closed()


@contextmanager
def running_peer(desk: Desk, keys: KeyFiles) -> Iterator[SftpSettings]:
    """Serve the desk beside the test, for what opens its own loop: the worker."""
    open_for, over = threading.Event(), threading.Event()
    ports: list[SftpSettings] = []

    async def serve() -> None:
        async with peer(desk, keys) as courier:
            ports.append(courier._box)
            open_for.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert open_for.wait(60)
        yield ports[0]
    finally:
        over.set()
        thread.join()
