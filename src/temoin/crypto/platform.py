"""Secrets that belong to no pharmacy (a person's TOTP seed), sealed under the platform key, as hexadecimal text."""

from __future__ import annotations

import os
from collections.abc import Mapping
from uuid import UUID

from django.db import connection

from temoin.crypto.envelope import KEY, Key, SealBrokenError, key_id_of, open_content, seal_content
from temoin.crypto.models import PlatformKey
from temoin.crypto.root import unwrap_key, wrap_key
from temoin.crypto.roots.provider import WrapBrokenError
from temoin.lib.clock import now
from temoin.lib.ids import new_id

_by_id: dict[UUID, Key] = {}


def forget_platform_keys() -> None:
    _by_id.clear()


def seal_platform_secret(purpose: str, secret: str) -> str:
    """Seal a secret for its purpose under the newest platform key, making the first one on first use."""
    (sealed,) = seal_platform_secrets({purpose: secret})
    return sealed


def seal_platform_secrets(secrets: Mapping[str, str]) -> list[str]:
    """Seal several secrets, by their purposes; the key is looked up once."""
    key = _newest()
    return [seal_content(key, _place(purpose), secret.encode()).hex() for purpose, secret in secrets.items()]


def open_platform_secret(purpose: str, sealed: str) -> str:
    try:
        raw = bytes.fromhex(sealed)
    except ValueError:
        raise SealBrokenError("this secret is not sealed") from None
    return open_content(platform_key(key_id_of(raw)), _place(purpose), raw).decode()


def platform_key(key_id: UUID) -> Key:
    key = _by_id.get(key_id)
    if key is None:
        row = PlatformKey.objects.filter(id=key_id).first()
        if row is None:
            raise SealBrokenError("the platform key of this secret does not exist, or was destroyed")
        key = _by_id[key_id] = _unwrapped(row)
    return key


def new_platform_key(number: int) -> PlatformKey:
    """Draw the platform key of this number, wrapped and not yet stored."""
    key_id = new_id()
    root_id, wrapped = wrap_key(os.urandom(KEY), platform_context(key_id))
    return PlatformKey(id=key_id, number=number, created_at=now(), root_id=root_id, wrapped=wrapped)


def store_platform_key(key: PlatformKey) -> None:
    """Store a platform key unless another process was first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crypto_platform_key (id, number, created_at, root_id, wrapped) "
            "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (number) DO NOTHING",
            [key.id, key.number, key.created_at, key.root_id, bytes(key.wrapped)],
        )


def platform_context(key_id: UUID) -> bytes:
    return b"platform key|" + key_id.bytes


def _newest() -> Key:
    newest = PlatformKey.objects.order_by("-number").values_list("id", flat=True)
    key_id = newest.first()
    if key_id is None:
        store_platform_key(new_platform_key(1))
        key_id = newest[0]
    return platform_key(key_id)


def _unwrapped(row: PlatformKey) -> Key:
    try:
        return Key.of(row.id, unwrap_key(row.root_id, bytes(row.wrapped), platform_context(row.id)))
    except WrapBrokenError:
        raise SealBrokenError("a platform key was altered, or is wrapped by another root key") from None


def _place(purpose: str) -> bytes:
    return b"platform|" + purpose.encode()
