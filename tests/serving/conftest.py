"""The product's server in a process of its own, before a small application."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE
from ports import free_port
from wire import Wire


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[bytes]]:
    """The process that keeps the server processes."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(Path(__file__).parent / "served.py"), str(port)])
    process.port = port  # type: ignore[attr-defined]
    try:
        _wait_for(port)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


@pytest.fixture
def wire(server) -> Iterator[Wire]:
    """Bare connections to the server, closed at the end of the test."""
    made = Wire(server.port)
    yield made
    made.close()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError("the server did not start")
