"""The provider of tokens of the tests: the npm package oidc-provider, as an authority would run one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from joserfc.jwk import ECKey, RSAKey
from node_provider import running_node
from patience import PATIENCE

CLIENT = "temoin-worker"
SCOPE = "system/Bundle.crs"


@dataclass(frozen=True)
class TokenProvider:
    """A running provider."""

    origin: str

    def fails(self, **mode: Any) -> None:
        """Make the token address fail from now on: status, delay (milliseconds), body."""
        requests.put(f"{self.origin}/test/mode", json=mode, timeout=PATIENCE).raise_for_status()

    def ends(self, token: str) -> None:
        requests.delete(f"{self.origin}/test/token/{requests.utils.quote(token)}", timeout=PATIENCE)

    def knows(self, token: str) -> bool:
        return requests.get(f"{self.origin}/test/token/{requests.utils.quote(token)}", timeout=PATIENCE).ok

    @property
    def given(self) -> int:
        """How many tokens it gave."""
        return int(requests.get(f"{self.origin}/test/given", timeout=PATIENCE).text)


@contextmanager
def running_tokens(key: ECKey | RSAKey, algorithm: str, *, life: int = 600) -> Iterator[TokenProvider]:
    """Start the provider on a free port for one client, and stop it."""
    with running_node("tokens.mjs", clientId=CLIENT, alg=algorithm, life=life, jwk=_public(key)) as port:
        yield TokenProvider(f"http://127.0.0.1:{port}")


def _public(key: ECKey | RSAKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": "temoin-1", "use": "sig"}
