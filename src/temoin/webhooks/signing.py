"""The Standard Webhooks scheme, `v1`: HMAC-SHA-256 over number, time and body, by a secret that both sides hold.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode()


def good_secrets(held: Mapping[str, str], moment: datetime) -> list[str]:
    """Return what signs at a moment of what a webhook holds, the newest first."""
    is_good = held["former"] and moment < datetime.fromisoformat(held["former_until"])
    return [held["secret"], *(held["former"].split() if is_good else ())]


def version_of(held: Mapping[str, str]) -> str:
    """Return what a form carries of the webhook that its page showed: another address or secret has another."""
    return sha256(repr(sorted(held.items())).encode()).hexdigest()[:32]


def signed_headers(number: str, moment: int, body: bytes, under: Iterable[str]) -> dict[str, str]:
    """Return the headers of a notice, with one signature for each of these secrets."""
    content = f"{number}.{moment}.".encode() + body
    return {
        "webhook-id": number,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{_signature(secret, content)}" for secret in under),
    }


def _signature(secret: str, content: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return b64encode(hmac.new(key, content, sha256).digest()).decode()
