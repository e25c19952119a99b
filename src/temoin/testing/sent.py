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

MOST_SAID = 20  # the last ones that are known again, of one result


class Stands(StrEnum):
    """What became of a result that was sent before."""

    WAITS = "waits"
    PUT_ASIDE = "put_aside"
    SIGNED = "signed"
    CANCELLED = "cancelled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, repr=False)
class SentAs:
    """A result, or an order of a test, as its sender said it.

    Digests of its identity, of what no correction changes, and of what was read.
    """

    key: str
    fixed: str
    read: str
    order_number: str = ""  # where it is an order, that which goes with its result

    def kept(self, earlier: tuple[str, ...] = ()) -> str:
        """Return what its record seals, with what was said of it before."""
        return " ".join((self.fixed, *(*earlier, self.read)[-MOST_SAID:]))


@dataclass(frozen=True, slots=True, repr=False)
class SentResult:
    """The test that was made of a result, and all that its sender said of it."""

    id: UUID
    stands: Stands
    fixed: str
    read: tuple[str, ...]  # the last is what its sender said last


def find_sent(*, by: Holder, key: str) -> SentResult | None:
    """Return the test of a result that was sent before; SealBrokenError where it cannot be opened.

    Its sender learns what became of its own result and nothing of the patient, so it is no look: software that hands in
    a whole day again each night would be taken for one that reads too much.
    """
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        hits = Record.objects.filter(source_index__in=source_indexes(key))
        # The index is not believed: the key stands in what is sealed.
        return next((_sent(record) for record in hits if record.unseal()["source_key"] == key), None)


def sent_of_keys(*, by: Holder, keys: Collection[str]) -> list[SentResult]:
    """Return the tests that were made of what was sent under these keys; only digests are told, so it is no look."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        hits = Record.objects.filter(source_index__in=[index for key in keys for index in source_indexes(key)])
        found = each_opened(hits, lambda record: (record.unseal()["source_key"], _sent(record)))
    return [sent for key, sent in found if key in keys]


def _sent(record: Record) -> SentResult:
    held = record.unseal()
    fixed, *read = held["source_content"].split() or ["", ""]
    stands = _stands(RecordState(record.state), has_proposal=held["proposal"] is not None)
    return SentResult(record.id, stands, fixed, tuple(read))


def _stands(state: RecordState, *, has_proposal: bool) -> Stands:
    if state in UNDER_WAY:
        return Stands.WAITS if has_proposal else Stands.PUT_ASIDE
    ended = {RecordState.CANCELLED: Stands.CANCELLED, RecordState.ABANDONED: Stands.ENDED}
    return ended.get(state, Stands.SIGNED)
