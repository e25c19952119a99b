"""What the room is handed: where its site is, the key of its seals, and how long a session lasts."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.core.signing import TimestampSigner

from temoin.lib.handed import Handed


@dataclass(frozen=True)
class OfficerPlace:
    """The site's address and key; who is idle for longer, or signed in for longer, signs in again."""

    url: str
    key: bytes
    idle: timedelta
    absolute: timedelta


PLACE: Final[Handed[OfficerPlace]] = Handed("place of the authority's people")


def seal_of(what: str, *values: object) -> str:
    """Return the seal of a row's columns: the database alone makes nobody an officer, and signs nobody in (law 12)."""
    told = json.dumps([what, *(_plain(value) for value in values)])
    return hmac.digest(PLACE().key, told.encode(), "sha256").hex()


def is_sealed(seal: str, what: str, *values: object) -> bool:
    return hmac.compare_digest(seal, seal_of(what, *values))


def signer() -> TimestampSigner:
    """Return what signs a ceremony on its way through the browser."""
    return TimestampSigner(key=PLACE().key.hex(), salt="temoin.officers.ceremony", algorithm="sha256")


def _plain(value: object) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value if value is None else str(value)
