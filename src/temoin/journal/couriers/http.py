"""A witness on HTTP (C2SP tlog-witness): it countersigns the last checkpoint against a proof of growth."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from temoin.crypto.notes import NoteVerifier
from temoin.journal.checkpoint import Checkpoint, CheckpointError, parse_checkpoint
from temoin.journal.couriers.following import Book, Followed, FollowError

PATIENCE = 10.0
LARGEST_ANSWER = 64 * 1024
_SIZE = re.compile("(0|[1-9][0-9]{0,18})\n")


class HttpWitness:
    """One witness, known by its address and its public key."""

    def __init__(self, name: str, url: str, verifier: NoteVerifier) -> None:
        self.name = name
        self.verifier = verifier
        self._url = urlsplit(url)

    def follow(self, book: Book, size: int) -> Followed:
        """Ask for a signature on the last checkpoint; one jump is enough, however long the witness was away."""
        checkpoint = book.latest()
        if checkpoint is None:
            return Followed(0)
        status, answer = self._submit(book, size, checkpoint)
        if status == HTTPStatus.CONFLICT:
            status, answer = self._submit(book, _other_size(answer, size, checkpoint.size), checkpoint)
        if status in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT}:
            raise FollowError("rewritten")
        if status != HTTPStatus.OK:
            raise FollowError("refused" if status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND} else "unreachable")
        return Followed(checkpoint.size, self._checked(checkpoint, answer))

    def latest(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint that the witness cosigned for a journal, its own signature checked."""
        status, answer = self._ask("GET", f"/checkpoint/{sha256(origin.encode()).hexdigest()}")
        if status == HTTPStatus.NOT_FOUND:
            return None
        try:
            checkpoint = parse_checkpoint(answer)
        except CheckpointError:
            raise FollowError("unreadable") from None
        if status != HTTPStatus.OK or not checkpoint.is_signed_by(self.verifier) or checkpoint.origin != origin:
            raise FollowError("unreadable")
        return checkpoint

    def _submit(self, book: Book, old: int, checkpoint: Checkpoint) -> tuple[int, str]:
        proof = "".join(f"{b64encode(one).decode()}\n" for one in book.consistency(old, checkpoint.size))
        return self._ask("POST", "/add-checkpoint", f"old {old}\n{proof}\n{checkpoint.note}".encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=PATIENCE)
        try:
            connection.request(method, self._url.path.rstrip("/") + path, body)
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST_ANSWER).decode()
        except (OSError, HTTPException):
            raise FollowError("unreachable") from None
        except UnicodeDecodeError:
            raise FollowError("unreadable") from None
        finally:
            connection.close()

    def _checked(self, checkpoint: Checkpoint, line: str) -> str:
        if not parse_checkpoint(checkpoint.note + line).is_signed_by(self.verifier):
            raise FollowError("unreadable")
        return line


def _other_size(answer: str, asked: int, ours: int) -> int:
    """Return the size from which the witness wants its proof; FollowError when that says more than a delay."""
    found = _SIZE.fullmatch(answer)
    if found is None:
        raise FollowError("unreadable")
    size = int(found[1])
    if size > ours:
        raise FollowError("ahead")
    if size == asked:
        raise FollowError("rewritten")  # the same size under another root
    return size
