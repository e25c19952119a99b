"""A root key in the transit engine of OpenBao or Vault: wraps and unwraps over HTTP, and never leaves the engine.

API: https://openbao.org/api-docs/secret/transit/ (the same in Vault). The context goes as `associated_data`, so that a
wrapped key moved to another row does not open. The ciphertext names the version of the key, and the version is part of
the root key's id. One connection per call: a process asks once per data key, then keeps the key in memory.
"""

from __future__ import annotations

import http.client
import json
import re
import shlex
import ssl
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from temoin.crypto.roots.provider import RootKeyError, WrapBrokenError

KIND = "transit"
TIMEOUT = 3.0  # seconds; a data key that is not at hand yet waits for the engine inside its transaction
LARGEST_ANSWER = 1_000_000
_CIPHERTEXT = re.compile(r"[a-z]+:v([0-9]+):[A-Za-z0-9+/=]+")


@dataclass(frozen=True, kw_only=True)
class TransitRoots:
    """One named key of a transit engine; its versions are the root keys. Each call reads the token from its file."""

    url: str
    mount: str
    key: str
    token_file: Path
    ca_file: Path | None

    def current(self) -> str:
        """Return the newest version."""
        return self._id(self._versions()[0])

    def known(self) -> list[str]:
        """Return the versions that may decrypt, the newest first."""
        newest, oldest = self._versions()
        return [self._id(version) for version in range(newest, oldest - 1, -1)]

    def wrap(self, key: bytes, context: bytes) -> tuple[str, bytes]:
        """Encrypt under the newest version."""
        body = {"plaintext": _text(key), "associated_data": _text(context)}
        ciphertext = str(self._data("POST", "encrypt", body)["ciphertext"])
        found = _CIPHERTEXT.fullmatch(ciphertext)
        if found is None:
            raise RootKeyError("the transit engine answered with something that is no ciphertext")
        return self._id(int(found[1])), ciphertext.encode("ascii")

    def unwrap(self, root_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Decrypt; the engine refuses another context and an altered ciphertext alike."""
        found = _CIPHERTEXT.fullmatch(wrapped.decode("ascii", "replace"))
        if found is None or self._id(int(found[1])) != root_id:
            raise WrapBrokenError
        body = {"ciphertext": wrapped.decode("ascii"), "associated_data": _text(context)}
        return b64decode(self._data("POST", "decrypt", body)["plaintext"])

    def rotate(self) -> str:
        self._call("POST", f"keys/{quote(self.key, safe='')}/rotate", {})
        return self.current()

    def drop(self, root_id: str) -> None:
        """Forbid decryption under this version; the engine then also forbids every earlier one."""
        version = int(root_id.rpartition(":v")[2])
        newest, oldest = self._versions()
        if version == newest:
            raise RootKeyError("the current version cannot be dropped: rotate it first")
        if version > oldest:
            raise RootKeyError(f"drop {self._id(oldest)} first: the engine drops versions in their order")
        path = f"keys/{quote(self.key, safe='')}/config"
        self._call("POST", path, {"min_decryption_version": version + 1})

    def _id(self, version: int) -> str:
        return f"{KIND}:{self.key}:v{version}"

    def _versions(self) -> tuple[int, int]:
        data = self._call("GET", f"keys/{quote(self.key, safe='')}", None)["data"]
        return int(data["latest_version"]), int(data["min_decryption_version"])

    def _data(self, method: str, verb: str, body: dict[str, str]) -> dict[str, Any]:
        data: dict[str, Any] = self._call(method, f"{verb}/{quote(self.key, safe='')}", body)["data"]
        return data

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            status, content = self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise RootKeyError(
                f"the transit engine at {self.url} does not answer ({type(error).__name__}): "
                "see that it runs, is unsealed, and can be reached from here"
            ) from None
        if status not in {200, 204}:
            raise self._refusal(status, path)
        answer: dict[str, Any] = json.loads(content) if content else {}
        return answer

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, bytes]:
        connection = self._connect()
        headers = {"X-Vault-Token": _token(self.token_file), "X-Vault-Request": "true"}
        try:
            target = f"/v1/{quote(self.mount)}/{path}"
            connection.request(method, target, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST_ANSWER)
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self.ca_file)
            return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=context)
        return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)  # this machine only: see [keys.transit]

    def _refusal(self, status: int, path: str) -> Exception:
        if status == 400 and path.startswith("decrypt/"):
            return WrapBrokenError()
        todo = {
            403: f"the token in {self.token_file} has no right to {path}, or is over: renew it, or extend its policy",
            404: f"it has no key {self.key} under {self.mount}: make it, or correct [keys.transit]",
            503: "it is sealed or in maintenance: unseal it",
        }.get(status, f"status {status} for {path}: see its own log")
        return RootKeyError(f"the transit engine at {self.url} refused: {todo}")


def _token(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise RootKeyError(f"the token file {path} may be read by others: chmod 600 {shlex.quote(str(path))}")
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise RootKeyError(f"the token file {path} cannot be read: write the engine's token there") from None


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")
