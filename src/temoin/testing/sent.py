"""A result by the number that its sender gave it: known again for as long as its test is kept (decision 0173).

A message that comes again, a day later or a year, says what was said before, corrects it or contradicts it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from temoin.journal.unreadable import each_opened
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.models import Record, source_indexes
from temoin.testing.states import UNDER_WAY, RecordState

_RESULT = "/"  # between what was said of an order and of its result
_DOORS = ":"  # between what one door says, and that of it which all doors can say
MOST_SAID = 20  # the last ones that are known again, of one result


class Stands(StrEnum):
    """What became of a result that was sent before, or of a test that was ordered."""

    WAITS = "waits"
    PUT_ASIDE = "put_aside"
    SIGNED = "signed"
    CANCELLED = "cancelled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, repr=False)
class SentAs:
    """A result, or an order of a test, as its sender said it.

    Digests of its identity, of what no correction changes, and of what was read; the last two as `of_doors` makes them.
    """

    key: str
    fixed: str
    read: str
    order_number: str = ""  # where it is an order, that which goes with its result
    lot_id: UUID | None = None  # where it names the lot
    kit: str = ""  # where it names the kit alone

    def kept(self, sent: SentResult | None = None) -> str:
        """Return what its record seals, with what was said of it before; beside its order, where it fills one."""
        earlier = sent.read if sent and sent.is_told else ()
        told = " ".join((self.fixed, *(*earlier, self.read)[-MOST_SAID:]))
        return f"{sent.order}{_RESULT}{told}" if sent and sent.order else told


def of_doors(own: str, shared: str) -> str:
    """Return a digest of what a door says, with one of what all doors can say; "" where it says less, or more."""
    return f"{own}{_DOORS}{shared}" if shared else own


def of_one_door(digest: str) -> str:
    """Return the digest of what a door says in its own way."""
    return digest.partition(_DOORS)[0]


def says_the_same(one: str, other: str) -> bool:
    """Tell whether two digests are of one thing said, by one door or by two."""
    (own, _colon, shared), (known, _other_colon, known_shared) = one.partition(_DOORS), other.partition(_DOORS)
    return own == known or (bool(shared) and shared == known_shared)


@dataclass(frozen=True, slots=True, repr=False)
class SentResult:
    """The test that was made of a result or an order, and all that its sender said of it."""

    id: UUID
    stands: Stands
    fixed: str  # of the result; of the order while no message told one
    read: tuple[str, ...]  # the last is what its sender said last
    order: str = ""  # what an order said, where it was ordered
    is_told: bool = True  # by a message that told its result
    awaits_sample: bool = False
    proposed_by: str = ""  # the program whose reading waits, "" for a person's and for none
    number: str = ""  # on the label
    lot_id: UUID | None = None

    @property
    def person(self) -> str:
        """Return the digest of whom a test was ordered for."""
        return self.order.partition(" ")[0]


def find_sent(*, by: Holder, key: str) -> SentResult | None:
    """Return the test of a result, or an order, that was sent before; SealBrokenError where it cannot be opened.

    Its row is held until the end of the transaction: of two messages about one result, the second is judged by what the
    first one left.

    Its sender learns what became of its own result and nothing of the patient, so it is no look: software that hands in
    a whole day again each night would be taken for one that reads too much.
    """
    return find_all_sent(by=by, keys={key}).get(key)


def find_all_sent(*, by: Holder, keys: Collection[str]) -> dict[str, SentResult]:
    """Return the tests of results and orders that were sent before, as `find_sent` does, by their keys."""
    check_right(by=by, right=Right.PROPOSE_RESULT)
    indexes = [index for key in keys for index in source_indexes(key)]
    with tenant_scope(by.pharmacy_id):
        hits = Record.objects.select_for_update().filter(source_index__in=indexes).order_by("id")
        # The index is not believed: the key stands in what is sealed.
        told = [(record.unseal()["source_key"], record) for record in hits]
        return {key: _sent(record) for key, record in told if key in keys}


def sent_of_keys(*, by: Holder, keys: Collection[str]) -> list[SentResult]:
    """Return the tests that were made of what was sent under these keys; only digests are told, so it is no look."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        hits = Record.objects.filter(source_index__in=[index for key in keys for index in source_indexes(key)])
        found = each_opened(hits, lambda record: (record.unseal()["source_key"], _sent(record)))
    return [sent for key, sent in found if key in keys]


def _sent(record: Record) -> SentResult:
    held, state = record.unseal(), RecordState(record.state)
    order, _between, told = held["source_content"].rpartition(_RESULT)
    is_told = bool(order) or not held["order_number"]
    fixed, *read = told.split() or ["", ""]
    return SentResult(
        record.id,
        _stands(state, has_proposal=held["proposal"] is not None),
        fixed,
        tuple(read),
        order=order if is_told else told,
        is_told=is_told,
        awaits_sample=state is RecordState.REGISTERED,
        proposed_by=(held["proposal"] or {}).get("program", ""),
        number=held["number"],
        lot_id=record.lot_id,
    )


def _stands(state: RecordState, *, has_proposal: bool) -> Stands:
    if state in UNDER_WAY:
        return Stands.WAITS if has_proposal else Stands.PUT_ASIDE
    ended = {RecordState.CANCELLED: Stands.CANCELLED, RecordState.ABANDONED: Stands.ENDED}
    return ended.get(state, Stands.SIGNED)
