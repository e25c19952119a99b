"""A stream sealed to somebody's own age key while it is made (X25519 and ChaCha20-Poly1305, `pyrage`).

Nothing of it lies anywhere in clear. The `age` tool opens it with the secret key, which never comes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO, NewType

import pyrage
from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import refuse

Recipient = NewType("Recipient", str)  # an age public key that was read


def read_recipient(text: str) -> Recipient:
    """Return the public key that a person typed; InvalidError for anything else."""
    try:
        return Recipient(str(pyrage.x25519.Recipient.from_str(text.strip())))
    except pyrage.RecipientError:
        raise refuse("to", "malformed", _("This is no age public key (age1…): make one with age-keygen.")) from None


def seal_stream(chunks: Iterator[bytes], *, to: Recipient, target: BinaryIO) -> str:
    """Write what the chunks hold, sealed, and return the SHA-256 of what was written."""
    source, sink = _Source(chunks), _Sink(target)
    try:
        pyrage.encrypt_io(source, sink, [pyrage.x25519.Recipient.from_str(to)])
    except Exception:
        if (error := source.error or sink.error) is not None:
            raise error from None  # what went wrong here, not that reading or writing failed
        raise
    return sink.digest.hexdigest()


class _Source:
    """The chunks as something to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""
        self.error: Exception | None = None

    def read(self, size: int) -> bytes:
        """Return as much as is asked for, or less; nothing at the end."""
        try:
            while not self._rest:
                self._rest = next(self._chunks)
        except StopIteration:
            return b""
        except Exception as error:
            self.error = error
            raise
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


class _Sink:
    """The target, and the digest of what went there."""

    def __init__(self, target: BinaryIO) -> None:
        self._target, self.digest = target, sha256()
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        try:
            return self._target.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._target.flush()
