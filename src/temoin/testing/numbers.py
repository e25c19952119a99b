"""The sample number: drawn at registration, unique among the open tests of its pharmacy, and what it finds."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from temoin.crypto.letter import normalise_code
from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import coarse, now
from temoin.lib.errors import NotFoundError
from temoin.lib.sample_number import all_numbers
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Group, Record, Ticket, code_indexes, number_indexes
from temoin.testing.states import UNDER_WAY, GroupState, RecordState

RESTS = timedelta(days=3)  # a number is not drawn again while its cassette may still lie on the tray
FEW = 16  # tried at first; more where most of them are in use
BY_NUMBER, BY_TICKET = "number", "ticket"


@dataclass(frozen=True)
class FoundTest:
    """The test that a number or a ticket names."""

    id: UUID
    is_under_way: bool


def draw_number() -> str:
    """Return a number for a test that is being registered; "" where the pharmacy has two thousand open tests."""
    return next(iter(draw_numbers(1)), "")


def draw_numbers(count: int) -> list[str]:
    """Return so many numbers, or fewer where the pharmacy has too many open tests; none that a group's label bears."""
    _wait_for_others()
    taken = reserved_numbers()
    numbers = [number for number in all_numbers() if number not in taken]
    free: list[str] = []
    for most, busy in ((FEW + count, _lately()), (len(numbers), _lately()), (len(numbers), _open())):
        free = _free(secrets.SystemRandom().sample(numbers, min(most, len(numbers))), busy)
        if len(free) >= count:
            break
    return free[:count]


def reserved_numbers() -> set[str]:
    """Return the numbers on labels of people in open groups who are not tested yet."""
    groups = Group.objects.filter(state=GroupState.OPEN.value)
    rosters = each_opened(groups, lambda group: group.unseal()["roster"])
    return {place["number"] for roster in rosters for place in roster if not place["record"]}


def _wait_for_others() -> None:
    """Make two people who register at the same moment wait for each other until their commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 3))", [f"number|{current_pharmacy()}"])


def _open() -> Q:
    return Q(state__in=UNDER_WAY)


def _lately() -> Q:
    return _open() | Q(registered_at__gte=coarse(now() - RESTS))


def _free(tried: list[str], busy: Q) -> list[str]:
    indexes = {index: number for number in tried for index in number_indexes(number)}
    taken: Any = _records(indexes).filter(busy).values_list("number_index", flat=True)
    in_use = {indexes[bytes(index)] for index in taken}
    return [number for number in tried if number not in in_use]


def _records(indexes: Iterable[bytes]) -> QuerySet[Record]:
    found: QuerySet[Record] = Record.objects.filter(number_index__in=list(indexes))
    return found


def find_by_number(*, by: Holder, number: str) -> FoundTest:
    """Return the test that bears a number, open or else registered lately; the look is an event. NotFoundError."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        hits = _records(number_indexes(number)).filter(_lately()).order_by("-registered_at", "-id")
        # The index is not believed: the number stands in what is sealed.
        borne = [record for record, known in each_opened(hits, _with_number) if known == number]
        return _shown(by, sorted(borne, key=lambda record: record.state not in UNDER_WAY), BY_NUMBER)


def earlier_tests(number: str, *, but: UUID, within: timedelta) -> list[dict[str, Any]]:
    """Return what other tests seal that bore a number lately; for who has found the one that bears it now."""
    hits = _records(number_indexes(number)).filter(registered_at__gte=coarse(now() - within)).exclude(id=but)
    return [held for held in each_opened(hits, lambda record: record.unseal()) if held["number"] == number]


def find_by_ticket(*, by: Seat, code: str) -> FoundTest:
    """Return the test whose ticket bears a code that is still there; the look is an event. NotFoundError."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        hits = Ticket.objects.filter(code_index__in=code_indexes(code), has_code=True)
        borne = [record_id for record_id, known in each_opened(hits, _with_code) if normalise_code(known) == code]
        return _shown(by, list(Record.objects.filter(id__in=borne)), BY_TICKET)


def number_on_label(*, by: Holder, record_id: UUID) -> str:
    """Return the number for a label or a ticket, which name nobody; "" for a test that has none."""
    check_right(by=by, right=Right.REGISTER_TEST)
    with tenant_scope(by.pharmacy_id):
        record = Record.objects.filter(id=record_id).first()
        if record is None:
            raise NotFoundError
        return str(record.unseal()["number"])


def _with_number(record: Record) -> tuple[Record, str]:
    return record, str(record.unseal()["number"])


def _with_code(ticket: Ticket) -> tuple[UUID, str]:
    return ticket.record_id, str(ticket.unseal()["code"])


def _shown(by: Holder, found: list[Record], detail: str) -> FoundTest:
    if not found:
        raise NotFoundError
    record = found[0]
    record_look(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_id=record.id, detail=detail)
    return FoundTest(record.id, RecordState(record.state) in UNDER_WAY)
