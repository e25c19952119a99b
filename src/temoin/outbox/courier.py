"""The courier interface, and the register through which rooms upstairs announce theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from temoin.lib.commit import Commit


class Verdict(StrEnum):
    """What an attempt told us. Only ACCEPTED rests on a parsed positive answer for the parcel's own key."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # permanent: a person must act
    POSTPONED = "postponed"  # surely not taken: nothing was sent, or the other side said "not now"
    DOUBTFUL = "doubtful"  # it may have been taken: ask by key before any resend
    REPLACED = "replaced"  # pointless now: a newer version is on its way
    UNKNOWN = "unknown"  # answer to an enquiry: the other side does not hold this key


@dataclass(frozen=True)
class Answer:
    """What came back. `code` is closed and in clear; `detail` and `receipt` are sealed with the attempt."""

    verdict: Verdict
    code: str
    detail: str = ""
    receipt: dict[str, Any] = field(default_factory=dict)
    sent: bytes = b""  # what left for the destination; the worker fills it in
    came: bytes = b""  # what came back, as it came; sealed with the attempt beside what was sent
    retry_after: float | None = None  # seconds, when the other side asked for a pause
    is_own: bool = False  # the trouble is this parcel's own: it says nothing of the destination
    may_come_back: bool = False  # taken, and yet the body is kept: it may be told later that it did not arrive
    is_sign_of_life: bool = False  # it is no trouble: the destination works, and has yet to say yes or no


@dataclass(frozen=True)
class Notice:
    """A fact to tell, in words that every courier understands without knowing what a test is."""

    subject_id: UUID
    chain_id: UUID
    sequence: int
    key: str
    reachable_by: frozenset[str]  # ways to reach the patient that were agreed to: "email"
    content: object  # the fact itself, as rooms upstairs know it; the outbox never looks
    is_renewal: bool = False  # the patient lost the ticket or the link: nothing new for anyone else


@dataclass(frozen=True)
class Load:
    """A claimed parcel as couriers see it; `sealed` is opened by the courier that needs it."""

    pharmacy_id: UUID
    id: UUID
    destination: str
    subject_id: UUID
    chain_id: UUID
    sequence: int
    key: str
    state: str
    attempts: int
    sealed: bytes | None
    answer_code: str = ""  # of the last try, how often and since when it was the same: see `repetition`
    same_count: int = 0
    same_since: datetime | None = None
    matter_since: datetime | None = None


@dataclass(frozen=True)
class AnsweredLoad(Load):
    """A claimed parcel with what its courier, who asks first, was answered for it."""

    brought: object = None


def by_pharmacy(loads: Iterable[Load]) -> dict[UUID, list[Load]]:
    """Return parcels by their pharmacy, in the order of the pharmacies' ids: who locks them all, locks in one order."""
    groups: dict[UUID, list[Load]] = {}
    for load in sorted(loads, key=lambda load: load.pharmacy_id):
        groups.setdefault(load.pharmacy_id, []).append(load)
    return groups


@dataclass(frozen=True)
class Consignment:
    """What `prepare` made ready to carry: plain bytes and words, no database behind them."""

    key: str
    body: bytes
    address: str = ""
    is_secret: bool = False  # the body leaves the system with the message (law 7): no attempt keeps it


@dataclass(frozen=True)
class Holding:
    """What a destination says it holds: the key of a parcel, its own name for it, and since when (as it tells it).

    `finess` is the pharmacy's number, where its list tells whose the parcel was.
    """

    key: str
    id: str = ""
    received_at: str = ""
    finess: str = ""


class Courier(Protocol):
    """Carries parcels to one destination.

    `supersede` adds to the act's own commit what a new version must end at once (an open letter of the former one).
    `prepare` runs inside the pharmacy's transaction; `carry` and `enquire` run outside any and touch no database;
    they never raise for what the other side does: every outcome is an Answer.
    """

    destination: str

    def wants(self, notice: Notice) -> bool: ...
    def supersede(self, commit: Commit, notice: Notice) -> None: ...
    def prepare(self, load: Load) -> Consignment | Answer: ...
    async def carry(self, consignment: Consignment) -> Answer: ...
    async def enquire(self, consignment: Consignment) -> Answer: ...
    async def close(self) -> None: ...


@runtime_checkable
class PreparesTogether(Protocol):
    """A courier that prepares several parcels, also of several pharmacies, in few exchanges with the database.

    `prepare_all` opens their scopes itself and answers for every load, by the parcel's id. When it raises, nothing of
    it is kept; the parcels are prepared in smaller batches, in the end each by itself: a poison parcel spoils no other.
    """

    def prepare_all(self, loads: list[Load]) -> dict[UUID, Consignment | Answer]: ...


@runtime_checkable
class AsksFirst(Protocol):
    """A courier that asks somebody outside before a parcel is prepared, which no transaction may wait for.

    `foresee` opens the pharmacy's scope itself and says what to ask for a parcel, None for nothing. `ask_outside` runs
    outside any transaction, takes all that is to be asked and gives, in order, what `prepare` finds in its load.
    """

    def foresee(self, load: Load) -> Any: ...
    def ask_outside(self, questions: Sequence[Any]) -> Sequence[Any]: ...


@runtime_checkable
class Reconcilable(Protocol):
    """A courier whose destination can be asked what it holds.

    `holdings` gives all that the destination received from `since` to before `until`; `held` all that it holds of these
    keys, whenever it came, every copy. Both raise an OSError when the destination does not answer wholly: half a list
    must never pass for the whole. Both keep no connection from one call to the next, so that any thread may ask.
    """

    def holdings(self, since: datetime, until: datetime) -> AsyncIterator[Holding]: ...
    def held(self, keys: Sequence[str]) -> AsyncIterator[Holding]: ...


@runtime_checkable
class SetsAside(Protocol):
    """A courier that goes through a folder of the other side's: `carry` touches no database, so the lane writes it."""

    def taken_aside(self) -> list[tuple[str, str]]: ...


@runtime_checkable
class Switchable(Protocol):
    """A courier that the operator can switch off: what waits for its destination then stays where it is."""

    @property
    def enabled(self) -> bool: ...


def is_switched_on(courier: Courier) -> bool:
    """Tell whether anything may be carried."""
    return not isinstance(courier, Switchable) or courier.enabled


_couriers: dict[str, Courier] = {}


def register_courier(courier: Courier) -> None:
    """Announce a courier; the last one for a destination serves it."""
    _couriers[courier.destination] = courier


def couriers() -> dict[str, Courier]:
    return dict(_couriers)
