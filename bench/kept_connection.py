"""A kept HTTP connection that costs its owner next to nothing, so that a measurement is of the server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager


class KeptConnection:
    """Posts one request after another, and reads each answer to its end."""

    def __init__(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host, self._reader, self._writer = host, reader, writer

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[bytes, bytes]:
        """Return the head and the body of the answer."""
        lines = [f"POST {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if length := re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head):
            return head, await self._reader.readexactly(int(length[1]))
        is_chunked = re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head)
        return head, b"".join([chunk async for chunk in self._chunks()]) if is_chunked else b""

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readuntil(b"\r\n")


@asynccontextmanager
async def kept_connection(host: str, port: int) -> AsyncIterator[KeptConnection]:
    """Open a connection and close it at the end."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield KeptConnection(f"{host}:{port}", reader, writer)
    finally:
        writer.close()
