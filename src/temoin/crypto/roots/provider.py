"""What every keeper of root keys can do; a root key wraps data keys and never leaves its keeper."""

from __future__ import annotations

from typing import Protocol


class RootKeyError(Exception):
    """The root key cannot be used; the sentence says what to do."""


class WrapBrokenError(Exception):
    """A wrapped key does not open: it was altered, or is not of this place."""


class RootProvider(Protocol):
    """Root keys have ids such as `file:5f3a…` or `transit:temoin:v3`; several coexist, the newest wraps."""

    def current(self) -> str:
        """Return the id of the root key that wraps now."""

    def known(self) -> list[str]:
        """Return the ids of all root keys that can still unwrap."""

    def wrap(self, key: bytes, context: bytes) -> tuple[str, bytes]:
        """Wrap a key bound to its context; return the id of the root key used, and the wrapped key."""

    def unwrap(self, root_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Unwrap; WrapBrokenError when altered or of another context, RootKeyError when it cannot be done now."""

    def rotate(self) -> str:
        """Make a new root key and return its id; the earlier ones still unwrap."""

    def drop(self, root_id: str) -> None:
        """Destroy a root key that is not the current one. Whatever it still wraps is lost: the caller has counted."""
