"""The pharmacy's signed results: found by what they say and what became of them, listed, and carried away as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from temoin.delivery.calls import traits_of_records
from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.tenant import tenant_scope
from temoin.oversight.signed_tests import Place, ResultFilter, SignedTest, ask_for_portion, open_portion
from temoin.patients.traits import Traits
from temoin.pharmacies.member_names import name_of
from temoin.pharmacies.models import Member
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat

ON_PAGE = 50
MOST_OPENED = 1000  # results opened for one page: a rare outcome must not make it slow


@dataclass(frozen=True)
class NamedTest:
    """A signed test and its patient as known today; None where the patient's record does not open."""

    test: SignedTest
    traits: Traits | None

    @property
    def name(self) -> str:
        """Return the patient's name, else the one that was signed."""
        signed = self.test.told["patient"]
        return self.traits.name if self.traits else f"{signed['birth_family_name']} {signed['first_birth_given_name']}"


@dataclass(frozen=True)
class PageOfResults:
    """Some results, the latest first; where the next page begins, and whether this one stopped for its bound."""

    found: list[NamedTest]
    opened: int
    after: Place | None
    stopped_early: bool


def list_results(*, by: Seat, wanted: ResultFilter, after: Place | None = None) -> PageOfResults:
    """Return a page of the filter's results; InvalidError for its days. Whom it shows is an event."""
    check_right(by=by, right=Right.READ_TEST)
    wanted.check()
    with tenant_scope(by.pharmacy_id):
        found, opened, reached = _gather(wanted, after)
        shown = found[:ON_PAGE]
        after = shown[-1].place if len(found) > ON_PAGE else reached
        named = _named(shown)
        _record_shown(by, wanted, named)
    in_order = sorted(named, key=lambda one: one.test.first_signed_at, reverse=True)
    return PageOfResults(in_order, opened, after, stopped_early=after is not None and len(found) <= ON_PAGE)


def _gather(wanted: ResultFilter, after: Place | None) -> tuple[list[SignedTest], int, Place | None]:
    """Return what is found, how many results were opened for it, and where to go on; None once nothing is left."""
    found: list[SignedTest] = []
    opened = 0
    while True:
        rows, after = ask_for_portion(wanted, after)
        found += open_portion(wanted, rows)
        opened += len(rows)
        if after is None or len(found) > ON_PAGE or opened >= MOST_OPENED:
            return found, opened, after


def export_results(*, by: Seat, wanted: ResultFilter) -> Iterator[NamedTest]:
    """Record the export, then yield every result of the filter; they are read while they are sent."""
    check_right(by=by, right=Right.EXPORT_RESULTS)
    wanted.check()
    record_look(by=by, kind=EventKind.RESULTS_EXPORTED, subject_kind="pharmacy", subject_id=None, detail=wanted.told)
    return stream_tests(by=by, wanted=wanted)


def stream_tests(*, by: Seat, wanted: ResultFilter) -> Iterator[NamedTest]:
    """Return every test of the filter for a file, whose event its maker has recorded; whom it shows are events too."""
    check_right(by=by, right=Right.READ_TEST)
    return _stream(by, wanted)


def _stream(by: Seat, wanted: ResultFilter) -> Iterator[NamedTest]:
    """Yield portion after portion, each of a transaction of its own, in whatever thread asks for it."""
    after: Place | None = None
    while True:
        with tenant_scope(by.pharmacy_id):
            rows, after = ask_for_portion(wanted, after)
            named = _named(open_portion(wanted, rows))
            _record_shown(by, wanted, named)
        yield from named
        if after is None:
            return


def _record_shown(by: Seat, wanted: ResultFilter, named: list[NamedTest]) -> None:
    shown = [one.test.record_id for one in named]
    record_listing(by=by, kind=EventKind.RESULTS_READ, subject_kind="record", shown=shown, detail=wanted.told)


def _named(tests: list[SignedTest]) -> list[NamedTest]:
    traits = traits_of_records(one.record_id for one in tests)
    return [NamedTest(one, traits.get(one.record_id)) for one in tests]


def names_of_signers(*, by: Seat) -> Mapping[UUID, str]:
    """Return the name of each member, past ones included, for whoever sees results: they bear it."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return dict(each_opened(Member.objects.all(), name_of))
