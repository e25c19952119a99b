"""What the authority holds: documents in memory only, found by identifier or by time of receipt."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time_ns

from temoin_sandbox.issues import Issue
from temoin_sandbox.summary import Summary


@dataclass(slots=True)
class StoredDocument:
    """One stored document and its place in a chain of versions."""

    id: str
    identifier: str  # token `system|value` of the Bundle: the sender's idempotency key
    composition_identifier: str
    received_ms: int
    body: bytes
    digest: bytes  # of the request's body, to notice another content under the same key
    summary: Summary
    warnings: tuple[Issue, ...] = ()
    former: str = ""  # token of the document this one says it replaces
    replaced_by: str = ""  # id of the document that replaces this one

    @property
    def received(self) -> datetime:
        """The moment of receipt, to the millisecond."""
        return moment_of(self.received_ms)


@dataclass(slots=True)
class Counts:
    """What came in; posts = stored + duplicates + refused + throttled."""

    posts: int = 0
    stored: int = 0
    duplicates: int = 0
    differing: int = 0  # duplicates whose content was not that of the stored document
    refused: int = 0
    throttled: int = 0


@dataclass(slots=True)
class Store:
    """Every document received, in order of receipt. Nothing here ever touches a disk."""

    documents: list[StoredDocument] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    _times: list[int] = field(default_factory=list)
    _by_id: dict[str, StoredDocument] = field(default_factory=dict)
    _by_identifier: dict[str, list[StoredDocument]] = field(default_factory=dict)
    _by_composition: dict[str, list[StoredDocument]] = field(default_factory=dict)
    _awaiting: dict[str, StoredDocument] = field(default_factory=dict)

    def next_time(self) -> int:
        """Return now in milliseconds, never earlier than the last receipt, so that time order is list order."""
        now = time_ns() // 1_000_000
        return max(now, self._times[-1]) if self._times else now

    def add(self, document: StoredDocument) -> None:
        """Keep a document and tie it to the one it replaces, whichever of the two came first."""
        former = self.find_former(document.former)
        if former is not None and former is not document:
            former.replaced_by = document.id
        elif document.former:
            self._awaiting[document.former] = document
        self.documents.append(document)
        self._times.append(document.received_ms)
        self._by_id[document.id] = document
        self._by_identifier.setdefault(document.identifier, []).append(document)
        self._by_composition.setdefault(document.composition_identifier, []).append(document)
        self._settle_awaiting(document)
        self.counts.stored += 1

    def _settle_awaiting(self, document: StoredDocument) -> None:
        for token in (document.identifier, document.composition_identifier):
            later = self._awaiting.get(token)
            if later is not None and later is not document:
                document.replaced_by = self._awaiting.pop(token).id

    def find_former(self, token: str) -> StoredDocument | None:
        """Find the newest document that bears this identifier, its own or its Composition's."""
        found = self._by_identifier.get(token) or self._by_composition.get(token)
        return found[-1] if token and found else None

    def get(self, document_id: str) -> StoredDocument | None:
        """Return a document by the id the authority gave it."""
        return self._by_id.get(document_id)

    def with_identifier(self, token: str) -> list[StoredDocument]:
        return self._by_identifier.get(token, [])

    def identifiers(self) -> dict[str, int]:
        """Return every identifier held and how many distinct documents bear it."""
        return {token: len(found) for token, found in self._by_identifier.items()}

    def lose(self, value: str) -> int:
        """Forget every document under a key, as after a restored backup; return how many there were."""
        lost = [each for each in self.documents if each.identifier.partition("|")[2] == value]
        for document in lost:
            position = self.documents.index(document)
            del self.documents[position], self._times[position], self._by_id[document.id]
            self._by_identifier.pop(document.identifier, None)
            self._by_composition[document.composition_identifier].remove(document)
        return len(lost)

    def key_count(self) -> int:
        return len(self._by_identifier)

    def position_at(self, moment_ms: int) -> int:
        """Return the position of the first document received at this moment or later."""
        return bisect_left(self._times, moment_ms)

    def version_of(self, document: StoredDocument) -> int:
        """Return the version: one more than that of the document replaced, as far back as is known."""
        version, seen = 1, {document.id}
        known: StoredDocument | None = document
        while known is not None and known.former:
            version += 1
            known = self.find_former(known.former)
            if known is None or known.id in seen:
                break
            seen.add(known.id)
        return version


def moment_of(milliseconds: int) -> datetime:
    """Turn milliseconds since 1970 into a moment in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def instant_of(milliseconds: int) -> str:
    """Write a moment as a FHIR instant with milliseconds."""
    return moment_of(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
