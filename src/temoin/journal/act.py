"""Acts: how a decision is written. One act is one transaction's writes with exactly one event (laws 1 and 2).

What follows from an act without a decision (the settling of parcels, counts, rows of no pharmacy) is a bare `Commit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import UUID

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.asking import Rows
from temoin.lib.commit import Commit, Part
from temoin.lib.errors import DeniedError
from temoin.lib.ids import timed_id
from temoin.lib.measures import count_event
from temoin.lib.tenant import tenant_scope
from temoin.lib.training import is_training


class Actor(Protocol):
    """Whoever acts: a member in a session, the worker, the patient's browser."""

    @property
    def pharmacy_id(self) -> UUID: ...
    @property
    def actor_id(self) -> UUID | None: ...
    @property
    def profession(self) -> str: ...
    @property
    def origin(self) -> str: ...


class HouseActor:
    """The house itself: the worker that carries parcels, or the patient's site answering a letter."""

    def __init__(self, pharmacy_id: UUID, name: str) -> None:
        self.pharmacy_id = pharmacy_id
        self.actor_id: UUID | None = None
        self.profession = name
        self.origin = name


class Acts:
    """Acts of one actor that one commit writes together, each with its own event; see `acts_together`."""

    def __init__(self, by: Actor) -> None:
        self._by = by
        self._commit = Commit()

    @contextmanager
    def act(self, *, kind: EventKind, subject_kind: str, subject_id: UUID | None, detail: str = "") -> Iterator[Commit]:
        """Add an act: what the block adds to its commit, and its event. A block that raises adds nothing."""
        part = Commit()
        yield part
        evidence = {"detail": part.version or detail, "digest": part.digest}
        part.insert(
            _event(self._by, kind, subject_kind=subject_kind, subject_id=subject_id, wrote=part.take_told(), **evidence)
        )
        self._commit.absorb(part)

    def add(self, others: Acts) -> None:
        """Add acts gathered apart, which belong together: all of them or none."""
        self._commit.absorb(others._commit)

    def flush(self) -> None:
        """Write them all; ConflictError, with nothing kept, when a row was not as expected."""
        self._commit.flush()


@contextmanager
def acts_together(*, by: Actor) -> Iterator[Acts]:
    """Open several acts of the actor's pharmacy, for work on many things at once: one commit and one statement."""
    with tenant_scope(by.pharmacy_id):
        acts = Acts(by)
        yield acts
        acts.flush()


@contextmanager
def act(
    *, by: Actor, kind: EventKind, subject_kind: str, subject_id: UUID | None, detail: str = ""
) -> Iterator[Commit]:
    """Open an act of the actor's pharmacy; what the block adds to the commit is written with its event at the end."""
    with (
        acts_together(by=by) as acts,
        acts.act(kind=kind, subject_kind=subject_kind, subject_id=subject_id, detail=detail) as commit,
    ):
        yield commit


def record_denial(*, by: Actor, right: str) -> None:
    """Record that someone tried what they have no right to; to be called once the refused transaction is over."""
    with tenant_scope(by.pharmacy_id):
        commit = Commit()
        commit.insert(_event(by, EventKind.ACCESS_DENIED, subject_kind="right", outcome="denied", reason=right))
        commit.flush()


@contextmanager
def denials_recorded(by: Actor) -> Iterator[None]:
    """Record a denial that ends the block: for doors whose refused transaction is over by then."""
    try:
        yield
    except DeniedError as error:
        record_denial(by=by, right=str(error))
        raise


def record_look(*, by: Actor, kind: EventKind, subject_kind: str, subject_id: UUID | None, detail: str = "") -> None:
    """Record a look at a patient's data, in the transaction that reads it: no log, no look."""
    with act(by=by, kind=kind, subject_kind=subject_kind, subject_id=subject_id, detail=detail):
        pass


def record_looks(
    *, by: Actor, kind: EventKind, subject_kind: str, subject_ids: Iterable[UUID], detail: str = ""
) -> None:
    """Record several looks at once, in the transaction that reads: an event each."""
    with tenant_scope(by.pharmacy_id):
        _looks(by, subject_ids, kind=kind, subject_kind=subject_kind, detail=detail).flush()


def ask_and_record(
    *, by: Actor, kind: EventKind, subject_kind: str, subject_ids: Iterable[UUID], question: Part
) -> Callable[[], Rows]:
    """Record looks in the very statement that reads, in the actor's scope; return what waits for its rows."""
    looks = _looks(by, subject_ids, kind=kind, subject_kind=subject_kind)
    return looks.flush_and_ask(question.sql, question.values)


def _looks(by: Actor, subject_ids: Iterable[UUID], *, kind: EventKind, **told: str) -> Commit:
    commit = Commit()
    for subject_id in subject_ids:
        commit.insert(_event(by, kind, subject_id=subject_id, **told))
    return commit


def _event(by: Actor, kind: EventKind, **rest: Any) -> Event:
    if not is_training(by.pharmacy_id):  # what is measured is work
        count_event(kind.value)
    return Event(
        pharmacy_id=by.pharmacy_id,
        id=timed_id(),
        kind=kind.value,
        actor_id=by.actor_id,
        profession=by.profession,
        origin=by.origin,
        **rest,
    )
