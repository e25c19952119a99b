"""Root keys: outside the database, image and repository; each wrapped key names the root key that wraps it.

`[keys]` of the settings says which keeper wraps; every keeper that is configured can unwrap, so that a site moves from
one to another by a rotation.
"""

from __future__ import annotations

from functools import lru_cache

from temoin.crypto.roots import file, pkcs11, transit
from temoin.crypto.roots.provider import RootKeyError, RootProvider
from temoin.lib.handed import Handed
from temoin.lib.key_places import Keys

KEYS: Handed[Keys] = Handed("root keys")


def wrap_key(key: bytes, context: bytes) -> tuple[str, bytes]:
    """Wrap a key bound to `context` (pharmacy, key id, purpose); return the root key's id and the wrapped key."""
    return writing_provider().wrap(key, context)


def unwrap_key(root_id: str, wrapped: bytes, context: bytes) -> bytes:
    """Unwrap a key; WrapBrokenError when it was swapped or altered, RootKeyError when its root key is out of reach."""
    return provider_of(root_id).unwrap(root_id, wrapped, context)


def writing_provider() -> RootProvider:
    return _providers(KEYS())[KEYS().wrap_with]


def provider_of(root_id: str) -> RootProvider:
    kind = root_id.partition(":")[0]
    try:
        return _providers(KEYS())[kind]
    except KeyError:
        raise RootKeyError(
            f"root key {root_id or 'without a name'} is of a keeper that [keys] no longer names: add it again"
        ) from None


def forget_roots() -> None:
    """Drop what is known of root keys: the next use asks their keepers again."""
    _providers.cache_clear()


@lru_cache(maxsize=4)
def _providers(keys: Keys) -> dict[str, RootProvider]:
    found: dict[str, RootProvider] = {}
    if keys.root is not None:
        found[file.KIND] = file.FileRoots(keys.root)
    if keys.transit is not None:
        found[transit.KIND] = transit.TransitRoots(**vars(keys.transit))
    if keys.pkcs11 is not None:
        found[pkcs11.KIND] = pkcs11.TokenRoots(**vars(keys.pkcs11))
    return found
